/** Queueing disciplines of interfaces. tc(8); RTM_NEWQDISC, RTM_DELQDISC. */
import { findExtras } from '../state/extra.ts'
import type { NamespaceState } from '../state/network.ts'
import type { Draft } from './draft.ts'
import { chainOperations } from './qdisc-chain.ts'

/** Before the links come up, so that the first packet meets them. */
export function planQdiscs(draft: Draft, netns: string, desired: NamespaceState): void {
  const now = draft.now(netns)
  for (const [ifname, chain] of desired.qdiscs) {
    const missing = draft.whyMissing(netns, 'qdisc', ifname)
    for (const operation of chainOperations(netns, ifname, chain, now.qdiscs.get(ifname), missing)) draft.emit(operation)
  }
  if (now.qdiscs.size === 0) return
  for (const [ifname, chain] of findExtras(netns, desired, now, draft.options).qdiscs) {
    draft.emit({ type: 'del qdisc', netns, cause: 'not in the file', ifname, chain })
  }
}
