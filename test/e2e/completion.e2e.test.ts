/** What each shell makes of the completion script, with a lab running: the words are typed, then Tab. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import { missingRequirement, needs } from '../support/needs.ts'
import { openTerminal } from '../support/terminal.ts'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const lab = `tab${process.pid}`
const LAB = `name: ${lab}\nnodes: { web: {}, gate: {} }\nlinks: [[web, gate]]\n`

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'netlab-tab-'))
  for (const folder of ['bin', 'with space']) mkdirSync(join(home, folder))
  for (const file of ['topo.yaml', 'notes.txt', 'with space/a b.yaml']) writeFileSync(join(home, file), LAB)
  writeFileSync(join(home, 'bin/netlab'), `#!/bin/sh\nexec ${process.execPath} ${main} "$@"\n`)
  chmodSync(join(home, 'bin/netlab'), 0o755)
  writeFileSync(join(home, '.bashrc'), 'PS1="ready> "\neval "$(netlab completion bash)"\n')
  writeFileSync(join(home, '.zshrc'), 'PS1="ready> "\nautoload -Uz compinit && compinit -u\neval "$(netlab completion zsh)"\n')
  writeFileSync(
    join(home, 'start.fish'),
    'function fish_prompt; echo -n "ready> "; end\nset fish_greeting\nnetlab completion fish | source\n',
  )
  if (missingRequirement('link:veth') === undefined)
    execFileSync(join(home, 'bin/netlab'), ['up', join(home, 'topo.yaml')], { stdio: 'pipe' })
})
afterAll(() => {
  if (missingRequirement('link:veth') === undefined) execFileSync(join(home, 'bin/netlab'), ['down', lab], { stdio: 'pipe' })
  rmSync(home, { recursive: true, force: true })
})

describe.each([
  ['bash', 'bash --noprofile --rcfile .bashrc -i'],
  ['zsh', 'zsh -d -i'],
  ['fish', 'fish --no-config -C "source start.fish"'],
] as const)('in %s', (shell, command) => {
  beforeEach((context) => needs(context, `command:${shell}`, 'command:tmux', 'link:veth'))

  test.each([
    ['netlab exe', 'netlab exec '],
    [`netlab exec ${lab} w`, `netlab exec ${lab} web `],
    [`netlab inspect ${lab} web:e`, `netlab inspect ${lab} web:eth0 `],
    ['netlab up to', 'netlab up topo.yaml '],
    ['netlab up ~/to', 'netlab up ~/topo.yaml '],
    ['netlab up wi', 'netlab up with\\ space/'],
    ['netlab up with\\ space/a', 'netlab up with\\ space/a\\ b.yaml '],
    ["netlab up 'wi", "netlab up 'with space/"],
    ['netlab plan --form', 'netlab plan --format '],
    ['netlab plan --format=s', 'netlab plan --format=sh '],
  ])('%s', async (line, completed) => {
    const path = `${join(home, 'bin')}:${process.env['PATH'] ?? ''}`
    const terminal = openTerminal(`cd ${home} && exec ${command}`, { HOME: home, PATH: path, ZDOTDIR: home, LC_ALL: 'C.UTF-8' })
    try {
      await terminal.shows(/^ready>/m)
      terminal.type('-l', line)
      terminal.type('Tab')
      terminal.type('x')
      await terminal.shows(new RegExp(`^ready> ${completed.replace(/[\\[\](){}^$.*+?|/]/g, '\\$&')}'?x$`, 'm')) // bash closes the quote
    } finally {
      terminal.close()
    }
  })
})
