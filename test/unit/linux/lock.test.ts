import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFile, type FileLock } from '../../../src/linux/lock.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-lock-'))
  path = join(folder, 'lan.lock')
})
afterEach(() => rmSync(folder, { recursive: true }))

function locked(): FileLock {
  const lock = lockFile(path)
  if ('heldBy' in lock) throw new Error(`held by ${lock.heldBy}`)
  return lock
}

describe('lockFile', () => {
  it('gives the lock to one, and tells the next who has it', () => {
    const lock = locked()
    expect(lockFile(path)).toEqual({ heldBy: process.pid })
    lock.release()
    locked().release()
  })

  it('leaves no file behind', () => {
    locked().release()
    expect(existsSync(path)).toBe(false)
  })

  it('is released also when its directory has gone', () => {
    const lock = locked()
    rmSync(folder, { recursive: true })
    lock.release()
    mkdirSync(folder)
    locked().release()
  })

  it('does not mind a file that a killed process left', () => {
    writeFileSync(path, '99999999 and more')
    const lock = locked()
    expect(lockFile(path)).toEqual({ heldBy: process.pid })
    lock.release()
  })

  it('is refused while another process has it, and given when that is killed', async () => {
    const child = spawn('flock', [path, 'sh', '-c', 'echo locked; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
    await once(child.stdout, 'data')
    expect(lockFile(path)).toEqual({ heldBy: 0 })
    process.kill(-child.pid!, 'SIGKILL')
    await once(child, 'close')
    locked().release()
  })
})
