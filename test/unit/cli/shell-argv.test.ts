import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shellArgv } from '../../../src/cli/shell-argv.ts'

describe('shellArgv', () => {
  it("puts the node before bash's own prompt, after the user's start-up file, and leaves that alone", () => {
    const home = mkdtempSync(join(tmpdir(), 'netlab-home-'))
    try {
      writeFileSync(join(home, '.bashrc'), "PS1='mine$ '; PROMPT_COMMAND=:; mine=yes\n")
      const [file = '', ...args] = shellArgv('/bin/bash', 'h1')
      const done = spawnSync(file, args, {
        input: 'echo "<$PS1|$mine>"\n',
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: home },
      })
      expect(done.stdout).toContain('<(h1) mine$ |yes>')
    } finally {
      rmSync(home, { recursive: true })
    }
  })

  it('gives a plain sh a prompt with the node and the directory', () => {
    const [file = '', ...args] = shellArgv('sh', 'h1')
    const done = spawnSync(file, args, { input: 'cd /tmp\n', encoding: 'utf8' })
    expect(done.stderr).toMatch(/\(h1\) \S+ [#$] \(h1\) \/tmp [#$] /)
  })

  it('starts a shell that it does not know as it is', () => {
    expect(shellArgv('/opt/nu', 'h1')).toEqual(['/opt/nu'])
  })
})
