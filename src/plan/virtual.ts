/** Links of the kinds in state/kind.ts: made after cables and bridges, those that others stand on first. ip-link(8). */
import { isVirtual, NO_FDBS, remakingDifference } from '../state/equal-link.ts'
import { findExtras } from '../state/extra.ts'
import { newVxlanEntries } from '../state/vxlan.ts'
import { deleteLink, kindCause } from './cable.ts'
import { causeOf } from './cause.ts'
import type { Draft } from './draft.ts'
import { emitMaster } from './master.ts'
import type { LinkState, VirtualLink } from '../state/network.ts'
import { linksInOrder } from './order.ts'
import { fdbOperations } from './port-operations.ts'
import { planPortsAside, planWireguard } from './wireguard.ts'

/** Links that must be made anew or that the file no longer has, those on top first: each has a reason of its own. */
export function planVirtualLinksInTheWay(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const observed = draft.observed.namespaces.get(netns)
    if (observed === undefined || draft.isNew(netns)) continue
    const extras = new Set(findExtras(netns, desired, observed, draft.options).links.map(([ifname]) => ifname))
    for (const [ifname, link] of [...linksInOrder(draft.now(netns).links)].reverse()) {
      const wanted = desired.links.get(ifname)
      if (extras.has(ifname) && isVirtual(link)) deleteLink(draft, { netns, ifname }, 'not in the file')
      else if (wanted !== undefined && wanted.kind === link.kind && isVirtual(link)) {
        const difference = remakingDifference(wanted, link)
        if (difference !== undefined) deleteLink(draft, { netns, ifname }, causeOf(difference))
      } else if (wanted !== undefined && link.kind === 'other' && isVirtual(wanted)) {
        // What it stands on may be deleted next, in another namespace, and take it along.
        deleteLink(draft, { netns, ifname }, kindCause(wanted, link))
      }
    }
  }
}

/** Nothing is made that is larger than what it stands on (vlan_newlink: EINVAL): that grows before, and shrinks after. */
function growFirst(draft: Draft, netns: string, ifname: string): void {
  const desired = draft.desired.namespaces.get(netns)?.links.get(ifname)
  const there = draft.now(netns).links.get(ifname)
  if (desired === undefined || there === undefined || there.mtu >= desired.mtu) return
  if (isVirtual(desired) && desired.parent !== undefined) growFirst(draft, netns, desired.parent)
  draft.emit({
    type: 'set link',
    netns,
    cause: causeOf({ property: 'mtu', desired: desired.mtu, observed: there.mtu }),
    ...(desired.origin !== undefined && { origin: desired.origin }),
    ifname,
    set: { mtu: desired.mtu },
    previous: { mtu: there.mtu },
  })
}

/**
 * What a link receives goes to one taker alone (netdev_rx_handler_register: EBUSY): it leaves its bond or bridge before it carries
 * a MACVLAN.
 */
function leaveFirst(draft: Draft, netns: string, ifname: string): void {
  const link = draft.desired.namespaces.get(netns)?.links.get(ifname)
  const there = draft.now(netns).links.get(ifname)
  if (link === undefined || there?.master === undefined || there.master === link.master) return
  const cause = causeOf({ property: 'master', desired: undefined, observed: there.master })
  emitMaster(draft, { netns, ifname, link, there, master: null, cause })
}

const TAKERS: ReadonlySet<LinkState['kind']> = new Set(['macvlan', 'ipvlan'])

/** The table of a VXLAN, which a new lab's has as the kernel makes it. */
function planRemotes(draft: Draft, netns: string, ifname: string, link: VirtualLink): void {
  const there = draft.now(netns).links.get(ifname)
  const before = there === undefined ? newVxlanEntries(link) : isVirtual(there) ? there.fdbs : undefined
  for (const operation of fdbOperations({ netns, ifname }, link.fdbs ?? NO_FDBS, before ?? NO_FDBS)) {
    draft.emit({ ...operation, ...(link.origin !== undefined && { origin: link.origin }) })
  }
}

export function planNewVirtualLinks(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    planPortsAside(draft, netns, desired)
    for (const [ifname, link] of linksInOrder(desired.links)) {
      if (!isVirtual(link)) continue
      const origin = link.origin === undefined ? {} : { origin: link.origin }
      if (!draft.now(netns).links.has(ifname)) {
        if (link.parent !== undefined) growFirst(draft, netns, link.parent)
        if (link.parent !== undefined && TAKERS.has(link.kind)) leaveFirst(draft, netns, link.parent)
        const isAgain = draft.observed.namespaces.get(netns)?.links.has(ifname) === true
        const because = draft.whyMissing(netns, 'link', ifname)
        const cause = because === 'not there' && isAgain ? 'made anew' : because
        draft.emit({ ...origin, type: 'add link', netns, cause, ifname, link })
      }
      planRemotes(draft, netns, ifname, link)
      planWireguard(draft, netns, ifname, link)
    }
  }
}
