/** Processes of this machine by what they were called with, from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

/** Pids of the processes that have this word among their arguments. Zombies have none. */
export function processesNamed(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && argumentsOf(name).includes(word))
    .map(Number)
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    // It has ended.
    return []
  }
}

/** Whether the process is there and not a zombie: in a container nobody may collect those. */
export function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
