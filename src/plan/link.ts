/** Links that stand: their properties, and IFF_UP. ip-link(8). */
import { BRIDGE_OPTIONS, isVirtual, ownDifferences } from '../state/equal-link.ts'
import type { PropertyDifference } from '../state/equal.ts'
import { KINDS } from '../state/kind.ts'
import type { BridgeLink, LinkState, NamespaceState, VirtualLink } from '../state/network.ts'
import type { Options } from '../state/option.ts'
import { derivedMac } from '../unit/mac.ts'
import { planAddrs } from './addr.ts'
import { causeOf } from './cause.ts'
import type { Draft } from './draft.ts'
import { emitMaster, joinsLate, planLateMember } from './master.ts'
import type { LinkChange } from './link-change.ts'
import type { SetLink } from './operation.ts'
import { linksInOrder } from './order.ts'
import { planQdiscs } from './qdisc.ts'
import { stepAside } from './step-aside.ts'

/** lladdr, mtu, alias, master, bridge options of links that stand; and down. Bridges last, when their ports are as they will be. */
export function planLinkChanges(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const now = draft.now(netns)
    planLladdrsAside(draft, netns, desired)
    for (const [ifname, link] of linksInOrder(desired.links)) {
      const there = now.links.get(ifname)
      if (there === undefined) continue
      const found = ownDifferences(link, there)
      for (const difference of found) {
        const { property } = difference
        if (goesAlong(property, found) || isGivenBack(property, found, there, now.links)) continue
        if (property === 'master' && joinsLate(draft, netns, link)) continue
        if (property === 'master')
          emitMaster(draft, { netns, ifname, link, there, master: link.master ?? null, cause: causeOf(difference) })
        else if (property !== 'up' || !link.up) draft.emit(setLink(netns, ifname, link, there, difference))
      }
    }
  }
}

/** An address is of one MACVLAN of a parent alone as long as they are up (macvlan_set_mac_address: EADDRINUSE). */
function planLladdrsAside(draft: Draft, netns: string, desired: NamespaceState): void {
  const standing = [...linksInOrder(desired.links)].flatMap(([ifname, link]) => {
    const there = draft.now(netns).links.get(ifname)
    if (there?.kind !== 'macvlan' || !there.up || there.lladdr === undefined) return []
    const { lladdr, parent = '' } = there
    return [{ ifname, has: `${parent} ${lladdr}`, wants: `${parent} ${link.lladdr ?? lladdr}`, lladdr, origin: link.origin }]
  })
  for (const { ifname, lladdr, origin } of stepAside(standing)) {
    const change = { set: { lladdr: derivedMac('', netns, `${ifname} aside`) }, previous: { lladdr } }
    const cause = `another is to have its lladdr ${lladdr}`
    draft.emit({ type: 'set link', netns, cause, ...(origin !== undefined && { origin }), ifname, ...change })
  }
}

/**
 * The interfaces of one namespace after another, so that each fills one batch; nodes before the fabric, since a port without its far
 * end has no carrier. lo comes up first: 127.0.0.1, which the kernel adds, is then the first of its subnet. A link comes up when its
 * addresses and sysctls are in place, a bridge when its ports are.
 */
export function planInterfaces(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    for (const [ifname, link] of desired.links) if (link.kind === 'loopback') planUp(draft, netns, ifname, link)
    for (const [ifname, link] of desired.links) planAddrGenMode(draft, netns, ifname, link)
    planAddrsAndUps(draft, netns, desired)
  }
  for (const [netns, desired] of draft.namespaces) {
    if (desired.kind === 'node') continue
    for (const [ifname, link] of desired.links) if (link.kind === 'bridge') planUp(draft, netns, ifname, link)
  }
}

/** A link that comes up unasked is taken down again, and its IPv6 addresses would go with it: then they come last. */
function planAddrsAndUps(draft: Draft, netns: string, desired: NamespaceState): void {
  const isPulled = [...desired.links.values()].some((link) => pullerOf(link, desired) !== undefined)
  if (!isPulled) planAddrs(draft, netns, desired)
  planQdiscs(draft, netns, desired)
  for (const [ifname, link] of linksInOrder(desired.links)) {
    planLateMember(draft, netns, ifname, link)
    if (link.kind !== 'loopback' && (link.kind !== 'bridge' || desired.kind === 'node')) planUp(draft, netns, ifname, link)
  }
  if (!isPulled) return
  for (const [ifname, link] of desired.links) planDownAgain(draft, netns, ifname, link, desired)
  planAddrs(draft, netns, desired)
}

/** What brings up a link that the file wants down: its parent, of a VLAN (vlan_device_event), or the bond that has it. */
function pullerOf(link: LinkState, desired: NamespaceState): string | undefined {
  if (link.up) return undefined
  if (link.master !== undefined && desired.links.get(link.master)?.kind === 'bond') return link.master
  const parent = isVirtual(link) && link.kind === 'vlan' ? link.parent : undefined
  return parent !== undefined && desired.links.get(parent)?.up === true ? parent : undefined
}

function planDownAgain(draft: Draft, netns: string, ifname: string, link: LinkState, desired: NamespaceState): void {
  const puller = pullerOf(link, desired)
  if (puller === undefined || draft.now(netns).links.get(ifname)?.up === false) return
  const origin = link.origin === undefined ? {} : { origin: link.origin }
  draft.emit({ type: 'set link', netns, cause: `it came up with ${puller}`, ...origin, ifname, set: { up: false }, previous: { up: true } })
}

/** Of links that the plan makes in a lab that is new; of all others `planLinkChanges` has seen the difference. */
function planAddrGenMode(draft: Draft, netns: string, ifname: string, link: LinkState): void {
  const there = draft.now(netns).links.get(ifname)
  if (there !== undefined || link.addrGenMode === undefined || link.addrGenMode === 'eui64') return
  draft.emit({
    type: 'set link',
    netns,
    cause: 'the file has no IPv6',
    ...(link.origin !== undefined && { origin: link.origin }),
    ifname,
    set: { addrGenMode: link.addrGenMode },
    previous: { addrGenMode: 'eui64' },
  })
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
    case 'addrGenMode':
      return link.addrGenMode === undefined ? {} : { addrGenMode: link.addrGenMode }
    case 'master':
      return { master: link.master ?? null }
    case 'alias':
      return { alias: link.alias ?? '' }
    case 'vlan_filtering':
    case 'vlan_protocol':
    case 'vlan_default_pvid':
      return link.kind === 'bridge' ? { vlan: link.vlan ?? null } : {}
    default:
      if (isVirtual(link)) return { kind: { name: link.kind, options: optionChange(link, property) } }
      return link.kind === 'bridge' ? { bridge: bridgeChange(link, property) } : {}
  }
}

/** Of a bond: kept as multiples of its miimon, and refused where that is 0 (bond_option_updelay_set). So they are told with it. */
const DELAYS = ['updelay', 'downdelay']

function goesAlong(property: string, found: readonly PropertyDifference[]): boolean {
  return DELAYS.includes(property) && found.some((other) => other.property === 'miimon')
}

/** A bond gives back what a link had before, whatever that was: its own is set behind that (`valuesAgain`). */
function isGivenBack(
  property: string,
  found: readonly PropertyDifference[],
  { master = '' }: LinkState,
  links: NamespaceState['links'],
): boolean {
  return property === 'lladdr' && links.get(master)?.kind === 'bond' && found.some((other) => other.property === 'master')
}

/** What the file does not say goes back to what the kernel had given it. */
function optionChange(link: VirtualLink, name: string): Options {
  const value = link.options[name] ?? KINDS[link.kind].options.find((option) => option.name === name)?.default
  const delays = name === 'miimon' && value !== 0 ? DELAYS.map((delay) => optionChange(link, delay)) : []
  return Object.assign({}, value === undefined ? {} : { [name]: value }, ...delays) as Options
}

function bridgeChange(link: BridgeLink, word: string): NonNullable<LinkChange['bridge']> {
  const [option] = BRIDGE_OPTIONS.find(([, one]) => one === word) ?? []
  return option === undefined ? {} : { [option]: link[option] }
}
