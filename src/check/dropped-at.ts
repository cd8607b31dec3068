/** Why a node took a packet in, or sent it out, and nothing came of it. */
import type { RouteAnswer } from '../linux/flow/route-lookup.ts'
import { ruleText } from '../state/words.ts'
import { grown, isOwn, type Evidence } from './evidence.ts'
import { familyOf } from '../lab/answer.ts'
import type { IpSighting } from './follow.ts'
import { unreachedCauses, unswitchedCauses } from './link-causes.ts'
import { containsAddress, prefixOf } from '../unit/prefix.ts'
import { segmentsOf } from './segment.ts'
import { ruleCauses, ruleCounts } from './rule-causes.ts'

/** The causes at the node where the packet was seen last, the surest first. */
export async function droppedAt(evidence: Evidence, last: IpSighting, leg: 'there' | 'back'): Promise<string[]> {
  if (last.isOut) return [...ruleCauses(evidence, last.netns), ...(await wireCauses(evidence, last))]
  const [rules, tooLong] = [ruleCauses(evidence, last.netns), await lengthCauses(evidence, last)]
  if (rules.length + tooLong.length > 0) return [...tooLong, ...rules]
  const ways = [...(await forwardingCauses(evidence, last)), ...(await returnCauses(evidence, last, leg))]
  const counted = counterCauses(evidence, last, ways.length > 0)
  return [...counted, ...ways, ...nftCauses(evidence, last.netns, [...counted, ...ways])]
}

/** Rules of a node that gave the packet another destination, to which it did not come. */
export async function rewrittenCauses(evidence: Evidence, netns: string): Promise<string[]> {
  const found = ruleCounts(evidence, netns).flatMap(({ tool, chain, number, rule }) => {
    const to = DESTINATION.exec(rule)?.[1]
    return to === undefined
      ? []
      : [{ to, words: `${netns} gave it the destination ${to} by rule ${number} of chain ${chain}: ${tool} ${rule}` }]
  })
  const causes = await Promise.all(found.map(async ({ to, words }) => [words, ...(await unreachedCauses(evidence, netns, to))]))
  return causes.flat()
}

/** iptables: `--to-destination 10.0.0.2:80`; nft: `dnat to 10.0.0.2:80`, `dnat ip to …`. */
const DESTINATION = /(?:--to-destination |\bdnat (?:ip6? )?to )\[?([\d.]+|[\da-f:]+)/

function counterCauses(evidence: Evidence, { netns, ifname, packet }: IpSighting, isWayKnown: boolean): string[] {
  const found: string[] = []
  if (grown(evidence, netns, 'TcpExt.IPReversePathFilter') > 0)
    found.push(
      `${netns} dropped it by its reverse path filter: the packet from ${packet.src} came in by ${ifname}, but ${netns} would send an answer to ${packet.src} ` +
        `by another interface (asymmetric path). rp_filter (the larger of net.ipv4.conf.all and net.ipv4.conf.${ifname}) is 1: set it to 2 or 0, or make both ways the same.`,
    )
  if (grown(evidence, netns, 'Icmp.OutTimeExcds', 'Icmp6OutTimeExcds') > 0) {
    const changing = ruleCounts(evidence, netns).filter(({ rule }) => / -j (?:TTL|HL) |\b(?:ip ttl|ip6 hoplimit) set\b/.test(rule))
    const words = packet.ttl <= 1 ? '' : `, though it came with ${packet.ttl}`
    found.push(
      `Its TTL ran out at ${netns}${words}.`,
      ...changing.map(({ rule, tool }) => `${netns} sets the TTL by a rule: ${tool} ${rule}`),
    )
  }
  if (grown(evidence, netns, 'Ip.FragFails', 'Ip6FragFails', 'Ip6InTooBigErrors') > 0)
    found.push(`${netns} could not pass on ${packet.length} bytes: the next link takes less, and the packet may not be fragmented.`)
  if (!isWayKnown && grown(evidence, netns, 'IpExt.InNoRoutes', 'Ip.OutNoRoutes', 'Ip6InNoRoutes', 'Ip6OutNoRoutes') > 0)
    found.push(`${netns} has no route for it.`)
  if (grown(evidence, netns, 'Ip.InAddrErrors', 'Ip6InAddrErrors') > 0 && packet.src.startsWith('127.'))
    found.push(`${netns} takes no packet from ${packet.src}.`)
  return found
}

/** What the kernel says of a source address that its reverse path filter refuses: fib_validate_source(). */
const RP_FILTERED = 'EXDEV'

/** Types of routes that refuse, by the errno that the kernel gives of them. */
const REFUSING: Readonly<Record<string, string>> = { EINVAL: 'blackhole', EHOSTUNREACH: 'unreachable', EACCES: 'prohibit' }

/** It is to go on, and is longer than the next link takes. */
async function lengthCauses({ session, network }: Evidence, { netns, packet }: IpSighting): Promise<string[]> {
  const [way] = await session.engine.lookup([{ from: netns, to: packet.dst }])
  const mtu = network.namespaces.get(netns)?.links.get(way?.dev ?? '')?.mtu
  if (way === undefined || way.isLocal === true || mtu === undefined || packet.length <= mtu || !packet.df) return []
  const tooBig = familyOf(packet.dst) === 6 ? 'ICMPv6 "packet too big"' : 'ICMP "fragmentation needed"'
  return [
    `${netns} would send it on by ${way.dev}, whose MTU is ${mtu}: a packet of ${packet.length} bytes that may not be fragmented does not fit, and the sender must be told (${tooBig}).`,
  ]
}

/** nftables tells nothing of rules without `counter`. */
export function nftCauses({ session }: Evidence, netns: string, others: readonly string[]): string[] {
  if (others.length > 0 || session.desired.namespaces.get(netns)?.rulesets.has('nftables') !== true) return []
  return [
    `${netns} dropped or rejected it, most likely by its nftables ruleset. Rules and policies without "counter" do not tell: add it to see which.`,
  ]
}

/** The packet is for somebody else: does the node pass it on, and which way? */
async function forwardingCauses(evidence: Evidence, sighting: IpSighting): Promise<string[]> {
  const { netns, ifname, packet } = sighting
  const { engine } = evidence.session
  const [way, onWay] = await engine.lookup([
    { from: netns, to: packet.dst },
    { from: netns, to: packet.dst, src: packet.src, iif: ifname },
  ])
  if (way === undefined || way.isLocal === true) return []
  const name = familyOf(packet.dst) === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  const { network } = await engine.observe(new Map([[netns, { sysctls: [name], files: [] }]]))
  if (network.namespaces.get(netns)?.sysctls.get(name)?.value === '0')
    return [
      `${netns} does not pass packets on: ${name} is 0. A router wants forwarding: true.${otherRouters(evidence.network, netns, ifname)}`,
    ]
  const words = way.code === undefined ? misledWords(evidence, sighting, way, onWay?.code) : waylessWords(evidence, sighting, way.code)
  return words === undefined ? [] : [words]
}

function waylessWords({ network }: Evidence, { netns, packet }: IpSighting, code: string): string {
  const { routes, addrs, links } = network.namespaces.get(netns)!
  if (code !== 'ENETUNREACH') return `${netns} has a route to ${packet.dst} of type ${REFUSING[code] ?? code}, which drops or refuses it.`
  const down = [...addrs.values()].find(
    ({ ifname, local, prefixlen }) => links.get(ifname)?.up === false && containsAddress(prefixOf(local, prefixlen), packet.dst),
  )
  const lost = down === undefined ? '' : ` Its ${down.ifname}, which has ${down.local}/${down.prefixlen}, is down.`
  return `${netns} has no route to ${packet.dst}.${lost} It has: ${routesOf(routes.values())}`
}

/** There is a way, but not for this packet, or back to where it came from. */
function misledWords({ network }: Evidence, { netns, ifname, packet }: IpSighting, way: RouteAnswer, refusal?: string): string | undefined {
  if (isOwn(network, netns, packet.src)) return `${netns} takes no packet from its own address ${packet.src}.`
  if (refusal !== undefined && refusal !== RP_FILTERED) {
    const rules = [...network.namespaces.get(netns)!.rules.values()].map(ruleText).join(', ')
    const what = refusal === 'ENETUNREACH' ? 'no route' : `a route of type ${REFUSING[refusal] ?? refusal}`
    return `${netns} has a route to ${packet.dst}, but for packets from ${packet.src} that come in by ${ifname} its policy rules find ${what}: ${rules}`
  }
  return way.dev === ifname && way.via !== undefined ? `${netns} would send it back by ${ifname}, to ${way.via}.` : undefined
}

/** Where the packet should have gone instead, perhaps. */
function otherRouters(lab: Evidence['network'], netns: string, ifname: string): string {
  const link = segmentsOf(lab).find((segment) => segment.some(({ netns: node, addr }) => node === netns && addr.ifname === ifname)) ?? []
  const routers = link
    .filter(({ netns: node }) => node !== netns && isRouter(lab, node))
    .map(({ netns: node, addr }) => `${node} (${addr.local})`)
  return routers.length === 0 ? '' : ` Or is the gateway wrong? On the same link there is ${[...new Set(routers)].join(', ')}.`
}

/** It has cables to several links. */
function isRouter({ namespaces }: Evidence['network'], node: string): boolean {
  return new Set([...(namespaces.get(node)?.addrs.values() ?? [])].flatMap(({ ifname }) => (ifname === 'lo' ? [] : [ifname]))).size > 1
}

/** The packet is for this node: has it a way back to who sent it? */
async function returnCauses(evidence: Evidence, { netns, packet }: IpSighting, leg: 'there' | 'back'): Promise<string[]> {
  const { session, network, flow } = evidence
  if (leg === 'back') return []
  const [own, way] = await session.engine.lookup([
    { from: netns, to: packet.dst },
    { from: netns, to: packet.src },
  ])
  if (own?.isLocal !== true) return []
  if (way?.code !== undefined)
    return [
      `${netns} has no way back: no route to ${session.nameOf(packet.src)} (${way.code}). It has: ${routesOf(network.namespaces.get(netns)?.routes.values())}`,
    ]
  const unreached = await unreachedCauses(evidence, netns, packet.src)
  if (unreached.length > 0) return unreached
  return flow.kind === 'tcp' || flow.kind === 'udp' ? [`Nothing on ${netns} answered on ${flow.kind} port ${packet.dport}.`] : []
}

function routesOf(
  routes: Iterable<{ readonly dst: string; readonly nexthops: readonly { readonly via?: string; readonly dev: string }[] }> = [],
): string {
  const words = [...routes].map(({ dst, nexthops }) =>
    `${dst} ${nexthops.map(({ via, dev }) => (via === undefined ? `dev ${dev}` : `via ${via}`)).join(' ')}`.trim(),
  )
  const shown = words.slice(0, 6)
  return words.length === 0
    ? 'no routes but those of its own subnets.'
    : `${shown.join(', ')}${words.length > shown.length ? ` and ${words.length - shown.length} more` : ''}, and those of its own subnets.`
}

/** It left by an interface, and nobody saw it come in. */
async function wireCauses(evidence: Evidence, { netns, ifname, packet }: IpSighting): Promise<string[]> {
  const { network } = evidence
  const link = network.namespaces.get(netns)?.links.get(ifname)
  if (link?.kind !== 'veth') return []
  const { peer } = link
  const other = network.namespaces.get(peer.netns)?.links.get(peer.ifname)
  if (other === undefined) return []
  const found: string[] = []
  if (!other.up) found.push(`The other end of the cable, ${peer.netns}:${peer.ifname}, is down.`)
  const smallest = [other, ...bridgePorts(network, peer.netns, other.master)].reduce((least, { mtu }) => Math.min(least, mtu), link.mtu)
  if (packet.length > smallest)
    found.push(
      `The packet has ${packet.length} bytes, and ${netns}:${ifname} lets ${link.mtu} out, but the link behind takes ${smallest}: larger frames are dropped there without a word (MTU black hole). ` +
        'All interfaces of a link must have one MTU.',
    )
  return found.length > 0 ? found : unswitchedCauses(evidence, netns, packet)
}

function bridgePorts({ namespaces }: Evidence['network'], netns: string, master: string | undefined): { readonly mtu: number }[] {
  if (master === undefined) return []
  const ports = [...(namespaces.get(netns)?.links.values() ?? [])].filter((link) => link.master === master)
  const ends = ports.flatMap((port) => (port.kind === 'veth' ? (namespaces.get(port.peer.netns)?.links.get(port.peer.ifname) ?? []) : []))
  return [...ports, ...ends]
}
