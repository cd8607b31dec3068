/**
 * What a link does to packets in one direction, and the queueing disciplines that do it at the interface by which they leave.
 *
 *   root            tbf      the rate
 *     child         netem    delay, jitter, loss, duplicates, corruption, reordering
 *       grandchild  bfifo    what waits for the rate, or the queue that the file names
 *
 * A packet first passes netem, then waits in the queue, and leaves when the bucket has a token for it. On a real link it waits first and
 * travels then; no chain of one interface can do that, for tbf and netem both ask their child when they want a packet. It makes no
 * difference: to delay all packets alike and then to queue them gives the same times of arrival, the same drops and the same marks as to
 * queue them and then to delay them. What differs is that lost packets do not use up the rate, and that the rate smoothes a jitter.
 *
 * tbf is the root and not netem's child, because it cuts the 64 KiB packets of segmentation offload (tbf_segment): netem then loses,
 * delays and duplicates what would be on a wire. The queue is of its own, because netem's limit counts packets on their way as well as those
 * that wait, which would make a longer link also a longer queue. tbf alone is on every kernel: a rate needs no netem.
 */
import type { Origin } from '../diagnostic/origin.ts'
import type { Distribution, Loss, NetemOptions, Qdisc, QdiscChain, QdiscOptions, Slot, TbfOptions } from './qdisc.ts'
import { frameBytes, QUEUES } from './queue.ts'
import type { QueueKind, QueueOptions } from './queue.ts'
import { redNumbers, redWords } from './red.ts'

/** One chance and how much it depends on the last one, in parts of 2^32 - 1. */
export interface Chance {
  readonly probability: number
  readonly correlation: number
}

export interface Reorder extends Chance {
  readonly gap: number
}

/** A queue as it was asked for: parameters that are absent get their defaults. */
export interface QueueWish {
  readonly kind: QueueKind
  readonly parameters: Readonly<Record<string, number>>
}

/** One direction of a link. What is absent the link does not do, or is worked out. */
export interface Impairment {
  readonly rate?: number
  readonly burst?: number
  /** The longest that a packet may wait for the rate, in nanoseconds. */
  readonly latency?: number
  readonly delay?: number
  readonly jitter?: number
  readonly jitterCorrelation?: number
  readonly distribution?: Distribution
  readonly loss?: Loss
  readonly duplicate?: Chance
  readonly corrupt?: Chance
  readonly reorder?: Reorder
  /** Packets in netem; without netem, packets that wait for the rate. */
  readonly limit?: number
  readonly slot?: Slot
  readonly seed?: number
  readonly ecn?: boolean
  readonly queue?: QueueWish
}

/** What is to be laid over an impairment; a key without a value takes it away. */
export type ImpairmentChange = { readonly [K in keyof Impairment]?: Impairment[K] | undefined }

/** Origins of what was asked for, as far as it stands in a file. */
export type ImpairmentOrigins = Partial<Record<keyof Impairment, Origin>>

const NS_PER_SEC = 1e9
/** Head room of a frame in the bucket: VLAN tags, MPLS labels. A frame larger than the bucket is dropped (tbf_enqueue). */
const FRAME_MARGIN_BYTES = 86
/** A timer that is late by less loses nothing. */
const BURST_NS = 5e6
/** Of a queue where the link's own round trip is shorter. */
const MIN_LATENCY_NS = 50e6
/** Of a queue at slow rates: a TCP that starts sends ten at once (RFC 6928). */
const MIN_QUEUE_FRAMES = 32
/** tc's own limit. */
const MIN_LIMIT_PACKETS = 1000
/** ETH_ZLEN and the checksum: as many packets as fit may be on their way. */
const MIN_FRAME_BYTES = 64
/** What ethtool(8) says of a veth: 10 Gbit/s. The rate of a link without one. */
const VETH_BYTES_PER_SEC = 1.25e9
const MAX_U32 = 0xffff_ffff
const NO_CHANCE: Chance = { probability: 0, correlation: 0 }
const NO_LOSS: Loss = { model: 'random', ...NO_CHANCE }

/** The disciplines of one direction; undefined where it needs none. */
export function qdiscsOf(impairment: Impairment, mtu: number, origins: ImpairmentOrigins = {}): QdiscChain | undefined {
  const netem = hasNetem(impairment)
  const { rate } = impairment
  const found: (readonly [QdiscOptions, Origin | undefined])[] = []
  if (rate !== undefined) found.push([tbfOf(impairment, rate, mtu), origins.rate])
  if (netem) found.push([netemOf(impairment, mtu), netemOrigin(origins)])
  if (rate !== undefined) {
    const queue = queueOf(impairment, rate, mtu, netem)
    if (queue !== undefined) found.push([queue, origins.queue ?? origins.rate])
  }
  const qdiscs = found.map(([options, origin], index): Qdisc => ({ handle: index + 1, options, ...(origin !== undefined && { origin }) }))
  const [first] = qdiscs
  if (first === undefined) return undefined
  return { qdiscs, ...(first.origin !== undefined && { origin: first.origin }) }
}

/** Whether anything is asked for that only netem can do. */
export function hasNetem(impairment: Impairment): boolean {
  return NETEM_KEYS.some((key) => impairment[key] !== undefined)
}

const NETEM_KEYS = ['delay', 'jitter', 'loss', 'duplicate', 'corrupt', 'reorder', 'slot'] as const

function netemOrigin(origins: ImpairmentOrigins): Origin | undefined {
  const key = NETEM_KEYS.find((one) => origins[one] !== undefined)
  return key === undefined ? undefined : origins[key]
}

function tbfOf(impairment: Impairment, rate: number, mtu: number): TbfOptions {
  const burstBytes = impairment.burst ?? defaultBurst(rate, mtu)
  return { kind: 'tbf', rateBytesPerSec: rate, burstBytes, limitBytes: Math.min(MAX_U32, waitBytes(impairment, rate, mtu) + burstBytes) }
}

/** At least two frames, so that one may be late while the other is sent. */
function defaultBurst(rate: number, mtu: number): number {
  return Math.min(MAX_U32, Math.max(2 * (frameBytes(mtu) + FRAME_MARGIN_BYTES), Math.ceil((rate * BURST_NS) / NS_PER_SEC)))
}

/** What may wait: as much as passes in the link's own round trip, which keeps one TCP at full rate (RFC 3439, 2.1 names the rule). */
function waitBytes(impairment: Impairment, rate: number, mtu: number): number {
  const { latency } = impairment
  if (latency !== undefined) return Math.min(MAX_U32, Math.ceil((rate * latency) / NS_PER_SEC))
  const waitNs = Math.max(MIN_LATENCY_NS, 2 * (impairment.delay ?? 0))
  return Math.min(MAX_U32, Math.max(MIN_QUEUE_FRAMES * frameBytes(mtu), Math.ceil((rate * waitNs) / NS_PER_SEC)))
}

function netemOf(impairment: Impairment, mtu: number): NetemOptions {
  const { delay = 0, jitter = 0, jitterCorrelation = 0, distribution, loss = NO_LOSS, slot, seed } = impairment
  const { duplicate = NO_CHANCE, corrupt = NO_CHANCE, reorder = { ...NO_CHANCE, gap: 0 } } = impairment
  return {
    kind: 'netem',
    limitPackets: impairment.limit ?? defaultLimit(impairment, mtu),
    delayNs: delay,
    jitterNs: jitter,
    jitterCorrelation,
    ...(distribution !== undefined && { distribution }),
    loss,
    duplicate: duplicate.probability,
    duplicateCorrelation: duplicate.correlation,
    corrupt: corrupt.probability,
    corruptCorrelation: corrupt.correlation,
    reorder: reorder.probability,
    reorderCorrelation: reorder.correlation,
    gap: reorder.gap,
    ecn: impairment.ecn === true,
    ...(slot !== undefined && { slot }),
    ...(seed !== undefined && { seed }),
  }
}

/** The longest that netem keeps a packet. A normal jitter reaches four deviations (its table ends there), the others less. */
function longestNs({ delay = 0, jitter = 0, slot }: Impairment): number {
  return delay + 4 * jitter + Math.max(slot?.maxDelayNs ?? 0, (slot?.distDelayNs ?? 0) + 4 * (slot?.distJitterNs ?? 0))
}

/** Room for as many packets as can be on their way: the smallest at the link's rate, full ones at a cable's own. */
function defaultLimit(impairment: Impairment, mtu: number): number {
  const { rate } = impairment
  const seconds = longestNs(impairment) / NS_PER_SEC
  const packets = rate === undefined ? (VETH_BYTES_PER_SEC * seconds) / frameBytes(mtu) : (rate * seconds) / MIN_FRAME_BYTES
  return Math.min(MAX_U32, Math.max(MIN_LIMIT_PACKETS, Math.ceil(packets)))
}

/** How many full frames the link's delay holds at its rate; a smaller `limit` drops packets of a link that is not even full. */
export function packetsOnTheWay({ rate, delay = 0, jitter = 0 }: Impairment, mtu: number): number {
  return rate === undefined ? 0 : Math.ceil((rate * (delay + jitter)) / NS_PER_SEC / frameBytes(mtu))
}

/** What the packets wait in. Without netem and without a queue of the file's, tbf's own does. */
function queueOf(impairment: Impairment, rate: number, mtu: number, netem: boolean): QueueOptions | undefined {
  const { queue, limit } = impairment
  const bytes = waitBytes(impairment, rate, mtu)
  if (queue !== undefined) return { kind: queue.kind, parameters: parametersOf(queue, rate, bytes, mtu) }
  if (!netem) return limit === undefined ? undefined : { kind: 'pfifo', parameters: { limit } }
  // The file's own limit is for all that netem holds: then netem is the queue, too.
  return limit === undefined ? { kind: 'bfifo', parameters: { limit: bytes } } : undefined
}

/** No queue is longer than all flows together (sfq_change). */
function sfqLimit({ limit = 0, flows = 0, depth = 0 }: Readonly<Record<string, number>>): number {
  return Math.min(limit, flows * depth)
}

function parametersOf(queue: QueueWish, rate: number, bytes: number, mtu: number): Record<string, number> {
  const parameters: Record<string, number> = {}
  for (const [name, parameter] of Object.entries(QUEUES[queue.kind])) {
    const value = queue.parameters[name] ?? (parameter.default === 'frame' ? frameBytes(mtu) : parameter.default)
    if (value !== undefined) parameters[name] = value
  }
  if (queue.kind === 'bfifo') return { limit: bytes, ...parameters }
  // As tc works it out of the round trip (q_cake.c); the kernel would keep that of its own.
  if (queue.kind === 'cake') return { ...parameters, target: Math.max(1, Math.floor((parameters['rtt'] ?? 0) / 20)) }
  if (queue.kind === 'sfq') return { ...parameters, limit: queue.parameters['limit'] ?? sfqLimit(parameters) }
  if (queue.kind !== 'red') return parameters
  const words = redWords(queue.parameters, bytes, rate)
  return { ...parameters, ...words, ...redNumbers(words) }
}

/**
 * The inverse of `qdiscsOf`: what a chain does, in the words in which it would be asked for. What equals the worked-out value is taken for
 * worked out, so that it follows when the rest changes. Undefined for a chain that netlab does not make.
 */
export function impairmentOf(chain: QdiscChain | undefined, mtu: number): Impairment | undefined {
  const options = chain?.qdiscs.map((qdisc) => qdisc.options) ?? []
  const tbf = options.find((one): one is TbfOptions => one.kind === 'tbf')
  const netem = options.find((one): one is NetemOptions => one.kind === 'netem')
  const queue = options.find((one): one is QueueOptions => one.kind !== 'tbf' && one.kind !== 'netem' && one.kind !== 'other')
  const known = [tbf, netem, queue].filter((one) => one !== undefined)
  if (known.length !== options.length || known.some((one, index) => one !== options[index])) return undefined
  if (queue !== undefined && tbf === undefined) return undefined
  const base: Impairment = {
    ...(tbf !== undefined && { rate: tbf.rateBytesPerSec }),
    ...(netem !== undefined && ofNetem(netem)),
  }
  return { ...base, ...ofBucket(base, tbf, queue, mtu), ...ofLimit(base, netem, queue, mtu) }
}

function ofNetem(netem: NetemOptions): Impairment {
  const { loss, delayNs, slot, seed, distribution } = netem
  const hasLoss = loss.model !== 'random' || loss.probability > 0
  const does: Impairment = {
    ...ofJitter(netem),
    ...(hasLoss && { loss }),
    ...ofChance('duplicate', netem.duplicate, netem.duplicateCorrelation),
    ...ofChance('corrupt', netem.corrupt, netem.corruptCorrelation),
    ...(netem.gap > 0 && { reorder: { probability: netem.reorder, correlation: netem.reorderCorrelation, gap: netem.gap } }),
    ...(slot !== undefined && { slot }),
  }
  return {
    // Something must say that there is a netem, even one that does nothing.
    ...((delayNs > 0 || !hasNetem(does)) && { delay: delayNs }),
    ...does,
    ...(distribution !== undefined && { distribution }),
    ...(seed !== undefined && { seed }),
    ...(netem.ecn && { ecn: true }),
  }
}

function ofJitter({ jitterNs, jitterCorrelation }: NetemOptions): Impairment {
  if (jitterNs === 0) return {}
  return { jitter: jitterNs, ...(jitterCorrelation > 0 && { jitterCorrelation }) }
}

function ofChance(key: 'duplicate' | 'corrupt', probability: number, correlation: number): Impairment {
  return probability === 0 ? {} : { [key]: { probability, correlation } }
}

function ofBucket(base: Impairment, tbf: TbfOptions | undefined, queue: QueueOptions | undefined, mtu: number): Impairment {
  if (tbf === undefined) return {}
  const { rateBytesPerSec: rate } = tbf
  const isUsual = (bytes: number, usual: number): boolean => Math.abs(bytes - usual) <= 1 + rate * 128e-9
  const waits = queue?.kind === 'bfifo' ? (queue.parameters['limit'] ?? 0) : tbf.limitBytes - tbf.burstBytes
  const isPlain = queue === undefined || queue.kind === 'bfifo'
  return {
    ...(!isUsual(tbf.burstBytes, defaultBurst(rate, mtu)) && { burst: tbf.burstBytes }),
    ...(isPlain && !isUsual(waits, waitBytes(base, rate, mtu)) && { latency: Math.floor((waits / rate) * NS_PER_SEC) }),
  }
}

function ofLimit(
  base: Impairment,
  netem: NetemOptions | undefined,
  queue: QueueOptions | undefined,
  mtu: number,
): Pick<Impairment, 'limit' | 'queue'> {
  const isOwn = netem !== undefined && netem.limitPackets !== defaultLimit(base, mtu)
  const limit = netem === undefined && queue?.kind === 'pfifo' ? queue.parameters['limit'] : isOwn ? netem.limitPackets : undefined
  const isNamed = queue !== undefined && queue.kind !== 'bfifo' && !(netem === undefined && queue.kind === 'pfifo')
  return {
    ...(limit !== undefined && { limit }),
    ...(isNamed && { queue: { kind: queue.kind, parameters: namedParameters(queue, mtu) } }),
  }
}

/** Parameters that are not as they would be by themselves. Of red, the kernel keeps only what was worked out of the others. */
function namedParameters(queue: QueueOptions, mtu: number): Record<string, number> {
  const named = Object.entries(queue.parameters).filter(([name, value]) => {
    const parameter = QUEUES[queue.kind][name]
    if (parameter === undefined || parameter.isKernelOnly) return false
    return value !== (parameter.default === 'frame' ? frameBytes(mtu) : parameter.default)
  })
  return Object.fromEntries(named)
}
