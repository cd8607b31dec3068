// Requests on a netlink socket: many messages in one send(2), the kernel's answers told apart by sequence number, with extended ACK.
// netlink(7), <linux/netlink.h>. A socket stays in the network namespace in which it was opened.
import { AttrStream, parseAttributes, type StreamData } from 'netlink/dist/structs.js'
import { DecodeError } from './decode-error.ts'
import { errnoName } from './errno.ts'
import { AF_NETLINK, close, connectNetlink, receive, send, setsockoptInt, socket, SOCK_RAW } from './libc.ts'
import {
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
  SOL_NETLINK,
} from './uapi.ts'

/** A request without its sequence number: `NLM_F_REQUEST` is added when it is sent. */
export interface Request {
  readonly type: number
  /** NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE */
  readonly flags: number
  /** Header of the family (ifinfomsg, ifaddrmsg, rtmsg …) and attributes. */
  readonly body: Buffer
}

/** The kernel's no to one request. */
export interface NetlinkRefusal {
  /** Which request of the batch. */
  readonly index: number
  /** Positive errno. */
  readonly errno: number
  readonly code: string
  /** NLMSGERR_ATTR_MSG, verbatim. */
  readonly extack?: string
  /** NLMSGERR_ATTR_OFFS: offset of the attribute that offends, from the start of the message. */
  readonly offset?: number
}

/** One rtnetlink socket, connected to the kernel. Whoever opens it closes it. */
export interface NetlinkSocket {
  /** Number of the request that was sent last. */
  seq: number
  /** Sends one datagram. */
  send(datagram: Uint8Array): void
  /** Waits for a datagram; returns how many bytes of `into` it fills. */
  receive(into: Uint8Array): number
  close(): void
}

/** Opens a socket, NETLINK_ROUTE or NETLINK_GENERIC, in this thread's network namespace, with extended ACK and strict checking. */
export function openNetlink(protocol: number = NETLINK_ROUTE): NetlinkSocket {
  const fd = socket(AF_NETLINK, SOCK_RAW, protocol)
  setsockoptInt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1)
  setsockoptInt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1)
  setsockoptInt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1)
  connectNetlink(fd)
  return netlinkSocket(fd)
}

/** A socket that was opened as `openNetlink` does. */
export function netlinkSocket(fd: number): NetlinkSocket {
  return {
    seq: 0,
    send: (datagram) => send(fd, datagram, datagram.length),
    receive: (into) => receive(fd, into),
    close: () => close(fd),
  }
}

/** Makes a request of a family header and attributes. */
export function request(type: number, flags: number, header: Uint8Array, attributes: StreamData): Request {
  const stream = new AttrStream()
  stream.emit(header)
  stream.emit(attributes)
  return { type, flags, body: Buffer.concat(stream.bufs) }
}

// One thread, one request at a time: the buffers are shared by all sockets.
const SEND_BYTES = 64 * 1024
const outgoing = Buffer.alloc(SEND_BYTES)
const incoming = Buffer.alloc(256 * 1024)
/** The kernel answers each failed request with up to 1 KiB before we read: they must fit the socket's receive buffer (212,992 bytes). */
const BATCH_MESSAGES = 64

/**
 * Sends the requests in order, as few datagrams as they fit in, and waits for the kernel's answers. The kernel goes on after a
 * refusal, so several requests may be refused. Returns the refusals, by index; empty when all was done.
 * Errors: RangeError for a request of more than 64 KiB; SyscallError ENOBUFS where the kernel had no room for its answers: what was
 * done is then known only to who asks the kernel again.
 */
export function transact(netlink: NetlinkSocket, requests: readonly Request[]): NetlinkRefusal[] {
  const refusals: NetlinkRefusal[] = []
  for (let first = 0; first < requests.length;) {
    const firstSeq = (netlink.seq + 1) >>> 0
    const count = sendBatch(netlink, requests, first)
    readAnswers(netlink, firstSeq, count, (index, refusal) => refusals.push({ index: first + index, ...refusal }))
    first += count
  }
  return refusals
}

/** Sends as many requests as one datagram takes; returns how many. */
function sendBatch(netlink: NetlinkSocket, requests: readonly Request[], first: number): number {
  let count = 0
  let used = 0
  let lastStart = 0
  while (first + count < requests.length && count < BATCH_MESSAGES) {
    const { type, flags, body } = requests[first + count]!
    const length = NLMSG_HDRLEN + body.length
    if (used + length > SEND_BYTES) break
    lastStart = used
    netlink.seq = (netlink.seq + 1) >>> 0
    writeHeader(used, length, type, flags | NLM_F_REQUEST, netlink.seq)
    body.copy(outgoing, used + NLMSG_HDRLEN)
    used += (length + 3) & ~3
    count++
  }
  if (count === 0) throw new RangeError(`A netlink request of ${requests[first]!.body.length} bytes does not fit ${SEND_BYTES}`)
  // An error is answered always; success only where asked for: the last message tells that the batch is over.
  outgoing.writeUInt16LE(outgoing.readUInt16LE(lastStart + 6) | NLM_F_ACK, lastStart + 6)
  netlink.send(outgoing.subarray(0, used))
  return count
}

function writeHeader(at: number, length: number, type: number, flags: number, seq: number): void {
  outgoing.writeUInt32LE(length, at)
  outgoing.writeUInt16LE(type, at + 4)
  outgoing.writeUInt16LE(flags, at + 6)
  outgoing.writeUInt32LE(seq, at + 8)
  outgoing.writeUInt32LE(0, at + 12)
}

/** Reads until the last of `count` requests is answered. Answers to earlier requests may still lie there after an ENOBUFS: not ours. */
function readAnswers(
  netlink: NetlinkSocket,
  firstSeq: number,
  count: number,
  onRefusal: (index: number, refusal: Omit<NetlinkRefusal, 'index'>) => void,
): void {
  for (;;) {
    const end = receiveDatagram(netlink)
    for (let at = 0; at + NLMSG_HDRLEN <= end;) {
      const message = messageAt(at, end)
      const index = (message.readUInt32LE(8) - firstSeq) >>> 0
      if (message.readUInt16LE(4) === NLMSG_ERROR && index < count) {
        const errno = errnoOf(message)
        if (errno !== 0) onRefusal(index, parseRefusal(message, errno))
        if (index === count - 1) return
      }
      at += (message.length + 3) & ~3
    }
  }
}

/** Fills `incoming`; returns where the datagram ends. */
function receiveDatagram(netlink: NetlinkSocket): number {
  const end = netlink.receive(incoming)
  if (end < NLMSG_HDRLEN) throw new DecodeError(0, incoming.subarray(0, end), `a datagram of ${end} bytes`)
  return end
}

/** The message at `at`, header and all. Its length is checked: one of 0 would be read for ever. */
function messageAt(at: number, end: number): Buffer {
  const length = incoming.readUInt32LE(at)
  if (length >= NLMSG_HDRLEN && at + length <= end) return incoming.subarray(at, at + length)
  throw new DecodeError(incoming.readUInt16LE(at + 4), incoming.subarray(at, end), `${length} bytes long, ${end - at} are there`)
}

/** Positive errno of an NLMSG_ERROR or NLMSG_DONE. */
function errnoOf(message: Buffer): number {
  if (message.length >= NLMSG_HDRLEN + 4) return -message.readInt32LE(NLMSG_HDRLEN)
  throw new DecodeError(message.readUInt16LE(4), message, 'it has no errno')
}

function parseRefusal(message: Buffer, errno: number): Omit<NetlinkRefusal, 'index'> {
  const flags = message.readUInt16LE(6)
  let extack: string | undefined
  let offset: number | undefined
  if (flags & NLM_F_ACK_TLVS) {
    // struct nlmsgerr: int error, then the request's header, and the rest of the request unless it is capped
    const requestBytes = flags & NLM_F_CAPPED ? NLMSG_HDRLEN : message.readUInt32LE(NLMSG_HDRLEN + 4)
    parseAttributes(message.subarray(NLMSG_HDRLEN + 4 + ((requestBytes + 3) & ~3)), ({ type, data }) => {
      if (type === NLMSGERR_ATTR_MSG) extack = data.toString('utf8').replace(/\0.*$/s, '')
      if (type === NLMSGERR_ATTR_OFFS) offset = data.readUInt32LE(0)
    })
  }
  return { errno, code: errnoName(errno), ...(extack !== undefined && { extack }), ...(offset !== undefined && { offset }) }
}

/**
 * Sends one request that is answered by a message beside its ACK; calls `each` with the body, which lives until `each` returns. Returns
 * the refusal, if it is one.
 */
export function ask(netlink: NetlinkSocket, one: Request, each: (body: Buffer) => void): NetlinkRefusal | undefined {
  sendBatch(netlink, [one], 0)
  for (;;) {
    const end = receiveDatagram(netlink)
    for (let at = 0; at + NLMSG_HDRLEN <= end;) {
      const message = messageAt(at, end)
      if (message.readUInt32LE(8) === netlink.seq) {
        if (message.readUInt16LE(4) !== NLMSG_ERROR) each(message.subarray(NLMSG_HDRLEN))
        else {
          const errno = errnoOf(message)
          return errno === 0 ? undefined : { index: 0, ...parseRefusal(message, errno) }
        }
      }
      at += (message.length + 3) & ~3
    }
  }
}

const DUMP_ATTEMPTS = 10

/**
 * Dumps a table: calls `each` with the type and body (family header and attributes) of every message; the body lives until `each`
 * returns. A dump that was interrupted by a change (NLM_F_DUMP_INTR) is taken again; `restart` then drops what was gathered.
 * Errors: DumpError; DecodeError where `each` throws, when the dump has been read to its end and the socket is free for the next.
 */
export function dump(
  netlink: NetlinkSocket,
  type: number,
  header: Uint8Array,
  each: (body: Buffer, type: number) => void,
  restart: () => void,
): void {
  for (let attempt = 1; ; attempt++) {
    netlink.seq = (netlink.seq + 1) >>> 0
    writeHeader(0, NLMSG_HDRLEN + header.length, type, NLM_F_REQUEST | NLM_F_DUMP, netlink.seq)
    outgoing.set(header, NLMSG_HDRLEN)
    netlink.send(outgoing.subarray(0, NLMSG_HDRLEN + header.length))
    if (readDump(netlink, each)) return
    if (attempt === DUMP_ATTEMPTS) throw new Error(`The kernel's table changed during each of ${DUMP_ATTEMPTS} dumps (RTM type ${type})`)
    restart()
  }
}

/** Returns whether the dump was consistent. */
function readDump(netlink: NetlinkSocket, each: (body: Buffer, type: number) => void): boolean {
  let consistent = true
  let failure: DecodeError | undefined
  for (;;) {
    const end = receiveDatagram(netlink)
    for (let at = 0; at + NLMSG_HDRLEN <= end;) {
      const message = messageAt(at, end)
      const type = message.readUInt16LE(4)
      if (message.readUInt32LE(8) === netlink.seq) {
        if (message.readUInt16LE(6) & NLM_F_DUMP_INTR) consistent = false
        if (type === NLMSG_DONE || type === NLMSG_ERROR) {
          const errno = errnoOf(message)
          if (errno > 0) throw new DumpError(errno)
          if (failure !== undefined) throw failure
          return consistent
        }
        try {
          each(message.subarray(NLMSG_HDRLEN), type)
        } catch (error) {
          failure ??= new DecodeError(type, message, error)
        }
      }
      at += (message.length + 3) & ~3
    }
  }
}

/** The kernel refused to dump a table. */
export class DumpError extends Error {
  readonly errno: number
  readonly code: string

  constructor(errno: number) {
    const code = errnoName(errno)
    super(`netlink dump: ${code}`)
    this.name = 'DumpError'
    this.errno = errno
    this.code = code
  }
}
