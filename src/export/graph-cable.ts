// Cables of a picture: both ends with their addresses, what happens on the way, and how they stand.
import { withDistributions } from '../plan/working.ts'
import { impairmentTexts } from '../state/impairment-text.ts'
import { impairmentOf } from '../state/impairment.ts'
import type { LinkEnd, NamespaceState, PortVlan, VethLink } from '../state/network.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import { qdiscDifferences } from '../state/qdisc-equal.ts'
import { isLinkLocal6 } from '../unit/address.ts'
import { formatPrefix, prefixOf } from '../unit/prefix.ts'
import { shownName, STATES, type DrawnNetwork, type State } from './drawn-network.ts'

export interface GraphEnd extends LinkEnd {
  /** Name of the node, or of the bridge whose port it is. */
  readonly node: string
  /** Administrative state. */
  readonly isUp: boolean
  /** What stands at it: its name where people gave it one, addresses, VLANs of a port. */
  readonly words: readonly string[]
}

export interface GraphCable {
  readonly key: string
  readonly a: GraphEnd
  readonly b: GraphEnd
  readonly state: State
  /** Subnets that both ends are in. */
  readonly subnets: readonly string[]
  /** What the link does to packets, what it is, and what is wrong with it. */
  readonly words: readonly string[]
  /** An end is in a bond, or carries several VLANs: drawn as more than a plain cable. */
  readonly isTrunk: boolean
}

const USUAL_MTU = 1500
/** More addresses than these are counted. */
const MOST_ADDRESSES = 4

/** All cables, those of the file first, each once. */
export function cablesOf(network: DrawnNetwork): GraphCable[] {
  const cables = new Map<string, GraphCable>()
  const states = [network.desired, ...(network.observed === undefined ? [] : [network.observed])]
  for (const { namespaces } of states)
    for (const [netns, { links }] of namespaces)
      for (const [ifname, link] of links) {
        if (link.kind !== 'veth' || !namespaces.has(link.peer.netns)) continue
        const ends = nodeFirst(network, { netns, ifname }, link.peer)
        const key = ends.map(endKey).sort().join(' ')
        if (!cables.has(key)) cables.set(key, cableOf(network, key, ends))
      }
  return [...cables.values()]
}

function endKey({ netns, ifname }: LinkEnd): string {
  return `${netns}/${ifname}`
}

/** Ports of bridges come second: the interface of a node is what people know. */
function nodeFirst(network: DrawnNetwork, a: LinkEnd, b: LinkEnd): readonly [LinkEnd, LinkEnd] {
  return network.namespaceAt(a.netns)?.kind !== 'node' && network.namespaceAt(b.netns)?.kind === 'node' ? [b, a] : [a, b]
}

function cableOf(network: DrawnNetwork, key: string, [first, second]: readonly [LinkEnd, LinkEnd]): GraphCable {
  const [a, b] = [endOf(network, first), endOf(network, second)]
  const there = impairmentsOf(network, first, second, 'there')
  const wanted = impairmentsOf(network, first, second, 'wanted')
  const isChanged = network.observed !== undefined && there.differs
  const state = stateOf(network, first, second, isChanged)
  const vlans = [...portVlans(network, first), ...portVlans(network, second)]
  return {
    key,
    a,
    b,
    state,
    subnets: sharedSubnets(network, first, second),
    words: [
      ...(a.node === b.node ? ['loop'] : []),
      ...(STATE_WORDS[state] ?? []),
      ...there.words,
      ...(isChanged ? [`in the file: ${wanted.words.map((word) => word.trim()).join(', ') || 'nothing'}`] : []),
      ...mtuWords(network, first, second),
    ],
    isTrunk: [first, second].some((end) => bondOf(network, end) !== undefined) || vlans.some(([, how]) => !how.includes('untagged')),
  }
}

const STATE_WORDS: Readonly<Partial<Record<State, readonly string[]>>> = {
  'no carrier': ['no carrier'],
  down: ['down'],
  missing: ['not there'],
  extra: ['not in the file'],
}

function vethAt(network: DrawnNetwork, { netns, ifname }: LinkEnd): VethLink | undefined {
  const link = network
    .versionsOf(netns)
    .map(({ links }) => links.get(ifname))
    .find((found) => found !== undefined)
  return link?.kind === 'veth' ? link : undefined
}

function endOf(network: DrawnNetwork, end: LinkEnd): GraphEnd {
  const { netns, ifname } = end
  const namespace = network.namespaceAt(netns)
  const isNode = namespace?.kind === 'node'
  const bond = bondOf(network, end)
  const vlans = vlanWords(portVlans(network, end))
  const isIsolated = vethAt(network, end)?.port?.options['isolated'] === true
  const words = isNode ? [bond === undefined ? ifname : `${ifname} in ${bond}`, ...addressWords(namespace, ifname)] : []
  return {
    ...end,
    node: network.placeOf(end),
    isUp: vethAt(network, end)?.up === true,
    words: [...words, ...vlans, ...(isIsolated ? ['isolated'] : [])],
  }
}

/** Addresses of an interface as a picture has them: without those that the kernel gives each. */
export function addressesOf(namespace: NamespaceState | undefined, ifname: string): string[] {
  const addrs = [...(namespace?.addrs.values() ?? [])].filter((addr) => addr.ifname === ifname)
  return addrs.filter(({ local }) => !isLinkLocal6(local) && !isLoopback(local)).map(({ local, prefixlen }) => `${local}/${prefixlen}`)
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** The same, the last of many counted. */
export function addressWords(namespace: NamespaceState | undefined, ifname: string): string[] {
  const all = addressesOf(namespace, ifname)
  return all.length <= MOST_ADDRESSES ? all : [...all.slice(0, MOST_ADDRESSES), `and ${all.length - MOST_ADDRESSES} more`]
}

function bondOf(network: DrawnNetwork, { netns, ifname }: LinkEnd): string | undefined {
  const links = network.namespaceAt(netns)?.links
  const master = links?.get(ifname)?.master
  return master !== undefined && links?.get(master)?.kind === 'bond' ? master : undefined
}

function portVlans(network: DrawnNetwork, end: LinkEnd): readonly (readonly [number, PortVlan])[] {
  return [...(vethAt(network, end)?.port?.vlans ?? [])]
}

/** `vlan 10`, `vlans 10, 20 tagged` */
function vlanWords(vlans: readonly (readonly [number, PortVlan])[]): string[] {
  const untagged = vlans.filter(([, how]) => how.includes('untagged')).map(([id]) => id)
  const tagged = vlans.filter(([, how]) => !how.includes('untagged')).map(([id]) => id)
  const words = (ids: readonly number[]): string =>
    `${ids.length === 1 ? 'vlan' : 'vlans'} ${ids.slice(0, 5).join(' ')}${ids.length > 5 ? ' …' : ''}`
  return [...(untagged.length > 0 ? [words(untagged)] : []), ...(tagged.length > 0 ? [`${words(tagged)} tagged`] : [])]
}

function sharedSubnets(network: DrawnNetwork, a: LinkEnd, b: LinkEnd): string[] {
  const others = new Set(subnetsAt(network, b))
  return [...new Set(subnetsAt(network, a))].filter((subnet) => others.has(subnet))
}

function subnetsAt(network: DrawnNetwork, { netns, ifname }: LinkEnd): string[] {
  return addressesOf(network.namespaceAt(netns), ifname).map(subnetOf)
}

/** `10.0.0.0/24` for 10.0.0.1/24. */
export function subnetOf(address: string): string {
  const [local = '', length] = address.split('/')
  return formatPrefix(prefixOf(local, Number(length)))
}

function mtuWords(network: DrawnNetwork, a: LinkEnd, b: LinkEnd): string[] {
  const [one, other] = [vethAt(network, a)?.mtu ?? USUAL_MTU, vethAt(network, b)?.mtu ?? USUAL_MTU]
  if (one === other) return one === USUAL_MTU ? [] : [`mtu ${one}`]
  return [`mtu ${one} and ${other}`]
}

interface Impairments {
  /** `rate 10mbit`; with the name of the sender where the directions differ. */
  readonly words: readonly string[]
  /** Whether it is other than the file has it. */
  readonly differs: boolean
}

function impairmentsOf(network: DrawnNetwork, a: LinkEnd, b: LinkEnd, which: 'there' | 'wanted'): Impairments {
  const [forward, backward] = [impairmentAt(network, a, which), impairmentAt(network, b, which)]
  const differs = [a, b].some((end) => isChanged(network, end))
  if (forward.join() === backward.join()) return { words: forward, differs }
  const from = (end: LinkEnd, [first, ...rest]: readonly string[]): string[] =>
    first === undefined ? [] : [`from ${shownName(network.placeOf(end))}: ${first}`, ...rest.map((word) => `  ${word}`)]
  return { words: [...from(a, forward), ...from(b, backward)], differs }
}

function impairmentAt(network: DrawnNetwork, { netns, ifname }: LinkEnd, which: 'there' | 'wanted'): string[] {
  const namespace = which === 'wanted' ? network.desired.namespaces.get(netns) : network.namespaceAt(netns)
  const link = namespace?.links.get(ifname)
  const asked = network.desired.namespaces.get(netns)?.qdiscs
  const chain = namespace === undefined ? undefined : withDistributions(namespace.qdiscs, asked).get(ifname)
  const impairment = impairmentOf(chain, link?.mtu ?? USUAL_MTU)
  if (impairment === undefined) return ['changed by another program']
  return Object.entries(impairmentTexts(impairment)).map(([key, text]) => `${key} ${text}`)
}

function isChanged(network: DrawnNetwork, { netns, ifname }: LinkEnd): boolean {
  const there = network.observed?.namespaces.get(netns)
  // A cable that is not there, or not in the file, differs by more than by what it does.
  if (there?.links.has(ifname) !== true || network.desired.namespaces.get(netns)?.links.has(ifname) !== true) return false
  return !isSameChain(network.desired.namespaces.get(netns)?.qdiscs.get(ifname), there.qdiscs.get(ifname))
}

function isSameChain(one: QdiscChain | undefined, other: QdiscChain | undefined): boolean {
  const [wanted, found] = [one?.qdiscs ?? [], other?.qdiscs ?? []]
  return (
    wanted.length === found.length && wanted.every(({ options }, index) => qdiscDifferences(options, found[index]!.options).length === 0)
  )
}

/** The worst of both ends. */
function stateOf(network: DrawnNetwork, a: LinkEnd, b: LinkEnd, isImpairedOtherwise: boolean): State {
  if (network.observed === undefined) return 'plain'
  const states = [a, b].map((end) => endState(network, end))
  if (isImpairedOtherwise) states.push('changed')
  return states.reduce((worst, state) => (STATES.indexOf(state) > STATES.indexOf(worst) ? state : worst))
}

function endState(network: DrawnNetwork, { netns, ifname }: LinkEnd): State {
  const link = network.observed?.namespaces.get(netns)?.links.get(ifname)
  const asked = network.desired.namespaces.get(netns)?.links.get(ifname)
  if (link === undefined) return 'missing'
  if (!link.up) return 'down'
  if (link.facts?.carrier === false) return 'no carrier'
  return asked === undefined ? 'extra' : 'up'
}
