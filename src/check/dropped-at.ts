/** Why a node took a packet in, or sent it out, and nothing came of it. */
import { grown, type Evidence } from './evidence.ts'
import { familyOf } from '../lab/answer.ts'
import type { IpSighting } from './follow.ts'
import { segmentsOf } from './segment.ts'
import { grownSince, type RuleCount } from './rule-counters.ts'

/** The causes at the node where the packet was seen last, the surest first. */
export async function droppedAt(evidence: Evidence, last: IpSighting, leg: 'there' | 'back'): Promise<string[]> {
  if (last.isOut) return [...ruleCauses(evidence, last.netns), ...wireCauses(evidence, last)]
  const [rules, tooLong] = [ruleCauses(evidence, last.netns), await lengthCauses(evidence, last)]
  if (rules.length + tooLong.length > 0) return [...tooLong, ...rules]
  const ways = [...(await forwardingCauses(evidence, last)), ...(await returnCauses(evidence, last, leg))]
  const counted = counterCauses(evidence, last, ways.length > 0)
  return [...counted, ...ways, ...nftCauses(evidence, last, [...counted, ...ways])]
}

/** Rules that let a packet go on, or only change it, are not what stopped it. */
const STOPS = /-j (?:DROP|REJECT|TARPIT)|-P \S+ DROP|^(?!-)(?:.* )?(?:drop|reject)\b/

/** Rules of a node that have dropped or rejected it. */
export function ruleCauses(evidence: Evidence, node: string): string[] {
  const counts = grownSince(evidence.before.rules.get(node) ?? [], evidence.after.rules.get(node) ?? [])
  return counts.filter(({ rule }) => STOPS.test(rule)).map((count) => ruleWords(node, count))
}

/** `fw dropped it by rule 3 of filter FORWARD: -A FORWARD -s 10.0.1.0/24 -j DROP` */
function ruleWords(node: string, { tool, chain, number, rule }: RuleCount): string {
  const verb = /REJECT|reject/.test(rule) ? 'rejected' : 'dropped'
  const name = tool === 'nftables' ? chain : chain.replace('filter ', '')
  if (number === undefined) return `${node} ${verb} it by the policy of chain ${name}: no rule let it pass (${tool} ${rule}).`
  return `${node} ${verb} it by rule ${number} of chain ${name}: ${tool} ${rule}`
}

function counterCauses(evidence: Evidence, { netns, ifname, packet }: IpSighting, isWayKnown: boolean): string[] {
  const found: string[] = []
  if (grown(evidence, netns, 'TcpExt.IPReversePathFilter') > 0)
    found.push(
      `${netns} dropped it by its reverse path filter: the packet from ${packet.src} came in by ${ifname}, but ${netns} would send an answer to ${packet.src} ` +
        `by another interface (asymmetric path). rp_filter (the larger of net.ipv4.conf.all and net.ipv4.conf.${ifname}) is 1: set it to 2 or 0, or make both ways the same.`,
    )
  if (packet.ttl <= 1 && grown(evidence, netns, 'Icmp.OutTimeExcds', 'Icmp6OutTimeExcds') > 0) found.push(`Its TTL ran out at ${netns}.`)
  if (grown(evidence, netns, 'Ip.FragFails', 'Ip6FragFails', 'Ip6InTooBigErrors') > 0)
    found.push(`${netns} could not pass on ${packet.length} bytes: the next link takes less, and the packet may not be fragmented.`)
  if (!isWayKnown && grown(evidence, netns, 'IpExt.InNoRoutes', 'Ip.OutNoRoutes', 'Ip6InNoRoutes', 'Ip6OutNoRoutes') > 0)
    found.push(`${netns} has no route for it.`)
  if (grown(evidence, netns, 'Ip.InAddrErrors', 'Ip6InAddrErrors') > 0 && packet.src.startsWith('127.'))
    found.push(`${netns} takes no packet from ${packet.src}.`)
  return found
}

/** Types of routes that refuse, by the errno that the kernel gives of them. */
const REFUSING: Readonly<Record<string, string>> = { EINVAL: 'blackhole', EHOSTUNREACH: 'unreachable', EACCES: 'prohibit' }

/** It is to go on, and is longer than the next link takes. */
async function lengthCauses({ session, network }: Evidence, { netns, packet }: IpSighting): Promise<string[]> {
  const [way] = await session.engine.lookup([{ from: netns, to: packet.dst }])
  const mtu = network.namespaces.get(netns)?.links.get(way?.dev ?? '')?.mtu
  if (way === undefined || way.isLocal === true || mtu === undefined || packet.length <= mtu || !packet.df) return []
  return [
    `${netns} would send it on by ${way.dev}, whose MTU is ${mtu}: a packet of ${packet.length} bytes that may not be fragmented does not fit, and the sender must be told (ICMP "fragmentation needed").`,
  ]
}

/** nftables tells nothing of rules without `counter`. */
function nftCauses({ session }: Evidence, { netns }: IpSighting, others: readonly string[]): string[] {
  if (others.length > 0 || session.desired.namespaces.get(netns)?.rulesets.has('nftables') !== true) return []
  return [
    `${netns} dropped it, most likely by its nftables ruleset. Rules and policies without "counter" do not tell: add it to see which.`,
  ]
}

/** The packet is for somebody else: does the node pass it on, and which way? */
async function forwardingCauses({ session, network: lab }: Evidence, { netns, ifname, packet }: IpSighting): Promise<string[]> {
  const [way] = await session.engine.lookup([{ from: netns, to: packet.dst }])
  if (way === undefined || way.isLocal === true) return []
  const state = lab.namespaces.get(netns)
  const name = familyOf(packet.dst) === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  const { network } = await session.engine.observe(new Map([[netns, { sysctls: [name], files: [] }]]))
  const isForwarding = network.namespaces.get(netns)?.sysctls.get(name)?.value !== '0'
  if (!isForwarding)
    return [`${netns} does not pass packets on: ${name} is 0. A router wants forwarding: true.${otherRouters(lab, netns, ifname)}`]
  if (way.code === 'ENETUNREACH') return [`${netns} has no route to ${packet.dst}. It has: ${routesOf(state?.routes.values())}`]
  if (way.code !== undefined)
    return [`${netns} has a route to ${packet.dst} of type ${REFUSING[way.code] ?? way.code}, which drops or refuses it.`]
  if (way.dev === ifname && way.via !== undefined) return [`${netns} would send it back by ${ifname}, to ${way.via}.`]
  return []
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
async function returnCauses({ session, network, flow }: Evidence, { netns, packet }: IpSighting, leg: 'there' | 'back'): Promise<string[]> {
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
function wireCauses({ network }: Evidence, { netns, ifname, packet }: IpSighting): string[] {
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
  return found
}

function bridgePorts({ namespaces }: Evidence['network'], netns: string, master: string | undefined): { readonly mtu: number }[] {
  if (master === undefined) return []
  const ports = [...(namespaces.get(netns)?.links.values() ?? [])].filter((link) => link.master === master)
  const ends = ports.flatMap((port) => (port.kind === 'veth' ? (namespaces.get(port.peer.netns)?.links.get(port.peer.ifname) ?? []) : []))
  return [...ports, ...ends]
}
