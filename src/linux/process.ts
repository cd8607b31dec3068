// Processes of the machine, from /proc. proc(5).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Field 22 of /proc/<pid>/stat, in clock ticks since boot: with the pid it names one process for good. Undefined when it has ended. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || state === 'X' ? undefined : fields[18]
  } catch {
    return undefined // ENOENT, ESRCH: it is gone
  }
}

/** Pids by the inode number of the network namespace they are in; those of other users are passed over. */
export function processesByNetns(): Map<number, number[]> {
  const pids = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry)
    if (!Number.isInteger(pid)) continue
    let inode: number
    try {
      inode = Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0])
    } catch {
      continue // it ended, or is another user's
    }
    const others = pids.get(inode)
    if (others === undefined) pids.set(inode, [pid])
    else others.push(pid)
  }
  return pids
}

/** Pids of the processes in the pid namespace of `pid`, as the machine numbers them, by their number in there. */
export function pidsInside(pid: number): Map<number, number> {
  const own = readlinkSync(`/proc/${pid}/ns/pid`)
  const pids = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      if (readlinkSync(`/proc/${entry}/ns/pid`) !== own) continue
      const inside = /^NSpid:.*?(\d+)$/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1]
      if (inside !== undefined) pids.set(Number(inside), Number(entry))
    } catch {
      continue // it ended, or is another user's
    }
  }
  return pids
}

/** Waits until the process has ended. */
export async function processEnd(pid: number, start: string): Promise<void> {
  for (let delayMs = 1; processStart(pid) === start; delayMs = Math.min(delayMs * 2, 50))
    await new Promise((resolve) => setTimeout(resolve, delayMs))
}
