/** Links that stand: their properties, and IFF_UP. ip-link(8). */
import { linkDifferences, BRIDGE_OPTIONS } from '../state/equal.ts'
import type { PropertyDifference } from '../state/equal.ts'
import type { BridgeLink, LinkState } from '../state/network.ts'
import { causeOf } from './draft.ts'
import type { Draft } from './draft.ts'
import type { LinkChange, SetLink } from './operation.ts'
import { linksInOrder } from './order.ts'

/** lladdr, mtu, alias, master, bridge options of links that stand; and down. Bridges last, when their ports are as they will be. */
export function planLinkChanges(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const now = draft.now(netns)
    for (const [ifname, link] of linksInOrder(desired.links)) {
      const there = now.links.get(ifname)
      if (there === undefined) continue
      for (const difference of linkDifferences(link, there)) {
        if (difference.property !== 'up' || !link.up) draft.emit(setLink(netns, ifname, link, there, difference))
      }
    }
  }
}

/** lo comes up before addresses are added to it: 127.0.0.1, which the kernel adds, is then the first of its subnet. */
export function planLoopbacksUp(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    for (const [ifname, link] of desired.links) if (link.kind === 'loopback') planUp(draft, netns, ifname, link)
  }
}

/** What takes IFF_UP, once its addresses and sysctls are in place: first the links that end in nodes, then ports, then bridges. */
export function planLinksUp(draft: Draft): void {
  for (const bridges of [false, true]) {
    for (const [netns, desired] of draft.namespaces) {
      for (const [ifname, link] of desired.links) {
        if (link.kind !== 'loopback' && (link.kind === 'bridge') === bridges) planUp(draft, netns, ifname, link)
      }
    }
  }
}

function planUp(draft: Draft, netns: string, ifname: string, link: LinkState): void {
  const there = draft.now(netns).links.get(ifname)
  if (!link.up || there?.up === true) return
  const wasDown = !draft.isNew(netns) && draft.observed.namespaces.get(netns)?.links.get(ifname)?.up === false
  draft.emit({
    type: 'set link',
    netns,
    cause: wasDown ? 'it is down, the file says up' : 'the file says up',
    ...(link.origin !== undefined && { origin: link.origin }),
    ifname,
    set: { up: true },
    previous: { up: false },
  })
}

function setLink(netns: string, ifname: string, link: LinkState, there: LinkState, difference: PropertyDifference): SetLink {
  const previous = changeTo(there, difference.property)
  return {
    type: 'set link',
    netns,
    cause: causeOf(difference),
    ...(link.origin !== undefined && { origin: link.origin }),
    ifname,
    set: changeTo(link, difference.property),
    previous,
  }
}

function changeTo(link: LinkState, property: string): LinkChange {
  switch (property) {
    case 'up':
      return { up: link.up }
    case 'mtu':
      return { mtu: link.mtu }
    case 'lladdr':
      return link.lladdr === undefined ? {} : { lladdr: link.lladdr }
    case 'master':
      return { master: link.master ?? null }
    case 'alias':
      return { alias: link.alias ?? '' }
    default:
      return link.kind === 'bridge' ? { bridge: bridgeChange(link, property) } : {}
  }
}

function bridgeChange(link: BridgeLink, word: string): NonNullable<LinkChange['bridge']> {
  const [option] = BRIDGE_OPTIONS.find(([, one]) => one === word) ?? []
  return option === undefined ? {} : { [option]: link[option] }
}
