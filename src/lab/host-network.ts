// Links that end in the machine's own network: it is root's.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { MachineLink } from '../topology/machine-needs.ts'

/** A finding ROOT_NEEDED for each link into the machine's network, where this user may not make one. */
export function findHostRefused(links: readonly MachineLink[]): Diagnostic[] {
  if (process.geteuid?.() === 0) return []
  return links.map(({ ifname, origin }) => ({
    code: 'ROOT_NEEDED',
    severity: 'error',
    detail: `${ifname} would be in this machine's own network, where only root makes links.`,
    origin,
    hint: 'Run netlab as root; or, to reach the world outside from a node, give it `internet: true`, which anybody may.',
  }))
}
