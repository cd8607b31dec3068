/** Why a node took a packet in, or sent it out, and nothing came of it. */
import { grown, type Evidence } from './evidence.ts'
import { familyOf } from './answer.ts'
import type { IpSighting } from './follow.ts'
import { grownSince, type RuleCount } from './rule-counters.ts'

/** The causes at the node where the packet was seen last, the surest first. */
export async function droppedAt(evidence: Evidence, last: IpSighting, leg: 'there' | 'back'): Promise<string[]> {
  if (last.isOut) return [...ruleCauses(evidence, last.netns), ...wireCauses(evidence, last)]
  const rules = ruleCauses(evidence, last.netns)
  if (rules.length > 0) return rules
  const found = [
    ...counterCauses(evidence, last),
    ...(await forwardingCauses(evidence, last)),
    ...(await returnCauses(evidence, last, leg)),
  ]
  return found.length > 0 ? found : [`${last.netns} dropped it without counting it anywhere.`]
}

/** Rules that let a packet go on, or only change it, are not what stopped it. */
const STOPS = /-j (?:DROP|REJECT|TARPIT)|-P \S+ DROP|"drop"|"reject"/

function ruleCauses(evidence: Evidence, node: string): string[] {
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

function counterCauses(evidence: Evidence, { netns, ifname, packet }: IpSighting): string[] {
  const found: string[] = []
  if (grown(evidence, netns, 'TcpExt.IPReversePathFilter') > 0)
    found.push(
      `${netns} dropped it by its reverse path filter: the packet from ${packet.src} came in by ${ifname}, but ${netns} would send an answer to ${packet.src} ` +
        `by another interface (asymmetric path). net.ipv4.conf.${ifname}.rp_filter is 1: set rp_filter to 2 or 0 (all and ${ifname}), or make the paths the same.`,
    )
  if (packet.ttl <= 1 && grown(evidence, netns, 'Icmp.OutTimeExcds', 'Icmp6OutTimeExcds') > 0) found.push(`Its TTL ran out at ${netns}.`)
  if (grown(evidence, netns, 'Ip.FragFails', 'Ip6FragFails', 'Ip6InTooBigErrors') > 0)
    found.push(`${netns} could not pass on ${packet.length} bytes: the next link takes less, and the packet may not be fragmented.`)
  if (grown(evidence, netns, 'IpExt.InNoRoutes', 'Ip.OutNoRoutes', 'Ip6InNoRoutes', 'Ip6OutNoRoutes') > 0)
    found.push(`${netns} has no route for it.`)
  if (grown(evidence, netns, 'Ip.InAddrErrors', 'Ip6InAddrErrors') > 0 && packet.src.startsWith('127.'))
    found.push(`${netns} takes no packet from ${packet.src}.`)
  return found
}

/** The packet is for somebody else: does the node pass it on, and which way? */
async function forwardingCauses({ session }: Evidence, { netns, ifname, packet }: IpSighting): Promise<string[]> {
  const [way] = await session.engine.lookup([{ from: netns, to: packet.dst }])
  if (way === undefined || way.isLocal === true) return []
  const state = session.desired.namespaces.get(netns)
  const name = familyOf(packet.dst) === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'
  const { network } = await session.engine.observe(new Map([[netns, { sysctls: [name], files: [] }]]))
  const isForwarding = network.namespaces.get(netns)?.sysctls.get(name)?.value !== '0'
  if (!isForwarding) return [`${netns} does not pass packets on: ${name} is 0. A router wants forwarding: true.`]
  if (way.code === 'ENETUNREACH') return [`${netns} has no route to ${packet.dst}. It has: ${routesOf(state?.routes.values())}`]
  if (way.code !== undefined) return [`${netns} has a route to ${packet.dst} that refuses (${way.code}).`]
  if (way.dev === ifname && way.via !== undefined) return [`${netns} would send it back by ${ifname}, to ${way.via}.`]
  return []
}

/** The packet is for this node: has it a way back to who sent it? */
async function returnCauses({ session, flow }: Evidence, { netns, packet }: IpSighting, leg: 'there' | 'back'): Promise<string[]> {
  if (leg === 'back') return []
  const [own, way] = await session.engine.lookup([
    { from: netns, to: packet.dst },
    { from: netns, to: packet.src },
  ])
  if (own?.isLocal !== true) return []
  if (way?.code !== undefined)
    return [
      `${netns} has no way back: no route to ${session.nameOf(packet.src)} (${way.code}). It has: ${routesOf(session.desired.namespaces.get(netns)?.routes.values())}`,
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
function wireCauses({ session }: Evidence, { netns, ifname, packet }: IpSighting): string[] {
  const link = session.desired.namespaces.get(netns)?.links.get(ifname)
  if (link?.kind !== 'veth') return []
  const { peer } = link
  const other = session.desired.namespaces.get(peer.netns)?.links.get(peer.ifname)
  if (other === undefined) return []
  const found: string[] = []
  if (!other.up) found.push(`The other end of the cable, ${peer.netns}:${peer.ifname}, is down.`)
  const smallest = [other, ...bridgePorts(session, peer.netns, other.master)].reduce((least, { mtu }) => Math.min(least, mtu), link.mtu)
  if (packet.length > smallest)
    found.push(
      `The packet has ${packet.length} bytes, and ${netns}:${ifname} lets ${link.mtu} out, but the link behind takes ${smallest}: larger frames are dropped there without a word (MTU black hole). ` +
        'All interfaces of a link must have one MTU.',
    )
  return found
}

function bridgePorts({ desired }: Evidence['session'], netns: string, master: string | undefined): { readonly mtu: number }[] {
  if (master === undefined) return []
  const ports = [...(desired.namespaces.get(netns)?.links.values() ?? [])].filter((link) => link.master === master)
  const ends = ports.flatMap((port) =>
    port.kind === 'veth' ? (desired.namespaces.get(port.peer.netns)?.links.get(port.peer.ifname) ?? []) : [],
  )
  return [...ports, ...ends]
}
