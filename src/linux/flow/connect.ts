// TCP connections and UDP datagrams, a socket each. What an ICMP error says, and who sent it, is in the error queue: ip(7), IP_RECVERR.
import { randomBytes } from 'node:crypto'
import { errnoName } from '../errno.ts'
import { close, SyscallError } from '../libc.ts'
import type { FlowAnswer, TcpFlow, UdpFlow } from './flow.ts'
import type { Reactor } from './reactor.ts'
import {
  AF_INET,
  AF_INET6,
  bind,
  connect,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  IP_RECVERR,
  IP_TTL,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPV6_RECVERR,
  IPV6_UNICAST_HOPS,
  localPort,
  openSocket,
  pendingErrno,
  realtimeMs,
  receiveMessage,
  reset,
  sendConnected,
  setOption,
  setSocketOption,
  SO_TIMESTAMPNS,
  SOCK_DGRAM,
  SOCK_STREAM,
  socketAddress,
  SOL_IP,
  SOL_IPV6,
} from './socket.ts'

/** Gives up what is under way. */
type GiveUp = () => void

/** Says where it comes from, and is like no other: a tap tells by it which datagram it has seen. */
function ownPayload(): Buffer {
  return Buffer.from(`netlab ${randomBytes(8).toString('hex')}\n`)
}

/** Begins a flow while inside the node; `finish` is called once. */
export function begin(flow: TcpFlow | UdpFlow, reactor: Reactor, finish: (answer: FlowAnswer) => void): GiveUp {
  const isV6 = flow.to.includes(':')
  const isTcp = flow.kind === 'tcp'
  const fd = openSocket(isV6 ? AF_INET6 : AF_INET, isTcp ? SOCK_STREAM : SOCK_DGRAM, isTcp ? IPPROTO_TCP : IPPROTO_UDP)
  let stop: (() => void) | undefined
  let sourcePort = 0
  let isDone = false
  const end = (answer: FlowAnswer): void => {
    if (isDone) return
    isDone = true
    stop?.()
    if (isTcp) reset(fd)
    else close(fd)
    finish({ ...answer, sourcePort })
  }
  const sentAtMs = realtimeMs()
  try {
    prepare(fd, flow, isV6)
    connect(fd, socketAddress(flow.to, flow.port))
    sourcePort = localPort(fd)
    if (flow.kind === 'udp') sendConnected(fd, flow.payload ?? ownPayload())
    stop = reactor.watch(fd, isTcp ? EPOLLOUT | EPOLLERR : EPOLLIN | EPOLLERR, (events) => {
      const answer = isTcp ? tcpAnswer(fd, flow, events, sentAtMs) : udpAnswer(fd, events, sentAtMs)
      if (answer?.outcome === 'answered' && flow.kind === 'tcp' && flow.payload !== undefined) {
        stop?.()
        stop = converse(fd, flow.payload, reactor, (payload) => end({ ...answer, payload }))
      } else if (answer !== undefined) end(answer)
    })
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error
    end({ outcome: 'error', syscall: error.syscall, code: error.code })
  }
  return () => end({ outcome: 'silent' })
}

/** What one side may say. */
const MAX_BYTES = 4 * 1024 * 1024

/** Sends the payload over a connection, which takes it whole, and hears the other side out. Returns what ends the watch. */
function converse(fd: number, payload: Uint8Array, reactor: Reactor, finish: (heard: Buffer) => void): () => void {
  const parts: Buffer[] = []
  let length = 0
  sendConnected(fd, payload)
  return reactor.watch(fd, EPOLLIN | EPOLLERR, () => {
    for (;;) {
      let message: ReturnType<typeof receiveMessage>
      try {
        message = receiveMessage(fd)
      } catch {
        return finish(Buffer.concat(parts)) // ECONNRESET: it has said all that it will
      }
      if (message === undefined) return
      if (message.bytes.length === 0 || length > MAX_BYTES) return finish(Buffer.concat(parts))
      parts.push(Buffer.from(message.bytes))
      length += message.bytes.length
    }
  })
}

function prepare(fd: number, flow: TcpFlow | UdpFlow, isV6: boolean): void {
  setOption(fd, isV6 ? SOL_IPV6 : SOL_IP, isV6 ? IPV6_RECVERR : IP_RECVERR, 1)
  if (flow.ttl !== undefined) setOption(fd, isV6 ? SOL_IPV6 : SOL_IP, isV6 ? IPV6_UNICAST_HOPS : IP_TTL, flow.ttl)
  if (flow.kind === 'udp') {
    setSocketOption(fd, SO_TIMESTAMPNS, 1)
    if (flow.sourcePort !== undefined) bind(fd, socketAddress(isV6 ? '::' : '0.0.0.0', flow.sourcePort))
  }
}

function tcpAnswer(fd: number, flow: TcpFlow | UdpFlow, events: number, sentAtMs: number): FlowAnswer | undefined {
  const rttMs = realtimeMs() - sentAtMs
  const icmp = icmpAnswer(fd)
  if (icmp !== undefined) return icmp
  const errno = pendingErrno(fd)
  if (errno !== 0) return errnoName(errno) === 'ECONNREFUSED' ? { outcome: 'reset', rttMs } : errorAnswer('connect', errno)
  if (events & (EPOLLERR | EPOLLHUP)) return { outcome: 'reset', rttMs } // taken and reset before we could look
  return events & EPOLLOUT ? { outcome: 'answered', by: flow.to, rttMs } : undefined
}

function udpAnswer(fd: number, events: number, sentAtMs: number): FlowAnswer | undefined {
  if (events & EPOLLERR) {
    const icmp = icmpAnswer(fd)
    if (icmp !== undefined) return icmp
    const errno = pendingErrno(fd)
    return errno === 0 ? undefined : errorAnswer('send', errno)
  }
  const message = receiveMessage(fd)
  if (message === undefined) return undefined
  return { outcome: 'answered', by: message.from ?? '', rttMs: Math.max(0, message.atMs - sentAtMs), payload: Buffer.from(message.bytes) }
}

function errorAnswer(syscall: string, errno: number): FlowAnswer {
  return { outcome: 'error', syscall, code: errnoName(errno) }
}

/** The first ICMP error in the queue. */
function icmpAnswer(fd: number): FlowAnswer | undefined {
  for (let message = receiveMessage(fd, true); message !== undefined; message = receiveMessage(fd, true)) {
    const { error } = message
    if (error?.isIcmp !== true) continue
    return { outcome: 'icmp', by: error.offender ?? '', type: error.type, code: error.code, ...(error.info > 0 && { mtu: error.info }) }
  }
  return undefined
}
