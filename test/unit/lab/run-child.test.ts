import { describe, expect, it } from 'vitest'
import { runChild } from '../../../src/lab/run-child.ts'

/** What a shell script writes, line by line, and its exit code. */
async function run(script: string) {
  const stdout: string[] = []
  const stderr: string[] = []
  const streams = { onStdout: (line: string) => stdout.push(line), onStderr: (line: string) => stderr.push(line) }
  const code = await runChild({ file: 'sh', args: ['-c', script], env: process.env }, { ...streams })
  return { code, stdout, stderr }
}

describe('runChild', () => {
  it('hands over each line, the last one without a newline too', async () => {
    expect(await run('echo a; echo e >&2; printf "b\\r\\n\\nc"')).toEqual({ code: 0, stdout: ['a', 'b', '', 'c'], stderr: ['e'] })
  })

  it('gives the exit code, or 128 and the number of the signal', async () => {
    expect(await run('exit 9')).toMatchObject({ code: 9 })
    expect(await run('kill -TERM $$')).toMatchObject({ code: 143 })
  })

  it('gives the child an empty stdin', async () => {
    expect(await run('cat; echo done')).toMatchObject({ stdout: ['done'] })
  })

  it('rejects when there is no such program', async () => {
    await expect(runChild({ file: '/nowhere/to/be', args: [], env: {} }, 'inherit')).rejects.toThrow('ENOENT')
  })

  it('leaves the signals of this process as they were', async () => {
    const before = process.listenerCount('SIGTERM')
    await run(':')
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })

  it('listens once for many children', async () => {
    const before = process.listenerCount('SIGTERM')
    const children = Array.from({ length: 20 }, () => run(':'))
    expect(process.listenerCount('SIGTERM')).toBe(before + 1)
    await Promise.all(children)
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })
})
