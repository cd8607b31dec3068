// RTM_*QDISC messages. <linux/rtnetlink.h> struct tcmsg (20 bytes), <linux/pkt_sched.h>; tc(8).
import { parseAttributes, type StreamData } from 'netlink/dist/structs.js'
import { QUEUE_KINDS } from '../../state/queue.ts'
import type { Qdisc, QdiscChain, QdiscOptions } from '../../state/qdisc.ts'
import { request, type Request } from '../transport.ts'
import { NLM_F_CREATE, NLM_F_EXCL, RTM_DELQDISC, RTM_NEWQDISC, TC_H_ROOT, TCA_KIND, TCA_OPTIONS } from '../uapi.ts'
import { zString } from './bytes.ts'
import { decodeNetem, netemChange, netemOptions } from './netem.ts'
import { decodeQueue, queueChange, queueOptions } from './queue.ts'
import { decodeTbf, tbfOptions } from './tbf.ts'

/** struct tcmsg, 20 bytes: family, pad, ifindex, handle, parent, info. */
export function tcmsg(ifindex: number, handle: number, parent: number): Buffer {
  const bytes = Buffer.alloc(20)
  bytes.writeInt32LE(ifindex, 4)
  bytes.writeUInt32LE(handle, 8)
  bytes.writeUInt32LE(parent, 12)
  return bytes
}

/** Same as: tc qdisc add dev eth0 root handle 1: …, or parent 1:1 handle 2: … below the discipline of handle `parent`. */
export function addQdisc(ifindex: number, qdisc: Qdisc, parent: number | undefined): Request {
  return newQdisc(ifindex, qdisc, parent, NLM_F_CREATE | NLM_F_EXCL, optionsOf(qdisc.options))
}

/** Same as: tc qdisc change …; says of everything what it is to be, for what a change leaves out stays as it was. */
export function changeQdisc(ifindex: number, qdisc: Qdisc, parent: number | undefined): Request {
  return newQdisc(ifindex, qdisc, parent, 0, changeOf(qdisc.options))
}

/** Same as: tc qdisc del dev eth0 root */
export function delRootQdisc(ifindex: number): Request {
  return request(RTM_DELQDISC, 0, tcmsg(ifindex, 0, TC_H_ROOT), [])
}

function newQdisc(ifindex: number, qdisc: Qdisc, parent: number | undefined, flags: number, options: StreamData): Request {
  const above = parent === undefined ? TC_H_ROOT : classId(parent)
  return request(RTM_NEWQDISC, flags, tcmsg(ifindex, major(qdisc.handle), above), (out) => {
    out.push(TCA_KIND, zString(qdisc.options.kind))
    out.push(TCA_OPTIONS, options)
  })
}

function optionsOf(options: QdiscOptions): StreamData {
  switch (options.kind) {
    case 'tbf':
      return tbfOptions(options)
    case 'netem':
      return netemOptions(options)
    case 'other':
      throw new Error(`netlab makes no ${options.name}`)
    default:
      return queueOptions(options)
  }
}

function changeOf(options: QdiscOptions): StreamData {
  if (options.kind === 'netem') return netemChange(options)
  return options.kind === 'tbf' || options.kind === 'other' ? optionsOf(options) : queueChange(options)
}

/** TC_H_MAKE */
function major(handle: number): number {
  return (handle << 16) >>> 0
}

/** Class 1, the only one that tbf and netem have. */
function classId(handle: number): number {
  return (major(handle) | 1) >>> 0
}

/** A discipline as the kernel tells it. */
export interface QdiscMessage {
  readonly ifindex: number
  readonly handle: number
  /** Handle of the one above; 0 for the root. */
  readonly parent: number
  readonly options: QdiscOptions
}

/**
 * Decodes the body of an RTM_NEWQDISC. Undefined for what the kernel gives each link (handle 0), and for ingress and clsact, which stand
 * beside the root.
 */
export function decodeQdisc(body: Buffer): QdiscMessage | undefined {
  const handle = body.readUInt32LE(8) >>> 16
  const parent = body.readUInt32LE(12)
  if (handle === 0 || handle === 0xffff) return undefined
  let kind = ''
  let options: Buffer = Buffer.alloc(0)
  parseAttributes(body.subarray(20), ({ type, data }) => {
    if (type === TCA_KIND) kind = data.toString('utf8').replace(/\0.*$/s, '')
    if (type === TCA_OPTIONS) options = data
  })
  const above = parent === TC_H_ROOT ? 0 : parent >>> 16
  return { ifindex: body.readInt32LE(4), handle, parent: above, options: decodeOptions(kind, options) }
}

function decodeOptions(kind: string, options: Buffer): QdiscOptions {
  if (kind === 'tbf') return decodeTbf(options)
  if (kind === 'netem') return decodeNetem(options)
  const queue = QUEUE_KINDS.find((one) => one === kind)
  return queue === undefined ? { kind: 'other', name: kind } : decodeQueue(queue, options)
}

/** The chain of each interface, by ifindex. Of a tree with branches the root alone is told, as another's. */
export function chainsOf(messages: readonly QdiscMessage[]): Map<number, QdiscChain> {
  const chains = new Map<number, QdiscChain>()
  for (const root of messages) {
    if (root.parent !== 0) continue
    const own = messages.filter((message) => message.ifindex === root.ifindex)
    const qdiscs: Qdisc[] = []
    for (let next: QdiscMessage | undefined = root; next !== undefined;) {
      const { handle, options }: QdiscMessage = next
      qdiscs.push({ handle, options })
      next = own.find((message) => message.parent === handle)
    }
    const isChain = qdiscs.length === own.length
    chains.set(root.ifindex, {
      qdiscs: isChain ? qdiscs : [{ handle: root.handle, options: { kind: 'other', name: `tree of ${own.length}` } }],
    })
  }
  return chains
}
