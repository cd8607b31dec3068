/** The packets of one flow among all that the taps of nodes saw: on their way there, on their way back, and the errors about them. */
import type { Flow, FlowAnswer } from '../linux/flow/flow.ts'
import type { Sighting } from '../linux/flow/capture.ts'
import type { IpPacket } from '../linux/flow/packet.ts'

export interface Journey {
  /** In the order of the way. */
  readonly there: readonly IpSighting[]
  readonly back: readonly IpSighting[]
  /** ICMP errors about either. */
  readonly errors: readonly IpSighting[]
}

export interface IpSighting extends Sighting {
  readonly packet: IpPacket
}

/** Whether a packet is the flow's own: NAT may change addresses and ports, but no sequence number and no payload. */
interface Marks {
  isRequest(packet: IpPacket): boolean
  isReply(packet: IpPacket): boolean
}

export function follow(flow: Flow, answer: FlowAnswer, sightings: readonly Sighting[]): Journey {
  const ip = sightings.filter((sighting): sighting is IpSighting => sighting.packet.kind === 'ip' && sighting.isPort !== true)
  const marks = marksOf(flow, answer, ip)
  if (marks === undefined) return { there: [], back: [], errors: [] }
  return {
    there: inOrder(ip.filter(({ packet }) => marks.isRequest(packet))),
    back: inOrder(ip.filter(({ packet }) => marks.isReply(packet))),
    errors: ip.filter(({ packet: { inner } }) => inner !== undefined && (marks.isRequest(inner) || marks.isReply(inner))),
  }
}

/**
 * As the packet went: each router takes one from its TTL, and it leaves one node before it comes in at the next. Time alone does not tell:
 * until the kernel has begun to stamp packets, which it does a little after the first tap is there, they have the time at which they were read.
 */
function inOrder(sightings: readonly IpSighting[]): IpSighting[] {
  return [...sightings].sort((a, b) => b.packet.ttl - a.packet.ttl || Number(b.isOut) - Number(a.isOut) || a.atMs - b.atMs)
}

const ECHO = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const

function marksOf(flow: Flow, { sourcePort, sequence }: FlowAnswer, ip: readonly IpSighting[]): Marks | undefined {
  const echo = ECHO[flow.to.includes(':') ? 6 : 4]
  const isEcho = (packet: IpPacket, type: number): boolean =>
    packet.icmp?.type === type && packet.icmp.seq === sequence && packet.icmp.id === sourcePort
  const first = ip.find(({ netns, isOut, packet }) => netns === flow.from && isOut && packet.sport === sourcePort && !packet.inner)?.packet
  switch (flow.kind) {
    case 'neigh':
      return undefined
    case 'ping':
      return { isRequest: (packet) => isEcho(packet, echo.request), isReply: (packet) => isEcho(packet, echo.reply) }
    case 'tcp': {
      const seq = first?.tcp?.seq
      if (seq === undefined) return undefined
      const isReply = ({ tcp }: IpPacket): boolean =>
        tcp !== undefined && tcp.seq !== seq && tcp.ack === (seq + 1) >>> 0 && (tcp.isSyn || tcp.isRst)
      return { isRequest: ({ tcp }) => tcp?.seq === seq, isReply }
    }
    case 'udp': {
      const payload = first?.payload
      if (payload === undefined) return undefined
      const isRequest = (packet: IpPacket): boolean => packet.payload === payload || (packet.payload === '' && packet.sport === sourcePort)
      return { isRequest, isReply: (packet) => !isRequest(packet) && packet.dport === sourcePort && packet.payload !== undefined }
    }
  }
}

/** The nodes that packets came to, in order; a loop names a node several times. */
export function nodesOf(sightings: readonly IpSighting[]): string[] {
  const nodes: string[] = []
  const ttls = new Map<string, number>()
  for (const { netns, isOut, packet } of sightings) {
    // Flooded twice, it has the same TTL; come back, it has a smaller one.
    if (isOut || packet.ttl >= (ttls.get(netns) ?? 256)) continue
    ttls.set(netns, packet.ttl)
    nodes.push(netns)
  }
  return nodes
}
