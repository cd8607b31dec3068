/** Bridges: made before their ports, deleted after them. IFLA_BR_*; ip-link(8), "bridge type support". */
import { findExtras } from '../state/extra.ts'
import { deleteLink } from './cable.ts'
import type { Draft } from './draft.ts'

export function planNewBridges(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    for (const [ifname, link] of desired.links) {
      if (link.kind !== 'bridge' || draft.now(netns).links.has(ifname)) continue
      draft.emit({
        type: 'add bridge',
        netns,
        cause: 'not there',
        ...(link.origin !== undefined && { origin: link.origin }),
        ifname,
        link,
      })
    }
  }
}

/** Bridges that the file no longer has, once their ports are elsewhere or gone. */
export function planGoneBridges(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const observed = draft.observed.namespaces.get(netns)
    if (observed === undefined || draft.isNew(netns)) continue
    for (const [ifname, link] of findExtras(netns, desired, observed, draft.options).links) {
      if (link.kind === 'bridge') deleteLink(draft, { netns, ifname }, 'not in the file')
    }
  }
}
