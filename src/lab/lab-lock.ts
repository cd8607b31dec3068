import { join } from 'node:path'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { lockFile } from '../linux/lock.ts'
import { makeStateRoot, removeEmptyStateRoot } from './directory.ts'

/** Runs `work` while no other netlab command changes the lab. Errors: refusal LAB_BUSY. */
export async function withLabLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const lock = lockFile(join(makeStateRoot(), `${name}.lock`))
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
    removeEmptyStateRoot()
  }
}
