// Network namespaces that are made before it is known what they will be: while the client compiles its file the engine would be idle, and
// making them is a third of a large lab's `up`. They have no name and no process: what is left of them ends with the engine.
import { openSync } from 'node:fs'
import { close, CLONE_NEWNET, openat, setns, unshare } from './libc.ts'
import { openNetlink, type NetlinkSocket } from './transport.ts'

/** A network namespace in which nothing is but `lo`. */
export interface SpareNetns {
  readonly net: number
  readonly netlink: NetlinkSocket
}

/** How many are made before the engine listens to its client again: some 5 ms. */
const SLICE = 16

const spares: SpareNetns[] = []
let missing = 0

/** Makes `count` of them while the engine has nothing else to do, until the first is taken. */
export function prepareNetns(count: number): void {
  missing = count
  const ownNs = openSync('/proc/thread-self/ns', 'r') // now: the lab's own /proc does not know this process
  const next = (): void => {
    if (missing > 0) makeSome(ownNs)
    if (missing > 0) setImmediate(next)
    else close(ownNs)
  }
  next()
}

function makeSome(ownNs: number): void {
  const home = openat(ownNs, 'net')
  try {
    for (let made = 0; made < SLICE && missing > 0; made++, missing--) {
      unshare(CLONE_NEWNET)
      spares.push({ net: openat(ownNs, 'net'), netlink: openNetlink() })
    }
  } catch {
    missing = 0 // the operation that wants one more will be refused in the same way, and can say for whom it was
  } finally {
    setns(home, CLONE_NEWNET)
    close(home)
  }
}

/** One of them, if there is one; it is the caller's to close. */
export function takeSpareNetns(): SpareNetns | undefined {
  missing = 0
  return spares.pop()
}
