/** Which switch on the way between two interfaces of one link did not pass a frame on, and why: taps on its ports saw where it came in. */
import type { Sighting } from '../linux/flow/capture.ts'
import type { Packet } from '../linux/flow/packet.ts'
import type { LinkEnd, LinkState, NetworkState } from '../state/network.ts'

/** A port of a bridge, and what is at the other end of its cable. */
interface Port extends LinkEnd {
  readonly link: LinkState
  readonly bridge: string
  readonly far?: LinkEnd
}

export interface SwitchedFrame {
  readonly from: LinkEnd
  readonly to: LinkEnd
  readonly isFrame: (packet: Packet) => boolean
  /** Option of a port without which it lets no such frame out, unless the bridge knows that the receiver is there. */
  readonly flag?: 'flood' | 'mcast_flood'
}

/** Whether cables and bridges lead from one interface to the other, whatever they do with frames; a VLAN's interface is where its parent is. */
export function isJoined(network: NetworkState, from: LinkEnd, to: LinkEnd): boolean {
  const ports = portsOf(network)
  const [a, b] = [wireOf(network, from), wireOf(network, to)]
  const [first, final] = [portAt(ports, a), portAt(ports, b)]
  if (first === undefined || final === undefined) return isSame(peerOf(network, a), b)
  return distancesTo(final, ports).has(bridgeKey(first))
}

/** Empty where all switches between them passed it on. */
export function switchCauses(network: NetworkState, sightings: readonly Sighting[], { from, to, isFrame, flag }: SwitchedFrame): string[] {
  const ports = portsOf(network)
  const [sender, receiver] = [wireOf(network, from), wireOf(network, to)]
  const [first, final] = [portAt(ports, sender), portAt(ports, receiver)]
  if (first === undefined || final === undefined) return arrivalCauses(from, to, sender.tag, receiver.tag)
  const frames = sightings.filter(({ isPort, packet }) => isPort === true && isFrame(packet))
  const cameIn = ports.filter((port) => frames.some((frame) => !frame.isOut && isSame(frame, port)))
  if (cameIn.length === 0) return [`It did not come in at ${portWords(network, first)}.${stateWords(first)}`]
  const distances = distancesTo(final, ports)
  const nearest = cameIn.toSorted((a, b) => (distances.get(bridgeKey(a)) ?? Infinity) - (distances.get(bridgeKey(b)) ?? Infinity))[0]!
  const next =
    bridgeKey(nearest) === bridgeKey(final)
      ? final
      : ports.find((port) => bridgeKey(port) === bridgeKey(nearest) && isNearer(port, ports, distances))
  if (next === undefined) return [] // the cables do not lead there at all
  const vlan = isVlanAware(network, first) ? (sender.tag ?? pvidOf(first)) : sender.tag
  if (frames.some((frame) => frame.isOut && isSame(frame, next))) {
    const isUntagged = vlan === undefined || (isVlanAware(network, next) && next.link.port?.vlans.get(vlan)?.includes('untagged') === true)
    return arrivalCauses(from, to, isUntagged ? undefined : vlan, receiver.tag)
  }
  return [
    `${bridgeName(network, next)} took it in at ${portWords(network, nearest)}, and did not send it out at ${portWords(network, next)}${whyNot(network, nearest, next, { vlan, flag })}`,
  ]
}

/** The frame came to the receiver's wire with a tag that its interface does not take. */
function arrivalCauses(from: LinkEnd, to: LinkEnd, tag: number | undefined, taken: number | undefined): string[] {
  if (tag === taken) return []
  const words = (vlan: number | undefined): string => (vlan === undefined ? 'without a VLAN tag' : `with the tag of VLAN ${vlan}`)
  return [`What ${from.netns}:${from.ifname} sends comes to ${to.netns} ${words(tag)}, and ${to.ifname} takes frames ${words(taken)}.`]
}

/** The interface that frames leave by, and the VLAN tag that they have then: the outermost. */
function wireOf({ namespaces }: NetworkState, { netns, ifname }: LinkEnd): LinkEnd & { readonly tag?: number } {
  let wire: LinkEnd & { readonly tag?: number } = { netns, ifname }
  for (let link = namespaces.get(netns)?.links.get(ifname); link?.kind === 'vlan' && link.parent !== undefined;) {
    wire = { netns, ifname: link.parent, tag: Number(link.options['id']) }
    link = namespaces.get(netns)?.links.get(link.parent)
  }
  return wire
}

function peerOf({ namespaces }: NetworkState, { netns, ifname }: LinkEnd): LinkEnd | undefined {
  const link = namespaces.get(netns)?.links.get(ifname)
  return link?.kind === 'veth' ? link.peer : undefined
}

/** The port at the other end of an interface's cable. */
function portAt(ports: readonly Port[], end: LinkEnd): Port | undefined {
  return ports.find(({ far }) => isSame(far, end))
}

function portsOf({ namespaces }: NetworkState): Port[] {
  return [...namespaces].flatMap(([netns, { links }]) =>
    [...links].flatMap(([ifname, link]): Port[] =>
      link.master === undefined || links.get(link.master)?.kind !== 'bridge'
        ? []
        : [{ netns, ifname, link, bridge: link.master, ...(link.kind === 'veth' && { far: link.peer }) }],
    ),
  )
}

function isSame(a: { netns: string; ifname: string } | undefined, b: { netns: string; ifname: string }): boolean {
  return a?.netns === b.netns && a.ifname === b.ifname
}

function bridgeKey({ netns, bridge }: Port): string {
  return `${netns} ${bridge}`
}

/** How many bridges are passed from each to the one that has `final`. */
function distancesTo(final: Port, ports: readonly Port[]): Map<string, number> {
  const distances = new Map([[bridgeKey(final), 0]])
  for (const [key, distance] of distances)
    for (const port of ports.filter((each) => bridgeKey(each) === key)) {
      const other = ports.find((each) => isSame(port.far, each))
      if (other !== undefined && !distances.has(bridgeKey(other))) distances.set(bridgeKey(other), distance + 1)
    }
  return distances
}

function isNearer(port: Port, ports: readonly Port[], distances: ReadonlyMap<string, number>): boolean {
  const other = ports.find((each) => isSame(port.far, each))
  return other !== undefined && (distances.get(bridgeKey(other)) ?? Infinity) < (distances.get(bridgeKey(port)) ?? Infinity)
}

/** What stops a frame between two ports of one bridge; br_forward.c, br_vlan.c. */
function whyNot(
  network: NetworkState,
  into: Port,
  out: Port,
  { vlan, flag }: { readonly vlan: number | undefined; readonly flag: SwitchedFrame['flag'] },
): string {
  const states = `${stateWords(into)}${stateWords(out)}`
  if (states !== '') return `:${states}`
  if (into.link.port?.options['isolated'] === true && out.link.port?.options['isolated'] === true)
    return ': both ports are isolated, and isolated ports see none of each other.'
  const words = isVlanAware(network, out) ? vlanWords(into, out, vlan) : undefined
  if (words !== undefined) return `: ${words}`
  if (flag !== undefined && out.link.port?.options[flag] === false) return `, where ${flag} is off.`
  return '. A filter of the bridge (nft, ebtables) or an entry of its forwarding table may be the cause.'
}

function vlanWords(into: Port, out: Port, vlan: number | undefined): string | undefined {
  if (vlan === undefined) return `an untagged frame is of no VLAN there: the port ${into.ifname} has no pvid.`
  const missing = [into, out].find(({ link }) => link.port?.vlans.has(vlan) !== true)
  if (missing === undefined) return undefined
  const taken = [...(missing.link.port?.vlans.keys() ?? [])]
  return `it is of VLAN ${vlan}, and the port ${missing.ifname} has ${taken.length === 0 ? 'no VLAN' : `VLAN ${taken.join(', ')}`} alone.`
}

function stateWords({ ifname, link }: Port): string {
  if (!link.up) return ` The port ${ifname} is down.`
  if (link.facts?.carrier === false) return ` The port ${ifname} has no carrier: the other end of its cable is down.`
  const state = link.facts?.portState
  return state === undefined || state === 'forwarding' ? '' : ` The spanning tree has the port ${ifname} in state ${state}.`
}

function isVlanAware({ namespaces }: NetworkState, { netns, bridge }: Port): boolean {
  const link = namespaces.get(netns)?.links.get(bridge)
  return link?.kind === 'bridge' && link.vlan !== undefined
}

function pvidOf({ link }: Port): number | undefined {
  return [...(link.port?.vlans ?? [])].find(([, words]) => words.includes('pvid'))?.[0]
}

function bridgeName({ namespaces }: NetworkState, { netns, bridge }: Port): string {
  return namespaces.get(netns)?.links.get(bridge)?.alias ?? bridge
}

/** `the port h1.eth0 (to h1:eth0)` */
function portWords(network: NetworkState, port: Port): string {
  const far = port.far === undefined ? '' : ` (to ${endWords(network, port.far)})`
  return `the port ${port.ifname}${far}`
}

/** At a bridge of the fabric, the bridge. */
function endWords({ namespaces }: NetworkState, { netns, ifname }: LinkEnd): string {
  const { kind, links } = namespaces.get(netns) ?? {}
  const master = links?.get(ifname)?.master
  if (kind === 'node' || master === undefined) return `${netns}:${ifname}`
  return links?.get(master)?.alias ?? master
}
