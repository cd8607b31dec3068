// Processes of the machine, from /proc. proc(5).
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { isNsexec } from './installation.ts'
import { isErrno } from './sysctl.ts'

/** Field 22 of /proc/<pid>/stat, in clock ticks since boot: with the pid it names one process for good. Undefined when it has ended. */
export function processStart(pid: number): string | undefined {
  return readStat(pid)?.start
}

/** Undefined when the process has ended. */
function readStat(pid: number): { start: string; isExiting: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // from field 3 on
    const [state, flags, start] = [fields[0], Number(fields[6]), fields[19]]
    return state === 'Z' || state === 'X' || start === undefined ? undefined : { start, isExiting: (flags & PF_EXITING) !== 0 }
  } catch {
    return undefined // ENOENT, ESRCH: it is gone
  }
}

const PF_EXITING = 0x4 // <linux/sched.h>

/** kill(2), of a process or, below 0, of a process group. One that has ended meanwhile is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error
  }
}

/** The oldest process that runs with this very command line. */
export function findProcess({ file, args }: { file: string; args: readonly string[] }): { pid: number; start: string } | undefined {
  const wanted = `${[file, ...args].join('\0')}\0`
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  const found = pids.flatMap((entry) => {
    const start = commandLine(entry) === wanted ? processStart(Number(entry)) : undefined
    return start === undefined ? [] : [{ pid: Number(entry), start }]
  })
  return found.sort((one, other) => Number(one.start) - Number(other.start))[0]
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it has ended
  }
}

/** Whether the process is one that netlab keeps in a node (its PID 1, the supervisor of a service), and no program of the node's. */
export function isKeeper(pid: number): boolean {
  return isNsexec(commandLine(String(pid)).split('\0')[0] ?? '')
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

/** A process in a pid namespace below the machine's. */
export interface InnerProcess {
  /** As the machine numbers it. */
  readonly pid: number
  /** Its pid namespace, as /proc/<pid>/ns/pid names it, and its number there. */
  readonly pidns: string
  readonly innerPid: number
  readonly argv: readonly string[]
}

/** Those of other users are passed over. */
export function innerProcesses(): InnerProcess[] {
  return readdirSync('/proc').flatMap((entry): InnerProcess[] => {
    if (!/^\d+$/.test(entry)) return []
    try {
      const pids =
        /^NSpid:(.*)$/m
          .exec(readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1]
          ?.trim()
          .split(/\s+/) ?? []
      if (pids.length < 2) return []
      const pidns = readlinkSync(`/proc/${entry}/ns/pid`)
      return [{ pid: Number(entry), pidns, innerPid: Number(pids.at(-1)), argv: commandLine(entry).split('\0') }]
    } catch {
      return [] // it ended, or is another user's
    }
  })
}

/**
 * Waits until the process has ended. The first of a pid namespace ends when all others there are reaped (zap_pid_ns_processes): where
 * one was left to a PID 1 that reaps nothing, as in many containers, that is never. Its namespaces are free by then, so the wait ends, too.
 */
export async function processEnd(pid: number, start: string): Promise<void> {
  const limit = performance.now() + EXITING_LIMIT_MS
  for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 50)) {
    const stat = readStat(pid)
    if (stat?.start !== start || (stat.isExiting && performance.now() > limit)) return
    await new Promise((resolve) => setTimeout(resolve, delayMs))
  }
}

const EXITING_LIMIT_MS = 3_000
