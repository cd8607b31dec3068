/** Processes of this machine by what they were called with, from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

/** Pids of the processes that have this word among their arguments. Zombies have none. */
export function processesNamed(word: string): number[] {
  return pids().filter((pid) => words(pid, 'cmdline').includes(word))
}

/** Pids of the processes that were started with this variable in their environment, by whomever in between. */
export function processesMarked(name: string, value: string): number[] {
  return pids().filter((pid) => words(pid, 'environ').includes(`${name}=${value}`) && isRunning(pid))
}

/** Pids of the children of a process that have a word of this end among their arguments. */
export function childrenNamed(parent: number, end: string): number[] {
  return pids().filter((pid) => parentOf(pid) === parent && words(pid, 'cmdline').some((word) => word.endsWith(end)))
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function parentOf(pid: number): number {
  return Number(/^\d+ \(.*\) \S (\d+)/s.exec(words(pid, 'stat')[0] ?? '')?.[1])
}

function words(pid: number, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0')
  } catch {
    // It has ended, or is another user's.
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
