/** A kernel in a function: from each request to the datagrams that answer it. For the transport's tests. */
import type { NetlinkSocket } from '../../src/linux/transport.ts'
import {
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
  NLMSGERR_ATTR_MSG,
  NLMSGERR_ATTR_OFFS,
} from '../../src/linux/uapi.ts'

/** A message as it was sent. */
export interface SentMessage {
  readonly type: number
  readonly flags: number
  readonly seq: number
  /** Header and all. */
  readonly bytes: Buffer
}

export interface FakeKernel extends NetlinkSocket {
  /** What was sent, a list of messages for each datagram. */
  readonly datagrams: SentMessage[][]
  /** Datagrams that nobody has received. */
  readonly waiting: Buffer[]
}

/** Datagrams that answer a message; an Error among them is what recv(2) says instead. */
export type Answers = readonly (Buffer | Error)[]

/** `answer` is asked for each message; what it gives is received one datagram after the other. */
export function fakeKernel(answer: (message: SentMessage) => Answers = acknowledge): FakeKernel {
  const datagrams: SentMessage[][] = []
  const waiting: (Buffer | Error)[] = []
  return {
    seq: 0,
    datagrams,
    waiting: waiting as Buffer[],
    send(datagram) {
      const messages = splitMessages(Buffer.from(datagram))
      datagrams.push(messages)
      for (const message of messages) waiting.push(...answer(message))
    },
    receive(into) {
      const next = waiting.shift()
      if (next === undefined) throw new Error('recv would wait for ever: the fake kernel has no more to say')
      if (next instanceof Error) throw next
      into.set(next)
      return next.length
    },
    close: () => undefined,
  }
}

/** The messages of a datagram. */
export function splitMessages(datagram: Buffer): SentMessage[] {
  const messages: SentMessage[] = []
  for (let at = 0; at < datagram.length;) {
    const bytes = datagram.subarray(at, at + datagram.readUInt32LE(at))
    messages.push({ type: bytes.readUInt16LE(4), flags: bytes.readUInt16LE(6), seq: bytes.readUInt32LE(8), bytes })
    at += (bytes.length + 3) & ~3
  }
  return messages
}

/** Success: said only where NLM_F_ACK asks for it. */
export function acknowledge(message: SentMessage): Buffer[] {
  return message.flags & NLM_F_ACK ? [errorMessage(message, 0, NLM_F_CAPPED, Buffer.alloc(0))] : []
}

/** A refusal as with NETLINK_EXT_ACK and NETLINK_CAP_ACK: the request's header, then the extack. `errno` is positive. */
export function refuse(message: SentMessage, errno: number, extack: { readonly words?: string; readonly offset?: number } = {}): Buffer[] {
  const attributes = [
    ...(extack.words === undefined ? [] : [attribute(NLMSGERR_ATTR_MSG, Buffer.from(`${extack.words}\0`))]),
    ...(extack.offset === undefined ? [] : [attribute(NLMSGERR_ATTR_OFFS, u32(extack.offset))]),
  ]
  const flags = NLM_F_CAPPED | (attributes.length > 0 ? NLM_F_ACK_TLVS : 0)
  return [errorMessage(message, errno, flags, Buffer.concat(attributes))]
}

/** struct nlmsgerr: int error, then the header of the request (capped), then attributes. */
function errorMessage(message: SentMessage, errno: number, flags: number, attributes: Buffer): Buffer {
  const error = Buffer.alloc(4)
  error.writeInt32LE(-errno)
  return netlinkMessage(NLMSG_ERROR, flags, message.seq, Buffer.concat([error, message.bytes.subarray(0, NLMSG_HDRLEN), attributes]))
}

/** One message of a dump. */
export function dumped(message: SentMessage, type: number, body: Buffer, flags = 0): Buffer {
  return netlinkMessage(type, NLM_F_MULTI | flags, message.seq, body)
}

/** The end of a dump. `errno` is positive. */
export function done(message: SentMessage, errno = 0, flags = 0): Buffer {
  const error = Buffer.alloc(4)
  error.writeInt32LE(-errno)
  return netlinkMessage(NLMSG_DONE, NLM_F_MULTI | flags, message.seq, error)
}

/** nlmsghdr and a body, padded. */
export function netlinkMessage(type: number, flags: number, seq: number, body: Buffer): Buffer {
  const bytes = Buffer.alloc(NLMSG_HDRLEN + ((body.length + 3) & ~3))
  bytes.writeUInt32LE(NLMSG_HDRLEN + body.length, 0)
  bytes.writeUInt16LE(type, 4)
  bytes.writeUInt16LE(flags, 6)
  bytes.writeUInt32LE(seq, 8)
  body.copy(bytes, NLMSG_HDRLEN)
  return bytes
}

/** nlattr and its payload, padded. */
export function attribute(type: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(4 + ((payload.length + 3) & ~3))
  bytes.writeUInt16LE(4 + payload.length, 0)
  bytes.writeUInt16LE(type, 2)
  payload.copy(bytes, 4)
  return bytes
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
