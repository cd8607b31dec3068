import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { lockFile } from '../linux/lock.ts'
import { lockPaths, makeStateRoot, removeEmptyStateRoot } from './directory.ts'

/** Runs `work` while no other netlab command changes the lab. Errors: refusal LAB_BUSY. */
export async function withLabLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock = await lockLab(name)
  if ('heldBy' in lock)
    throw new DiagnosticError('refusal', [
      {
        code: 'LAB_BUSY',
        severity: 'error',
        detail: `Another netlab command${lock.heldBy === 0 ? '' : ` (pid ${lock.heldBy})`} is changing the lab ${name}.`,
        hint: 'Wait until it is done, then try again.',
      },
    ])
  try {
    return await work()
  } finally {
    lock.release()
    removeStaleLocks()
    removeEmptyStateRoot()
  }
}

/** Another command that looks for stale locks (below) has each for a moment: that is not worth a refusal. */
const BRIEF_MS = 200
const RETRY_MS = 10

/** The state root goes with the last lab, and another command may take it away while we make it, or right after. */
async function lockLab(name: string): Promise<ReturnType<typeof lockFile>> {
  const limit = performance.now() + BRIEF_MS
  for (;;) {
    const lock = unlessGone(() => lockFile(join(makeStateRoot(), `${name}.lock`)))
    if (lock === undefined) continue
    if ('release' in lock || performance.now() > limit) return lock
    await setTimeout(RETRY_MS)
  }
}

/** Lock files of commands that were killed before their lab came to be: nobody else would take them away. */
function removeStaleLocks(): void {
  for (const path of lockPaths()) {
    // One that was made just now belongs to a command that is about to take it.
    const isOld = unlessGone(() => Date.now() - statSync(path).mtimeMs > STALE_MS)
    const lock = isOld ? unlessGone(() => lockFile(path)) : undefined
    if (lock !== undefined && 'release' in lock) lock.release()
  }
}

const STALE_MS = 1000

function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
