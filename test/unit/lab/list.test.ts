import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { listLabs } from '../../../src/lab/list.ts'

const isRoot = process.getuid!() === 0
const uid = isRoot ? 1_000_000_000 + process.pid : process.getuid!()
/** More than a pid can be: PID_MAX_LIMIT is 2^22. */
const NOBODY = 2 ** 22 + 1
let runtime: string
beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), 'netlab-runtime-'))
  mkdirSync(join(runtime, 'netlab/lan'), { recursive: true, mode: 0o700 })
  if (isRoot) chownSync(join(runtime, 'netlab'), uid, uid)
  vi.spyOn(process, 'getuid').mockReturnValue(uid)
  vi.stubEnv('XDG_RUNTIME_DIR', runtime)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(runtime, { recursive: true })
})

it.each([
  ['dead without a lock', undefined, 'dead'],
  ['dead where the command was killed', NOBODY, 'dead'],
  ['busy while a command has it', process.pid, 'busy'],
])('a lab without a record is %s', (_, pid, state) => {
  if (pid !== undefined) writeFileSync(join(runtime, 'netlab/lan.lock'), String(pid))
  expect(listLabs()).toEqual([{ name: 'lan', state, nodes: 0 }])
})
