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
