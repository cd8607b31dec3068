// A network namespace made for a question, in which nothing of the lab is touched.
import { close, CLONE_NEWNET, openat, setns, unshare } from './libc.ts'

/**
 * Runs `work`, which must not await, with this thread in a new network namespace. `proc` is a /proc that knows this process. Without it the
 * thread stays in the new namespace: an engine that is in no lab came from the machine's, to which there is no way back out of a user
 * namespace (setns(2), EPERM).
 */
export function inScratchNetns<T>(proc: number | undefined, work: () => T): T {
  const home = proc === undefined ? undefined : openat(proc, 'thread-self/ns/net')
  try {
    unshare(CLONE_NEWNET)
    return work()
  } finally {
    if (home !== undefined) {
      setns(home, CLONE_NEWNET)
      close(home)
    }
  }
}
