// `netlab test`: which files, in which manner, and with what exit code.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FileResult, Status } from '../../../src/check/result.ts'
import type { Library } from '../../../src/cli/library.ts'
import { netlab, type Outcome } from './fake-context.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-test-'))
  mkdirSync(join(folder, 'answers', 'bob'), { recursive: true })
  for (const name of ['one.yaml', 'answers/ada.yaml', 'answers/bob/topology.yaml']) writeFileSync(join(folder, name), '')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function resultOf(file: string, statuses: readonly Status[], failure?: FileResult['failure']): FileResult {
  const origin = { file, line: 1, column: 1, length: 1 }
  const tests = statuses.map((status) => ({ name: status, origin, status, steps: [], points: 1, earned: 0, elapsedMs: 1 }))
  return { file, lab: 'x', tests, elapsedMs: 1, diagnostics: [], failure, sources: new Map(), isKept: false, bundles: [] }
}

/** `results` by file name: what the run of that file gives; nothing where it has no tests. */
async function test(
  argv: readonly string[],
  statuses: readonly Status[] = ['passed'],
  failure?: FileResult['failure'],
): Promise<Outcome & { asked: unknown }> {
  let asked: unknown
  const runFiles: Library['runFiles'] = async (files, { onEvent, signal, ...options }) => {
    asked = { files, options }
    expect([onEvent, signal]).not.toContain(undefined)
    return files.map(({ file }) => resultOf(file, statuses, failure))
  }
  const testReport: Library['testReport'] = async () => ({ testText: () => '', fileText: () => '', summaryText: () => '' }) as never
  const formatReport: Library['formatReport'] = async (format, results) => `${JSON.stringify([format, results.length])}\n`
  const gradeText: Library['gradeText'] = async () => 'points\n'
  return { ...(await netlab(['test', ...argv], { cwd: folder, library: { runFiles, testReport, formatReport, gradeText } })), asked }
}

describe('test', () => {
  it.each<[string, readonly Status[], FileResult['failure'], number]>([
    ['all hold', ['passed', 'skipped'], undefined, 0],
    ['one failed', ['passed', 'failed'], undefined, 1],
    ['one could not be asked', ['passed', 'error'], undefined, 1],
    ['a file is wrong', [], 'finding', 2],
    ['the kernel refused', [], 'refusal', 3],
  ])('exits with its own code when %s', async (_, statuses, failure, code) => {
    expect((await test(['one.yaml'], statuses, failure)).code).toBe(code)
  })

  it('takes the manner of the run from its words', async () => {
    const words = ['--filter', 'web', '--bail', '--repeat', '3', '--jobs', '2', '--timeout', '10', '--bundle', 'b', '--keep-on-failure']
    const { asked } = await test(['one.yaml', ...words])
    const options = { filter: 'web', bail: true, repeat: 3, jobs: 2, timeoutMs: 10_000, bundle: join(folder, 'b'), keep: 'on-failure' }
    expect(asked).toEqual({ files: [{ file: join(folder, 'one.yaml') }], options })
  })

  it('names students by their file, or by the directory that has theirs alone', async () => {
    const { asked, code, stdout } = await test(['--grade', 'answers'], ['failed'])
    expect(asked).toMatchObject({ files: [{ student: 'ada' }, { student: 'bob' }] })
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('points\n') })
  })

  it('prints the report that has no file, and writes those that have', async () => {
    const { stdout, code } = await test(['one.yaml', '--report', 'tap', '--report', `junit=${join(folder, 'j.xml')}`])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '["tap",1]\n' })
  })

  it.each([
    [['--filter', 'zzz', 'one.yaml'], 'No test has "zzz" in its name.'],
    [['--jobs', '0', 'one.yaml'], '--jobs takes a whole number, 1 or more; this is "0".'],
    [['--report', 'xml', 'one.yaml'], 'There is no report "xml"'],
    [['--report', 'junit=no/such/place', 'one.yaml'], 'The report cannot be written'],
    [['--grade', '--seed', 'x', 'answers'], 'give their file with --tests'],
    [[], 'Which file?'],
  ])('refuses %j', async (words, said) => {
    const { code, stderr } = await test(words, words[0] === '--filter' ? [] : ['passed'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) })
  })
})
