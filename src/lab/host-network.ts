// Links that end in the machine's own network: it is root's.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { HOST } from '../state/network.ts'
import type { NetworkState } from '../state/network.ts'

/** A finding ROOT_NEEDED for each link into the machine's network, where this user may not make one. */
export function findHostRefused({ namespaces }: NetworkState): Diagnostic[] {
  const host = namespaces.get(HOST)
  if (host === undefined || process.geteuid?.() === 0) return []
  return [...host.links].map(([ifname, { origin }]) => ({
    code: 'ROOT_NEEDED',
    severity: 'error',
    detail: `${ifname} would be in this machine's own network, where only root makes links.`,
    ...(origin !== undefined && { origin }),
    hint: 'Run netlab as root; or, to reach the world outside from a node, give it `internet: true`, which anybody may.',
  }))
}
