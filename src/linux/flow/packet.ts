// A packet as a tap has seen it, as far as following it needs: Ethernet, ARP, IPv4, IPv6, ICMP, TCP, UDP. RFC 826, 791, 8200, 792, 4443, 9293, 768.
import { ipText, lladdrText } from '../message/bytes.ts'

export interface IpPacket {
  readonly kind: 'ip'
  readonly src: string
  readonly dst: string
  /** IPPROTO_* */
  readonly protocol: number
  readonly ttl: number
  /** Bytes, IP header and all. */
  readonly length: number
  readonly df: boolean
  readonly sport?: number
  readonly dport?: number
  readonly tcp?: { readonly seq: number; readonly ack: number; readonly isSyn: boolean; readonly isRst: boolean }
  readonly icmp?: { readonly type: number; readonly code: number; readonly id: number; readonly seq: number; readonly mtu: number }
  /** Of an ICMP error: the packet that it is about. */
  readonly inner?: IpPacket
  /** Of UDP: the first bytes of the payload, in hexadecimal. */
  readonly payload?: string
}

export interface ArpPacket {
  readonly kind: 'arp'
  readonly isReply: boolean
  readonly sender: string
  readonly senderMac: string
  readonly target: string
}

export type Packet = IpPacket | ArpPacket

const ETHERNET_BYTES = 14
const ETHERTYPES = { 0x0800: 4, 0x86dd: 6 } as const
const ETHERTYPE_ARP = 0x0806
const PAYLOAD_BYTES = 24
const [ICMP, TCP, UDP, ICMPV6] = [1, 6, 17, 58]

/** Undefined for whatever is none of these, or is cut off. */
export function decodeFrame(frame: Buffer): Packet | undefined {
  if (frame.length < ETHERNET_BYTES) return undefined
  const ethertype = frame.readUInt16BE(12)
  const body = frame.subarray(ETHERNET_BYTES)
  if (ethertype === ETHERTYPE_ARP) return decodeArp(body)
  const family = ETHERTYPES[ethertype as keyof typeof ETHERTYPES]
  return family === undefined ? undefined : decodeIp(body, family)
}

function decodeArp(body: Buffer): ArpPacket | undefined {
  if (body.length < 28) return undefined
  return {
    kind: 'arp',
    isReply: body.readUInt16BE(6) === 2,
    senderMac: lladdrText(body.subarray(8, 14)),
    sender: ipText(body.subarray(14, 18)),
    target: ipText(body.subarray(24, 28)),
  }
}

function decodeIp(body: Buffer, family: 4 | 6): IpPacket | undefined {
  if (body.length < (family === 4 ? 20 : 40)) return undefined
  const base =
    family === 4
      ? {
          src: ipText(body.subarray(12, 16)),
          dst: ipText(body.subarray(16, 20)),
          protocol: body[9]!,
          ttl: body[8]!,
          length: body.readUInt16BE(2),
          df: (body[6]! & 0x40) !== 0,
        }
      : {
          src: ipText(body.subarray(8, 24)),
          dst: ipText(body.subarray(24, 40)),
          protocol: body[6]!,
          ttl: body[7]!,
          length: body.readUInt16BE(4) + 40,
          df: true,
        }
  const isFirst = family === 6 || (body.readUInt16BE(6) & 0x1fff) === 0
  const transport = body.subarray(family === 4 ? (body[0]! & 15) * 4 : 40)
  return { kind: 'ip', ...base, ...(isFirst && decodeTransport(transport, base.protocol, family)) }
}

function decodeTransport(bytes: Buffer, protocol: number, family: 4 | 6): Partial<IpPacket> {
  if (bytes.length < 8) return {}
  if (protocol === ICMP || protocol === ICMPV6) {
    const icmp = { type: bytes[0]!, code: bytes[1]!, id: bytes.readUInt16BE(4), seq: bytes.readUInt16BE(6), mtu: bytes.readUInt32BE(4) }
    const isError = family === 4 ? [3, 5, 11, 12].includes(icmp.type) : icmp.type < 128
    const inner = isError ? decodeIp(bytes.subarray(8), family) : undefined
    return { icmp, ...(inner !== undefined && { inner }) }
  }
  if (protocol !== TCP && protocol !== UDP) return {}
  const ports = { sport: bytes.readUInt16BE(0), dport: bytes.readUInt16BE(2) }
  if (protocol === UDP) return { ...ports, payload: bytes.toString('hex', 8, Math.min(bytes.length, 8 + PAYLOAD_BYTES)) }
  // An ICMP error need quote no more of it than the ports and the sequence number.
  const [ack, flags] = bytes.length < 14 ? [0, 0] : [bytes.readUInt32BE(8), bytes[13]!]
  return { ...ports, tcp: { seq: bytes.readUInt32BE(4), ack, isSyn: (flags & 2) !== 0, isRst: (flags & 4) !== 0 } }
}
