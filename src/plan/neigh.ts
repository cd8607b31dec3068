/** Permanent neighbours. ip-neighbour(8); RTM_NEWNEIGH with NLM_F_REPLACE, RTM_DELNEIGH. */
import { neighDifferences } from '../state/equal.ts'
import { findExtras } from '../state/extra.ts'
import type { NamespaceState } from '../state/network.ts'
import { causeOf } from './cause.ts'
import type { Draft } from './draft.ts'

export function planNeighs(draft: Draft, netns: string, desired: NamespaceState): void {
  const now = draft.now(netns)
  for (const [key, neigh] of desired.neighs) {
    const previous = now.neighs.get(key)
    const [difference] = previous === undefined ? [] : neighDifferences(neigh, previous)
    if (previous !== undefined && difference === undefined) continue
    draft.emit({
      type: 'replace neigh',
      netns,
      cause: difference === undefined ? draft.whyMissing(netns, 'neigh', key) : causeOf(difference),
      ...(neigh.origin !== undefined && { origin: neigh.origin }),
      neigh,
      ...(previous !== undefined && { previous }),
    })
  }
  if (now.neighs.size === 0) return
  for (const neigh of findExtras(netns, desired, now, draft.options).neighs) {
    draft.emit({ type: 'del neigh', netns, cause: 'not in the file', neigh })
  }
}
