// Which ids of the machine those of this process's user namespace are. user_namespaces(7).
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * Empty where root here is the machine's; else the same for all processes whose root and users are the same of the machine. To be asked
 * outside of labs, whose /proc does not know this process.
 */
export function idMapKey(): string {
  const maps = ['uid_map', 'gid_map'].map((file) => readFileSync(`/proc/self/${file}`, 'utf8').trim().replace(/\s+/g, ' '))
  if (maps[0] === '0 0 4294967295') return ''
  return `.${createHash('sha256').update(maps.join('\n')).digest('hex').slice(0, 8)}`
}

/** Whether the user namespace of a process knows root alone: an ordinary user's without subordinate ids. */
export function hasOneUser(pid: number): boolean {
  return /^\s*0\s+\d+\s+1\s*$/.test(readFileSync(`/proc/${pid}/uid_map`, 'utf8'))
}
