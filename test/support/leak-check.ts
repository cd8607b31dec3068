/** vitest globalSetup of the tiers that touch the kernel: the host must be the same after the last test as before the first. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { compareSnapshots, RUN_MARK, takeSnapshot } from './leaks.ts'

/** The kernel frees namespaces behind the caller's back; at 1,000 nodes that takes about a second. */
const LIMIT_MS = 10_000

/** Called before the first test; what it returns is called after the last. Throws, and so fails the run, when something is left. */
export function setup(): () => Promise<void> {
  process.env[RUN_MARK] ??= randomUUID()
  const before = takeSnapshot()
  return async () => {
    const deadline = Date.now() + LIMIT_MS
    for (;;) {
      const differences = compareSnapshots(before, takeSnapshot())
      if (differences.length === 0) return
      if (Date.now() > deadline) throw new Error(`The tests changed the host:\n  ${differences.join('\n  ')}`)
      await delay(100)
    }
  }
}
