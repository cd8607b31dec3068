/** veth pairs: both ends are one object, made and deleted together. */
import type { LinkEnd, LinkState, NamespaceState, VethLink } from '../state/network.ts'
import { Bug } from '../diagnostic/bug.ts'
import { kindText } from '../state/equal-link.ts'
import { findExtras } from '../state/extra.ts'
import { addrKey } from '../state/key.ts'
import { linkEndText } from '../state/words.ts'
import { needsOwnMtu } from './bridge-mtu.ts'
import type { Draft } from './draft.ts'
import { isEarlyMaster } from './master.ts'

/**
 * Links that must make room before anything is made. The order does not matter to the kernel; what goes with its node comes first,
 * for that is the better reason to give.
 */
export function planCablesInTheWay(draft: Draft): void {
  planCablesOfGoing(draft)
  planMisplacedLinks(draft)
}

/**
 * A namespace that goes takes its cables along, but only when the kernel gets round to it (cleanup_net runs in a workqueue): where
 * the name of the other end or an address is wanted at once, its cable is deleted here.
 */
function planCablesOfGoing(draft: Draft): void {
  const wanted = wantedAddrs(draft)
  for (const [netns, observed] of draft.observed.namespaces) {
    if (stays(draft, netns)) continue
    for (const [ifname, link] of observed.links) {
      if (link.kind === 'external')
        deleteLink(draft, { netns, ifname }, `${netns} ${draft.desired.namespaces.has(netns) ? 'is made anew' : 'is not in the file'}`)
      if (link.kind !== 'veth' || !stays(draft, link.peer.netns)) continue
      const peer = draft.now(link.peer.netns).links.get(link.peer.ifname)
      // The machine's network goes from the lab's sight, and takes nothing along.
      if (observed.kind !== 'host' && isIdlePort(draft, link.peer, peer) && !holdsAny(observed, ifname, wanted)) continue
      const why = draft.desired.namespaces.has(netns) ? 'is made anew' : 'is not in the file'
      deleteLink(draft, link.peer, `its peer ${netns}/${ifname} ${why}`)
    }
  }
}

/** Ends whose peer is another one now, links of another kind under a name that the file wants, and cables that it does not have. */
function planMisplacedLinks(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const observed = draft.observed.namespaces.get(netns)
    if (observed === undefined || draft.isNew(netns)) continue
    for (const [ifname, link] of draft.now(netns).links) {
      const cause = whyInTheWay(draft, { netns, ifname }, link, desired.links.get(ifname))
      if (cause !== undefined) deleteLink(draft, { netns, ifname }, cause)
    }
    for (const [ifname, link] of findExtras(netns, desired, observed, draft.options).links) {
      const isCable = link.kind === 'veth' && (link.peer.netns === netns || stays(draft, link.peer.netns))
      if (isCable || link.kind === 'external') deleteLink(draft, { netns, ifname }, 'not in the file')
    }
  }
}

function stays(draft: Draft, netns: string): boolean {
  return draft.desired.namespaces.has(netns) && !draft.isNew(netns)
}

/** Both ends of each cable that does not stand, at its node's end. */
export function planNewCables(draft: Draft): void {
  const done = new Set<VethLink>()
  for (const [netns, desired] of draft.namespaces) {
    const now = draft.now(netns)
    for (const [ifname, link] of desired.links) {
      if (link.kind !== 'veth' || done.has(link) || now.links.has(ifname)) continue
      const peer = draft.desired.namespaces.get(link.peer.netns)?.links.get(link.peer.ifname)
      if (peer?.kind !== 'veth' || peer.peer.netns !== netns || peer.peer.ifname !== ifname) {
        throw new Bug(`The cable from ${netns}/${ifname} does not come back from ${linkEndText(link.peer)}`)
      }
      done.add(peer)
      const early = (end: VethLink, where: string): VethLink => withEarlyMaster(end, draft.desired.namespaces.get(where))
      draft.emit({
        type: 'add veth',
        netns,
        cause: stoodBefore(draft, { netns, ifname }) || stoodBefore(draft, link.peer) ? 'made anew' : 'not there',
        ...(link.origin !== undefined && { origin: link.origin }),
        ifname,
        link: early(link, netns),
        peer: early(peer, link.peer.netns),
      })
    }
  }
}

/** Interfaces of the machine that are not where the file has them. */
export function planExternals(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    for (const [ifname, link] of desired.links) {
      if (link.kind !== 'external' || draft.now(netns).links.has(ifname)) continue
      const origin = link.origin === undefined ? {} : { origin: link.origin }
      draft.emit({ type: 'take link', netns, cause: 'not there', ...origin, ifname, link })
    }
  }
}

/** As `add veth` makes it: in its bridge, but in no bond or VRF, which is made later. */
function withEarlyMaster(link: VethLink, namespace: NamespaceState | undefined): VethLink {
  if (link.master === undefined || isEarlyMaster(namespace, link.master)) return withoutPort(link)
  const { master: _, ...rest } = link
  return withoutPort(rest)
}

/** What a port does in its bridge is said when it is there. */
function withoutPort({ port: _, ...link }: VethLink): VethLink {
  return link
}

function stoodBefore(draft: Draft, { netns, ifname }: LinkEnd): boolean {
  return draft.observed.namespaces.get(netns)?.links.has(ifname) === true
}

/** Deletes a link, if it still stands: a veth may have gone with its other end. */
export function deleteLink(draft: Draft, { netns, ifname }: LinkEnd, cause: string): void {
  const link = draft.now(netns).links.get(ifname)
  if (link === undefined) return
  const peer = link.kind === 'veth' ? draft.now(link.peer.netns).links.get(link.peer.ifname) : undefined
  draft.emit({ type: 'del link', netns, cause, ifname, link, ...(peer?.kind === 'veth' && { peer }) })
}

/** Whether the end is a port whose name is free to linger, and whose mtu its bridge does not follow. */
function isIdlePort(draft: Draft, { netns, ifname }: LinkEnd, port: LinkState | undefined): boolean {
  const desired = draft.desired.namespaces.get(netns)
  if (port?.master === undefined || desired === undefined || desired.links.has(ifname)) return false
  return !desired.links.has(port.master) || !needsOwnMtu(desired, port.master)
}

function whyInTheWay(draft: Draft, end: LinkEnd, link: LinkState, desired: LinkState | undefined): string | undefined {
  if (desired === undefined || desired.kind === 'loopback') return undefined
  if (link.kind !== desired.kind) return kindCause(desired, link)
  if (link.kind === 'external' && desired.kind === 'external' && link.device !== desired.device)
    return `it is ${link.device}, the file says ${desired.device}`
  if (link.kind !== 'veth' || desired.kind !== 'veth') return undefined
  if (link.peer.netns !== desired.peer.netns || link.peer.ifname !== desired.peer.ifname) {
    return `its peer is ${linkEndText(link.peer)}, the file says ${linkEndText(desired.peer)}`
  }
  const peer = draft.now(link.peer.netns).links.get(link.peer.ifname)
  const isWhole = peer?.kind === 'veth' && peer.peer.netns === end.netns && peer.peer.ifname === end.ifname
  return isWhole ? undefined : `its peer ${linkEndText(link.peer)} is gone`
}

export function kindCause(desired: LinkState, there: LinkState): string {
  return `it is a ${kindText(there)}, the file says ${desired.kind}`
}

/** Addresses, without their links, that are to be added somewhere while a namespace goes. */
function wantedAddrs(draft: Draft): ReadonlySet<string> {
  const wanted = new Set<string>()
  if ([...draft.observed.namespaces.keys()].every((netns) => draft.desired.namespaces.has(netns))) return wanted
  for (const [netns, desired] of draft.namespaces) {
    const observed = draft.observed.namespaces.get(netns)
    for (const addr of desired.addrs.values()) if (observed?.addrs.has(addrKey(addr)) !== true) wanted.add(addr.local)
  }
  return wanted
}

function holdsAny(namespace: NamespaceState, ifname: string, locals: ReadonlySet<string>): boolean {
  return [...namespace.addrs.values()].some((addr) => addr.ifname === ifname && locals.has(addr.local))
}
