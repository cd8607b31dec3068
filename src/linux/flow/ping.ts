// ICMP echo on one raw socket for each node and family, however many are asked. RFC 792, RFC 4443; raw(7), icmp(7).
import { close, SyscallError } from '../libc.ts'
import type { FlowAnswer, PingFlow } from './flow.ts'
import type { Reactor } from './reactor.ts'
import {
  AF_INET,
  AF_INET6,
  EPOLLIN,
  IP_MTU_DISCOVER,
  IP_TTL,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPV6_MTU_DISCOVER,
  IPV6_RECVHOPLIMIT,
  IPV6_UNICAST_HOPS,
  connect,
  disconnect,
  openSocket,
  PMTUDISC_PROBE,
  PMTUDISC_WANT,
  realtimeMs,
  receiveMessage,
  sendTo,
  setOption,
  setSocketOption,
  SO_TIMESTAMPNS,
  SOCK_DGRAM,
  SOCK_RAW,
  socketAddress,
  SOL_IP,
  SOL_IPV6,
  type Received,
} from './socket.ts'

interface Words {
  readonly request: number
  readonly reply: number
  readonly errors: ReadonlySet<number>
  /** Type and code of the error that has an MTU. */
  readonly tooBig: readonly [type: number, code: number]
  readonly defaultTtl: number
}

/** ICMP types. <linux/icmp.h>, <linux/icmpv6.h> */
const V4: Words = { request: 8, reply: 0, errors: new Set([3, 5, 11, 12]), tooBig: [3, 4], defaultTtl: 64 }
const V6: Words = { request: 128, reply: 129, errors: new Set([1, 2, 3, 4]), tooBig: [2, 0], defaultTtl: 64 }
const ICMP_FILTER = 1 // of SOL_RAW
const ICMPV6_FILTER = 1 // of SOL_ICMPV6
const SOL_RAW = 255
const HEADER_BYTES = 8
const DEFAULT_SIZE = 56
const PROBE_PORT = 1025 // as ping(8); nothing is sent there

interface Pending {
  readonly sentAtMs: number
  readonly to: string
  readonly finish: (answer: FlowAnswer) => void
}

/** The echoes of one node in one family. Make it while inside the node; `close` it when all are done. */
export class PingSocket {
  readonly #fd: number
  /** Finds the way as ping(8) does, with the address that the kernel will send from: a raw socket asks without one, and policy rules may differ. */
  readonly #way: number
  readonly #words: Words
  readonly #isV6: boolean
  readonly #stop: () => void
  readonly #id = 1 + Math.floor(Math.random() * 0xfffe)
  readonly #pending = new Map<number, Pending>()
  #seq = 0
  #ttl: number
  #df = false

  constructor(family: 4 | 6, reactor: Reactor) {
    this.#isV6 = family === 6
    this.#words = family === 6 ? V6 : V4
    this.#ttl = this.#words.defaultTtl
    this.#fd = openSocket(family === 6 ? AF_INET6 : AF_INET, SOCK_RAW, family === 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
    this.#way = openSocket(family === 6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0)
    setSocketOption(this.#fd, SO_TIMESTAMPNS, 1)
    if (this.#isV6) setOption(this.#fd, SOL_IPV6, IPV6_RECVHOPLIMIT, 1)
    this.#setFilter()
    this.#stop = reactor.watch(this.#fd, EPOLLIN, () => this.#receive())
  }

  /** Only what may answer an echo: the node's other messages would fill the buffer. */
  #setFilter(): void {
    const wanted = [this.#words.reply, ...this.#words.errors]
    const filter = Buffer.alloc(this.#isV6 ? 32 : 4, 0xff)
    for (const type of wanted) filter.writeInt32LE(filter.readInt32LE((type >> 5) * 4) & ~(1 << (type & 31)), (type >> 5) * 4)
    setOption(this.#fd, this.#isV6 ? IPPROTO_ICMPV6 : SOL_RAW, this.#isV6 ? ICMPV6_FILTER : ICMP_FILTER, filter)
  }

  /** Sends an echo request. Returns its number, by which it can be given up. */
  send(flow: PingFlow, finish: (answer: FlowAnswer) => void): number {
    const seq = this.#seq++ & 0xffff
    const ttl = flow.ttl ?? this.#words.defaultTtl
    if (ttl !== this.#ttl) this.#setTtl(ttl)
    if ((flow.df ?? false) !== this.#df) this.#setDf(!this.#df)
    const sentAtMs = realtimeMs()
    this.#pending.set(seq, { sentAtMs, to: flow.to, finish })
    try {
      disconnect(this.#way)
      connect(this.#way, socketAddress(flow.to, PROBE_PORT))
      sendTo(this.#fd, this.#request(seq, flow.size ?? DEFAULT_SIZE), socketAddress(flow.to, 0))
    } catch (error) {
      this.#pending.delete(seq)
      if (!(error instanceof SyscallError)) throw error
      finish({ outcome: 'error', syscall: error.syscall, code: error.code, sourcePort: this.#id, sequence: seq })
    }
    return seq
  }

  giveUp(seq: number): void {
    const pending = this.#pending.get(seq)
    this.#pending.delete(seq)
    pending?.finish({ outcome: 'silent', sourcePort: this.#id, sequence: seq })
  }

  #setTtl(ttl: number): void {
    this.#ttl = ttl
    if (this.#isV6) setOption(this.#fd, SOL_IPV6, IPV6_UNICAST_HOPS, ttl)
    else setOption(this.#fd, SOL_IP, IP_TTL, ttl)
  }

  #setDf(isOn: boolean): void {
    this.#df = isOn
    const value = isOn ? PMTUDISC_PROBE : PMTUDISC_WANT
    if (this.#isV6) setOption(this.#fd, SOL_IPV6, IPV6_MTU_DISCOVER, value)
    else setOption(this.#fd, SOL_IP, IP_MTU_DISCOVER, value)
  }

  #request(seq: number, size: number): Buffer {
    const bytes = Buffer.alloc(HEADER_BYTES + size)
    bytes[0] = this.#words.request
    bytes.writeUInt16BE(this.#id, 4)
    bytes.writeUInt16BE(seq, 6)
    for (let at = HEADER_BYTES; at < bytes.length; at++) bytes[at] = at & 0xff
    if (!this.#isV6) bytes.writeUInt16BE(checksum(bytes), 2) // of ICMPv6 the kernel makes it
    return bytes
  }

  #receive(): void {
    for (let message = receiveMessage(this.#fd); message !== undefined; message = receiveMessage(this.#fd)) this.#read(message)
  }

  /** With IPv4 a raw socket gets the IP header too, with IPv6 not. */
  #read(message: Received): void {
    const { bytes, from = '', atMs } = message
    const icmp = this.#isV6 ? bytes : bytes.subarray((bytes[0]! & 15) * 4)
    if (icmp.length < HEADER_BYTES) return
    const [type, code] = [icmp[0]!, icmp[1]!]
    if (type === this.#words.reply) {
      const ttl = this.#isV6 ? message.hopLimit : bytes[8]
      this.#finish(icmp, ({ sentAtMs }) => ({
        outcome: 'answered',
        by: from,
        rttMs: Math.max(0, atMs - sentAtMs),
        ...(ttl !== undefined && { ttl }),
      }))
    } else if (this.#words.errors.has(type)) {
      const inner = this.#innerEcho(icmp.subarray(HEADER_BYTES))
      const [bigType, bigCode] = this.#words.tooBig
      const mtu = type === bigType && code === bigCode ? (this.#isV6 ? icmp.readUInt32BE(4) : icmp.readUInt16BE(6)) : undefined
      if (inner !== undefined) this.#finish(inner, () => ({ outcome: 'icmp', by: from, type, code, ...(mtu !== undefined && { mtu }) }))
    }
  }

  /** The echo request that an error quotes: behind 20 bytes of IPv4 and its options, or 40 of IPv6. */
  #innerEcho(quoted: Buffer): Buffer | undefined {
    const echo = quoted.subarray(this.#isV6 ? 40 : ((quoted[0] ?? 0) & 15) * 4)
    return echo.length >= HEADER_BYTES && echo[0] === this.#words.request ? echo : undefined
  }

  #finish(echo: Buffer, answer: (pending: Pending) => FlowAnswer): void {
    if (echo.readUInt16BE(4) !== this.#id) return
    const seq = echo.readUInt16BE(6)
    const pending = this.#pending.get(seq)
    if (pending === undefined) return
    this.#pending.delete(seq)
    pending.finish({ ...answer(pending), sourcePort: this.#id, sequence: seq })
  }

  close(): void {
    this.#stop()
    close(this.#way)
    close(this.#fd)
  }
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += bytes.readUInt16BE(at)
  if (bytes.length % 2 === 1) sum += bytes[bytes.length - 1]! << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
