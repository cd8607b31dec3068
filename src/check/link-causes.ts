/** Causes on the link itself: nobody answers ARP, two do, or the sender knows no way out. */
import type { Sighting } from '../linux/flow/capture.ts'
import type { IpPacket, Packet } from '../linux/flow/packet.ts'
import { familyOf } from '../lab/answer.ts'
import type { LinkEnd, NetworkState, RouteState } from '../state/network.ts'
import { routeText } from '../state/words.ts'
import { isOwn, ownersOf, type Evidence } from './evidence.ts'
import type { IpSighting } from './follow.ts'
import { containsAddress, parsePrefix, prefixOf } from '../unit/prefix.ts'
import { macWords } from './neigh.ts'
import { ruleCauses, ruleCounts } from './rule-causes.ts'
import { silenceCauses } from './silent.ts'
import { isJoined, switchCauses } from './switched.ts'

/** The packet left its own node by no interface. */
export async function unsentCauses(evidence: Evidence, from: string, to: string): Promise<string[]> {
  const { session, network, answer } = evidence
  const [way] = await session.engine.lookup([{ from, to }])
  if (way?.code === 'ENETUNREACH')
    return [
      `${from} has no route to ${session.nameOf(to)}. Its addresses: ${addressesOf(network, from)}; a gateway, or a route, is missing.`,
    ]
  if (way?.code !== undefined) {
    const route = refusingRoute(network, from, to)
    return [`${route === undefined ? 'A route' : `The route \`${routeText(route)}\``} of ${from} refuses packets to ${to} (${way.code}).`]
  }
  const own = ownRules(evidence, from)
  if (own.length > 0 || (answer.outcome === 'error' && answer.code === 'EPERM')) return own
  return unanswered(evidence, from, way?.via ?? to, way?.dev ?? '', way?.via === undefined)
}

/** blackhole, unreachable, prohibit: the closest of them; which rule led to its table is not asked. */
function refusingRoute({ namespaces }: NetworkState, netns: string, to: string): RouteState | undefined {
  const refusing = [...(namespaces.get(netns)?.routes.values() ?? [])].flatMap((route) => {
    const prefix = ['blackhole', 'unreachable', 'prohibit'].includes(route.type) ? parsePrefix(route.dst) : undefined
    return prefix !== undefined && containsAddress(prefix, to) ? [{ route, prefix }] : []
  })
  return refusing.sort((one, other) => other.prefix.prefixlen - one.prefix.prefixlen)[0]?.route
}

function ownRules(evidence: Evidence, from: string): string[] {
  return ruleCounts(evidence, from)
    .filter(({ chain, rule }) => /OUTPUT/.test(chain) && /DROP|REJECT/.test(rule))
    .map(
      ({ chain, number, rule }) =>
        `${from} dropped it by ${number === undefined ? 'the policy' : `rule ${number}`} of its own chain ${chain.replace('filter ', '')}: ${rule}`,
    )
}

/** The packet was seen last at a node that should send it on: does somebody there answer for the next hop? */
export async function arpCauses(evidence: Evidence, { netns, ifname, isOut, packet }: IpSighting): Promise<string[]> {
  if (isOut) return [...peerlessCauses(evidence, { netns, ifname }, packet.dst), ...(await staleCauses(evidence, netns, packet.dst))]
  return unreachedCauses(evidence, netns, packet.dst)
}

/** A node sends to the address: does whoever is next on the way answer for it? */
export async function unreachedCauses(evidence: Evidence, netns: string, to: string): Promise<string[]> {
  const [way] = await evidence.session.engine.lookup([{ from: netns, to }])
  if (way === undefined || way.code !== undefined || way.isLocal === true) return []
  return unanswered(evidence, netns, way.via ?? to, way.dev ?? '', way.via === undefined)
}

async function unanswered(evidence: Evidence, from: string, nexthop: string, dev: string, isDirect: boolean): Promise<string[]> {
  const { session, network } = evidence
  const { neighs } = (await session.engine.facts([from])).get(from)!
  const entry = neighs.find(({ dst, ifname }) => dst === nexthop && ifname === dev)
  if (entry?.state === 'known' || entry?.state === 'permanent') return []
  const { answers, sightings } = await session.followed([{ kind: 'neigh', from, to: nexthop, timeoutMs: 500 }], true)
  // Nor does it say anything where nobody can be asked: on a tunnel.
  if (answers[0]?.outcome !== 'silent') return []
  const protocol = nexthop.includes(':') ? 'neighbour discovery' : 'ARP'
  const asks = `${from} asks on ${dev} by ${protocol} who has ${nexthop}, and nobody answers:`
  const beside = neighbourOn(network, { netns: from, ifname: dev }, nexthop)
  if (beside === undefined) return [`${asks} ${whereIs(network, from, dev, nexthop, isDirect)}`]
  const causes = [
    ...askedCauses(evidence, sightings, { netns: from, ifname: dev }, beside, nexthop),
    ...(await silenceCauses(session, beside.netns, beside.ifname, 'neighbour', familyOf(nexthop))),
    ...ruleCauses(evidence, beside.netns),
  ]
  return [`${asks} ${beside.netns} has it on ${beside.ifname}, which is on the same link.`, ...causes]
}

/** Where the question got lost, or the answer to it. */
function askedCauses({ network }: Evidence, sightings: readonly Sighting[], from: LinkEnd, to: LinkEnd, address: string): string[] {
  const flag = address.includes(':') ? { flag: 'mcast_flood' as const } : {}
  const isQuestion = (packet: Packet): boolean =>
    packet.kind === 'arp'
      ? !packet.isReply && packet.target === address
      : packet.icmp?.type === ND_SOLICIT && isOwn(network, from.netns, packet.src)
  const lost = switchCauses(network, sightings, { from, to, isFrame: isQuestion, ...flag })
  if (lost.length > 0) return lost
  const isAnswer = (packet: Packet): boolean =>
    packet.kind === 'arp' ? packet.isReply && packet.sender === address : packet.icmp?.type === ND_ADVERT && packet.src === address
  if (!sightings.some(({ isPort, packet }) => isPort === true && isAnswer(packet))) return []
  return switchCauses(network, sightings, { from: to, to: from, isFrame: isAnswer, flag: 'flood' })
}

const [ND_SOLICIT, ND_ADVERT] = [135, 136] // RFC 4861

/** A packet left a node for the next on its way, who is on the same link: which switch did not pass it on? */
export async function unswitchedCauses({ session, network, sightings }: Evidence, netns: string, packet: IpPacket): Promise<string[]> {
  const [way] = await session.engine.lookup([{ from: netns, to: packet.dst }])
  const from = { netns, ifname: way?.dev ?? '' }
  const to = neighbourOn(network, from, way?.via ?? packet.dst)
  if (to === undefined) return []
  const isFrame = (frame: Packet): boolean =>
    frame.kind === 'ip' &&
    frame.src === packet.src &&
    frame.dst === packet.dst &&
    frame.ttl === packet.ttl &&
    frame.length === packet.length
  return switchCauses(network, sightings, { from, to, isFrame, flag: 'flood' })
}

/** A WireGuard link has taken the packet, and knows no peer to encrypt it for (wg_xmit: ENOKEY). */
function peerlessCauses({ network }: Evidence, { netns, ifname }: LinkEnd, to: string): string[] {
  const link = network.namespaces.get(netns)?.links.get(ifname)
  if (link?.kind !== 'wireguard') return []
  const allowed = [...(link.wireguard?.peers.values() ?? [])].flatMap(({ allowedIps }) => allowedIps)
  if (allowed.some((text) => containsAddress(parsePrefix(text)!, to))) return []
  return [`${netns} dropped it at ${ifname}: no peer there has ${to} among its allowed_ips, which are ${allowed.join(', ') || 'none'}.`]
}

/** Who has the address on the link of an interface, and is up. */
function neighbourOn(network: NetworkState, end: LinkEnd, address: string): LinkEnd | undefined {
  for (const [netns, { addrs, links }] of network.namespaces)
    for (const { local, ifname } of addrs.values())
      if (local === address && links.get(ifname)?.up === true && isJoined(network, end, { netns, ifname })) return { netns, ifname }
  return undefined
}

/** The sender takes the address for one of its own subnet. */
function wideMask({ namespaces }: NetworkState, from: string, dev: string, address: string): string {
  const { addrs } = namespaces.get(from)!
  const own = [...addrs.values()].find(
    ({ ifname, local, prefixlen }) => ifname === dev && containsAddress(prefixOf(local, prefixlen), address),
  )
  if (own === undefined) return ''
  return ` ${from} asks there because ${address} lies in the network of its own address ${own.local}/${own.prefixlen}: if it is behind a router, the prefix length is wrong.`
}

/** Where the address is, if not here. */
function whereIs(network: NetworkState, from: string, dev: string, address: string, isDirect: boolean): string {
  const [owner] = ownersOf(network, address)
  if (owner === undefined) return 'no node has this address.'
  const addr = [...network.namespaces.get(owner)!.addrs.values()].find(({ local }) => local === address)!
  const link = network.namespaces.get(owner)!.links.get(addr.ifname)
  if (link?.up === false) return `${owner} has it, but its ${addr.ifname} is down.`
  return `${owner} has it on ${addr.ifname}, which is not on the link of ${from}:${dev}, or is cut off.${isDirect ? wideMask(network, from, dev, address) : ''}`
}

/** The packet left, to a MAC address: whose is it? */
async function staleCauses({ session }: Evidence, from: string, to: string): Promise<string[]> {
  const [way] = await session.engine.lookup([{ from, to }])
  const nexthop = way?.via ?? to
  const { neighs } = (await session.engine.facts([from])).get(from)!
  const entry = neighs.find(({ dst }) => dst === nexthop)
  const [answer] = await session.flows([{ kind: 'neigh', from, to: nexthop, timeoutMs: 500 }])
  const macs = answer?.outcome === 'neighbours' ? answer.macs : []
  if (macs.length > 1)
    return [
      `${nexthop} is taken twice: ${macs.map((mac) => macWords(session, mac)).join(' and ')} both answer ARP for it (address conflict).`,
    ]
  if (entry?.lladdr === undefined || macs.length === 0 || macs.includes(entry.lladdr)) return []
  return [
    `${from} sends to ${nexthop} at ${entry.lladdr} (${entry.state}), but ${macs.map((mac) => macWords(session, mac)).join()} has it.`,
  ]
}

function addressesOf({ namespaces }: NetworkState, node: string): string {
  return [...(namespaces.get(node)?.addrs.values() ?? [])].map(({ local, prefixlen }) => `${local}/${prefixlen}`).join(', ') || 'none'
}
