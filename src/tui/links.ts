// Cables, each once, with both ends: what the table of links and the map show.
import { placeOf, type LiveNetwork } from '../lab/live-network.ts'
import type { LiveLink, LiveQdisc } from '../state/live.ts'
import { FABRIC, type LinkEnd, type PortState } from '../state/network.ts'
import { impairedAt, type Impaired } from './impaired.ts'
import type { Color } from './span.ts'

/** The worst last. */
export const CABLE_STATES = ['up', 'impaired', 'saturated', 'loose', 'blocked', 'no carrier', 'down'] as const
export type CableState = (typeof CABLE_STATES)[number]

/** From this share of its rate on a link is saturated: what counters count has no preamble, and samples are not to the millisecond. */
const SATURATED = 0.9

export interface CableEnd extends LinkEnd {
  /** The node, or the bridge whose port it is. */
  readonly place: string
  readonly link: LiveLink
}

/** A cable, or an interface whose far end is not in the lab. */
export interface Cable {
  readonly key: string
  readonly a: CableEnd
  readonly b?: CableEnd
  readonly state: CableState
  /** Bits a second from a to b, and back. */
  readonly forward: number
  readonly backward: number
  /** What is done to packets from a to b, and back. */
  readonly impaired: { readonly forward?: Impaired; readonly backward?: Impaired }
  /** Errors and drops a second, and since the watch began. */
  readonly faultRate: number
  readonly faults: number
}

export const CABLE_COLORS: Readonly<Record<CableState, Color>> = {
  up: 'green',
  impaired: 'yellow',
  saturated: 'magenta',
  loose: 'yellow',
  blocked: 'yellow',
  'no carrier': 'red',
  down: 'red',
}

/** All cables, those of nodes in the order of the nodes. Bridges' ports come as the far ends. */
export function cablesOf(network: LiveNetwork): Cable[] {
  const cables: Cable[] = []
  const known = knownIn.get(network) ?? new WeakMap<LiveLink, KnownCable>()
  knownIn.set(network, known)
  const seen = new Set<LiveLink>()
  const namespaces = [...network.namespaces.values()].sort((a, b) => Number(a.name === FABRIC) - Number(b.name === FABRIC))
  for (const { name, links } of namespaces)
    for (const link of links.values()) {
      if (link.kind === 'loopback' || link.kind === 'bridge' || seen.has(link)) continue
      const cable = cableOf(network, known, { netns: name, ifname: link.ifname }, link)
      seen.add(link)
      if (cable.b !== undefined) seen.add(cable.b.link)
      cables.push(cable)
    }
  return cables
}

interface KnownCable {
  readonly cable: Cable
  readonly qdiscs: readonly [LiveQdisc | undefined, LiveQdisc | undefined]
}

/** Cables of a network on which nothing passes, by their first end: of a large lab, most are as they were a second ago. */
const knownIn = new WeakMap<LiveNetwork, WeakMap<LiveLink, KnownCable>>()

function cableOf(network: LiveNetwork, known: WeakMap<LiveLink, KnownCable>, at: LinkEnd, link: LiveLink): Cable {
  const before = known.get(link)
  if (before !== undefined && isStillSo(network, before)) return before.cable
  const cable = makeCable(network, at, link)
  if (cable.b !== undefined && isQuiet(network, cable.a) && isQuiet(network, cable.b))
    known.set(link, { cable, qdiscs: [qdiscAt(network, cable.a), qdiscAt(network, cable.b)] })
  else known.delete(link)
  return cable
}

/** What is told of links and disciplines anew is another object. */
function isStillSo(network: LiveNetwork, { cable: { a, b }, qdiscs }: KnownCable): boolean {
  if (b === undefined || network.linkAt(a) !== a.link || network.linkAt(b) !== b.link) return false
  return isQuiet(network, a) && isQuiet(network, b) && qdiscAt(network, a) === qdiscs[0] && qdiscAt(network, b) === qdiscs[1]
}

function isQuiet(network: LiveNetwork, { netns, link }: CableEnd): boolean {
  return network.namespaces.get(netns)?.traffic.get(link.ifindex)?.tick !== network.tick
}

function qdiscAt(network: LiveNetwork, { netns, ifname }: LinkEnd): LiveQdisc | undefined {
  return network.namespaces.get(netns)?.qdiscs.get(ifname)
}

function makeCable(network: LiveNetwork, at: LinkEnd, link: LiveLink): Cable {
  const a = endOf(network, at, link)
  const far = network.peerOf(link)
  const farLink = far === undefined ? undefined : network.linkAt(far)
  const b = far === undefined || farLink === undefined ? undefined : endOf(network, far, farLink)
  const ends = b === undefined ? [a] : [a, b]
  const rates = network.rates(a.netns, link.ifindex)
  const [forward, backward] = [rates.txBytes * 8, rates.rxBytes * 8]
  const impaired = impairedOf(network, a, b)
  const isSaturated = isFull(forward, impaired.forward) || isFull(backward, impaired.backward)
  const carries = stateOf(link, b?.link)
  return {
    key: `${a.netns}/${a.ifname}`,
    a,
    ...(b !== undefined && { b }),
    state: carries !== 'up' ? carries : isSaturated ? 'saturated' : Object.keys(impaired).length > 0 ? 'impaired' : 'up',
    forward,
    backward,
    impaired,
    ...faultsOf(network, ends),
  }
}

function faultsOf(network: LiveNetwork, ends: readonly CableEnd[]): Pick<Cable, 'faultRate' | 'faults'> {
  const sum = { faultRate: 0, faults: 0 }
  for (const { netns, link } of ends) {
    const rates = network.rates(netns, link.ifindex)
    sum.faultRate += rates.rxErrors + rates.txErrors + rates.rxDropped + rates.txDropped
    sum.faults += network.namespaces.get(netns)?.traffic.get(link.ifindex)?.faults ?? 0
  }
  return sum
}

function impairedOf(network: LiveNetwork, a: CableEnd, b: CableEnd | undefined): Cable['impaired'] {
  const [forward, backward] = [impairedAt(network, a), b === undefined ? undefined : impairedAt(network, b)]
  return { ...(forward !== undefined && { forward }), ...(backward !== undefined && { backward }) }
}

function isFull(bits: number, impaired: Impaired | undefined): boolean {
  return impaired?.rate !== undefined && bits >= SATURATED * impaired.rate
}

function endOf(network: LiveNetwork, { netns, ifname }: LinkEnd, link: LiveLink): CableEnd {
  return { netns, ifname, place: placeOf(network, { netns, ifname }), link }
}

/** The spanning tree passes nothing on there; not yet, or not at all. */
const BLOCKED: ReadonlySet<PortState> = new Set(['blocking', 'listening', 'learning'])

function stateOf(link: LiveLink, far: LiveLink | undefined): CableState {
  if (!link.up || far?.up === false) return 'down'
  if (!link.carrier || far?.carrier === false) return 'no carrier'
  if ([link, far].some((end) => end?.port !== undefined && BLOCKED.has(end.port))) return 'blocked'
  return far === undefined && link.kind === 'veth' ? 'loose' : 'up'
}

/** Both its ends. */
export function cableText({ a, b }: Pick<Cable, 'a' | 'b'>): string {
  return `${endText(a)} — ${b === undefined ? '?' : endText(b)}`
}

/** `h1:eth0`; of a bridge its name alone, since nobody gave its ports their names. */
export function endText({ netns, place, ifname }: CableEnd): string {
  return netns === FABRIC ? place : `${place}:${ifname}`
}
