import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { completionScript, SHELLS } from '../../../src/cli/completion-script.ts'
import type { Library } from '../../../src/cli/library.ts'
import { libraryOf, netlab } from './fake-context.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-completion-'))
  for (const file of ['topo.yaml', 'two.yml', 'notes.txt', '.hidden.yaml']) writeFileSync(join(folder, file), '')
  mkdirSync(join(folder, 'tests'))
  writeFileSync(join(folder, 'tests', 'a.yaml'), '')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The candidates for the last word, without what they are. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const dmz = libraryOf({ name: 'dmz', nodes: ['h1', 'h2', 'fw'] })
  const library: Partial<Library> = {
    ...dmz,
    readRecord: async (name) => ({ ...(await dmz.readRecord!(name))!, bridges: { lan: '@fabric' } }),
    namedServices: async (_, node) => ['web', 'dns'].map((service) => ({ netns: node, service })),
  }
  const { stdout } = await netlab(['completion', '--complete', '--', ...words], { cwd: folder, library })
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t')[0] ?? '')
}

describe('candidates', () => {
  it('of the first word are all commands', async () => {
    expect(await complete('')).toEqual([...COMMANDS.keys(), '--help', '--version'])
    expect(await complete('in')).toEqual(['inspect', 'init'])
  })

  it.each([
    [
      ['up', 't'],
      ['topo.yaml', 'two.yml', 'tests/'],
    ],
    [['up', 'tests/'], ['tests/a.yaml']],
    [['up', '--na'], ['--name']],
    [['up', '--name', ''], []],
    [
      ['up', 'topo.yaml', '--json', '--'],
      ['--dry-run', '--name', '--recreate', '--help'],
    ],
    [
      ['plan', '--format', ''],
      ['text', 'json', 'sh'],
    ],
    [['plan', '--format', 's'], ['sh']],
    [['plan', '--format=s'], ['--format=sh']],
    [['up', '--name='], []],
    [['down', 'd'], ['dmz']],
    [['link', 'set', 'd'], ['dmz']],
    [
      ['link', 'set', 'dmz', 'h'],
      ['h1', 'h2'],
    ],
    [
      ['exec', ''],
      ['h1', 'h2', 'fw', 'lan', 'dmz'],
    ],
    [
      ['exec', 'h'],
      ['h1', 'h2'],
    ],
    [
      ['exec', 'dmz', 'h1,'],
      ['h1,h2', 'h1,fw', 'h1,lan'],
    ],
    [['exec', 'h1', '--', 'p'], []],
    [['shell', 'dmz', 'f'], ['fw']],
    [
      ['inspect', 'dmz', 'h1:'],
      ['h1:lo', 'h1:eth0'],
    ],
    [['exec', 'dmz', 'h1:'], []],
    [
      ['trace', 'h1', 'h'],
      ['h1', 'h2'],
    ],
    [
      ['logs', 'dmz', 'h1', ''],
      ['web', 'dns'],
    ],
    [['restart', 'h1', 'w'], ['web']],
    [['link', 'move', 'h1:eth0', 'f'], ['fw']],
    [['init', 'bgp-'], ['bgp-hijack']],
    [['init', 'two-hosts', 't'], ['tests/']],
    [['test', '--tests', 'no'], ['notes.txt']],
    [['test', '--tests=no'], ['--tests=notes.txt']],
    [['test', '--bundle', 't'], ['tests/']],
    [['test', 'topo.yaml', 'two'], ['two.yml']],
    [['completion', ''], [...SHELLS]],
    [
      ['help', 'do'],
      ['down', 'doctor'],
    ],
    [['nonsense', ''], []],
    [['ls', ''], []],
  ])('of %j', async (words, expected) => {
    expect([...(await complete(...words))].sort()).toEqual([...expected].sort())
  })

  it('are none, quietly, when the library fails', async () => {
    const library = { listLabs: () => Promise.reject(new Error('no')) }
    expect(await netlab(['completion', '--complete', '--', 'down', ''], { library })).toEqual({ code: 0, stdout: '', stderr: '' })
  })
})

describe('completion', () => {
  it.each(SHELLS)('%s prints its script', async (shell) => {
    expect(await netlab(['completion', shell])).toEqual({ code: 0, stdout: completionScript(shell), stderr: '' })
  })

  it('asks for the shell', async () => {
    expect((await netlab(['completion'])).stderr).toContain('Which shell? bash, zsh, fish are known.')
    expect((await netlab(['completion', 'csh'])).stderr).toContain('Allowed choices are bash, zsh, fish.')
  })
})

describe('in a real bash', () => {
  // A netlab that answers with its words and then with what a test wants to see cut at the colon.
  const NETLAB =
    '#!/bin/sh\nfor word; do last=$word; done\nprintf "%s\\tnote\\n" "$last-1" "$last-2"\necho "$*" >&2; echo "$#:$last" >> "$LOG"\n'

  /** COMPREPLY after Tab at the end of `line`, and what netlab was asked. */
  function tab(line: string): { replies: readonly string[]; asked: string } {
    const program = join(folder, 'netlab')
    writeFileSync(program, NETLAB)
    chmodSync(program, 0o755)
    const log = join(folder, 'log')
    writeFileSync(log, '')
    // bash breaks the line into COMP_WORDS at COMP_WORDBREAKS, which has : and = besides blanks.
    const script = `${completionScript('bash')}
complete -p netlab nslab >/dev/null || exit 1
COMP_LINE=$1 COMP_POINT=\${#1}
mapfile -t COMP_WORDS < <(printf '%s' "$1" | grep -oE '[:=]+|[^ :=]+')
[[ $1 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
_netlab
printf '%s\\n' "\${COMPREPLY[@]}"
cat "$LOG" >&2`
    const done = spawnSync('bash', ['--norc', '-c', script, 'bash', line], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`, LOG: log },
    })
    return { replies: done.stdout.split('\n').filter((word) => word !== ''), asked: done.stderr.trim() }
  }

  it.each([
    ['netlab ex', ['ex-1', 'ex-2'], '4:ex'],
    ['netlab exec ', ['-1', '-2'], '5:'],
    ['netlab exec dmz h1', ['h1-1', 'h1-2'], '6:h1'],
    ['netlab inspect h1:', ['-1', '-2'], '5:h1:'],
    ['netlab inspect h1:et', ['et-1', 'et-2'], '5:h1:et'],
    ['netlab up --name=a', ['a-1', 'a-2'], '5:--name=a'],
    ['netlab exec h[1', ['h[1-1', 'h[1-2'], '5:h[1'],
  ])('"%s"', (line, replies, asked) => {
    expect(tab(line)).toEqual({ replies, asked })
  })
})
