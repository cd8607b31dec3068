// TCA_OPTIONS of the queues below a rate. <linux/pkt_sched.h>; tc-pfifo(8), tc-fq_codel(8), tc-codel(8), tc-red(8), tc-sfq(8), tc-cake(8).
import { parseAttributes, putU32, type AttrStream, type StreamData } from 'netlink/dist/structs.js'
import type { QueueKind, QueueOptions } from '../../state/queue.ts'
import { idleTable } from '../../state/red.ts'
import {
  TC_RED_ECN,
  TCA_CAKE_ACK_FILTER,
  TCA_CAKE_DIFFSERV_MODE,
  TCA_CAKE_FLOW_MODE,
  TCA_CAKE_MEMORY,
  TCA_CAKE_NAT,
  TCA_CAKE_RTT,
  TCA_CAKE_TARGET,
  TCA_CAKE_WASH,
  TCA_CODEL_CE_THRESHOLD,
  TCA_CODEL_ECN,
  TCA_CODEL_INTERVAL,
  TCA_CODEL_LIMIT,
  TCA_CODEL_TARGET,
  TCA_FQ_CODEL_CE_THRESHOLD,
  TCA_FQ_CODEL_DROP_BATCH_SIZE,
  TCA_FQ_CODEL_ECN,
  TCA_FQ_CODEL_FLOWS,
  TCA_FQ_CODEL_INTERVAL,
  TCA_FQ_CODEL_LIMIT,
  TCA_FQ_CODEL_MEMORY_LIMIT,
  TCA_FQ_CODEL_QUANTUM,
  TCA_FQ_CODEL_TARGET,
  TCA_RED_MAX_P,
  TCA_RED_PARMS,
  TCA_RED_STAB,
} from '../uapi.ts'

/** Kinds whose parameters are attributes of 32 bits, by the parameter's name. */
const ATTRIBUTES: Partial<Readonly<Record<QueueKind, readonly (readonly [name: string, attribute: number])[]>>> = {
  fq_codel: [
    ['limit', TCA_FQ_CODEL_LIMIT],
    ['flows', TCA_FQ_CODEL_FLOWS],
    ['quantum', TCA_FQ_CODEL_QUANTUM],
    ['interval', TCA_FQ_CODEL_INTERVAL],
    ['target', TCA_FQ_CODEL_TARGET],
    ['ecn', TCA_FQ_CODEL_ECN],
    ['ce_threshold', TCA_FQ_CODEL_CE_THRESHOLD],
    ['memory_limit', TCA_FQ_CODEL_MEMORY_LIMIT],
    ['drop_batch', TCA_FQ_CODEL_DROP_BATCH_SIZE],
  ],
  codel: [
    ['limit', TCA_CODEL_LIMIT],
    ['interval', TCA_CODEL_INTERVAL],
    ['target', TCA_CODEL_TARGET],
    ['ecn', TCA_CODEL_ECN],
    ['ce_threshold', TCA_CODEL_CE_THRESHOLD],
  ],
  cake: [
    ['diffserv', TCA_CAKE_DIFFSERV_MODE],
    ['isolation', TCA_CAKE_FLOW_MODE],
    ['rtt', TCA_CAKE_RTT],
    ['target', TCA_CAKE_TARGET],
    ['nat', TCA_CAKE_NAT],
    ['wash', TCA_CAKE_WASH],
    ['ack_filter', TCA_CAKE_ACK_FILTER],
    ['memlimit', TCA_CAKE_MEMORY],
  ],
}

/** A new queue. */
export function queueOptions({ kind, parameters }: QueueOptions): StreamData {
  const attributes = ATTRIBUTES[kind]
  if (attributes !== undefined) return (out: AttrStream) => putAttributes(out, attributes, parameters)
  if (kind === 'red') return redOptions(parameters)
  return kind === 'sfq' ? sfqOptions(parameters) : putU32(parameters['limit'] ?? 0) // struct tc_fifo_qopt
}

/** A queue that stands: fq_codel_change takes the number of flows only once. */
export function queueChange({ kind, parameters }: QueueOptions): StreamData {
  const { flows: _, ...others } = parameters
  return queueOptions({ kind, parameters: kind === 'fq_codel' ? others : parameters })
}

function putAttributes(
  out: AttrStream,
  attributes: readonly (readonly [name: string, attribute: number])[],
  parameters: QueueOptions['parameters'],
): void {
  for (const [name, attribute] of attributes) {
    const value = parameters[name]
    if (value !== undefined) out.push(attribute, putU32(value))
  }
}

/** struct tc_red_qopt, 16 bytes: limit, qth_min, qth_max, then Wlog, Plog, Scell_log and flags in a byte each; and how the average falls. */
function redOptions(parameters: QueueOptions['parameters']): StreamData {
  const at = (name: string): number => parameters[name] ?? 0
  const parms = Buffer.alloc(16)
  parms.writeUInt32LE(at('limit'), 0)
  parms.writeUInt32LE(at('min'), 4)
  parms.writeUInt32LE(at('max'), 8)
  parms.set([at('Wlog'), at('Plog'), at('Scell_log'), at('ecn') === 0 ? 0 : TC_RED_ECN], 12)
  return (out: AttrStream) => {
    out.push(TCA_RED_PARMS, parms)
    out.push(TCA_RED_STAB, idleTable(at('Wlog'), { avpkt: at('avpkt'), bandwidth: at('bandwidth') }).table)
    out.push(TCA_RED_MAX_P, putU32(at('max_P')))
  }
}

/** Offsets in struct tc_sfq_qopt_v1, 72 bytes, of which the RED part is left 0. */
const SFQ_FIELDS = [
  ['quantum', 0],
  ['perturb', 4],
  ['limit', 8],
  ['divisor', 12],
  ['flows', 16],
  ['depth', 20],
] as const

function sfqOptions(parameters: QueueOptions['parameters']): Buffer {
  const bytes = Buffer.alloc(72)
  for (const [name, at] of SFQ_FIELDS) bytes.writeUInt32LE(parameters[name] ?? 0, at)
  return bytes
}

export function decodeQueue(kind: QueueKind, data: Buffer): QueueOptions {
  const attributes = ATTRIBUTES[kind]
  if (attributes !== undefined) {
    const parameters = attributeParameters(data, attributes)
    return { kind, parameters: kind === 'cake' ? parameters : { ...parameters, ...codelTimes(parameters) } }
  }
  if (kind === 'red') return { kind, parameters: redParameters(data) }
  if (kind !== 'sfq') return { kind, parameters: { limit: data.readUInt32LE(0) } }
  return { kind, parameters: Object.fromEntries(SFQ_FIELDS.map(([name, at]) => [name, data.readUInt32LE(at)])) }
}

/** codel keeps times in steps of 1024 ns, and cuts off as it takes and as it tells them: the smallest that it tells so. */
function codelTimes(parameters: Readonly<Record<string, number>>): Record<string, number> {
  const told = (['target', 'interval', 'ce_threshold'] as const).flatMap((name) => {
    const us = parameters[name]
    return us === undefined ? [] : [[name, Math.ceil((Math.ceil((us * 1000) / 1024) * 1024) / 1000)] as const]
  })
  return Object.fromEntries(told)
}

function attributeParameters(data: Buffer, attributes: readonly (readonly [name: string, attribute: number])[]): Record<string, number> {
  const names = new Map(attributes.map(([name, attribute]) => [attribute, name]))
  const parameters: Record<string, number> = {}
  parseAttributes(data, ({ type, data: value }) => {
    const name = names.get(type)
    if (name !== undefined && value.length === 4) parameters[name] = value.readUInt32LE(0)
  })
  return parameters
}

function redParameters(data: Buffer): Record<string, number> {
  const parameters: Record<string, number> = {}
  parseAttributes(data, ({ type, data: value }) => {
    if (type === TCA_RED_MAX_P) parameters['max_P'] = value.readUInt32LE(0)
    if (type !== TCA_RED_PARMS) return
    const [limit, min, max] = [0, 4, 8].map((at) => value.readUInt32LE(at))
    Object.assign(parameters, { limit, min, max, Wlog: value[12], Plog: value[13], Scell_log: value[14] })
    parameters['ecn'] = (value[15] ?? 0) & TC_RED_ECN ? 1 : 0
  })
  return parameters
}
