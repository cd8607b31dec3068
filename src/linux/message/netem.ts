// TCA_OPTIONS of netem: struct tc_netem_qopt (24 bytes: latency, limit, loss, gap, duplicate, jitter), then attributes.
// <linux/pkt_sched.h>, net/sched/sch_netem.c; tc-netem(8). Times are in nanoseconds, in 64 bits; the struct's own, in ticks, are left 0.
import { parseAttributes, putU32, putU64, type AttrStream } from 'netlink/dist/structs.js'
import type { Loss, NetemOptions, Slot } from '../../state/qdisc.ts'
import {
  NETEM_LOSS_GE,
  NETEM_LOSS_GI,
  TCA_NETEM_CORR,
  TCA_NETEM_CORRUPT,
  TCA_NETEM_DELAY_DIST,
  TCA_NETEM_ECN,
  TCA_NETEM_JITTER64,
  TCA_NETEM_LATENCY64,
  TCA_NETEM_LOSS,
  TCA_NETEM_PRNG_SEED,
  TCA_NETEM_REORDER,
  TCA_NETEM_SLOT,
  TCA_NETEM_SLOT_DIST,
} from '../uapi.ts'
import { distributionTable } from './distribution.ts'

const QOPT_BYTES = 24
const INT_MAX = 0x7fff_ffff
const NO_SLOT: Slot = { minDelayNs: 0, maxDelayNs: 0, maxPackets: 0, maxBytes: 0, distDelayNs: 0, distJitterNs: 0 }

/** A new netem: what is not said is nothing. */
export function netemOptions(netem: NetemOptions): (out: AttrStream) => void {
  return (out) => {
    out.emit(qopt(netem))
    if (netem.delayNs > 0) out.push(TCA_NETEM_LATENCY64, putU64(BigInt(netem.delayNs)))
    if (netem.jitterNs > 0) out.push(TCA_NETEM_JITTER64, putU64(BigInt(netem.jitterNs)))
    if (hasCorrelation(netem)) out.push(TCA_NETEM_CORR, correlations(netem))
    if (netem.reorder > 0) out.push(TCA_NETEM_REORDER, words(netem.reorder, netem.reorderCorrelation))
    if (netem.ecn) out.push(TCA_NETEM_ECN, putU32(1))
    if (netem.corrupt > 0) out.push(TCA_NETEM_CORRUPT, words(netem.corrupt, netem.corruptCorrelation))
    putLoss(out, netem.loss)
    putRest(out, netem)
  }
}

/** A netem that stands: it keeps what it is not told (netem_change), so it is told all. */
export function netemChange(netem: NetemOptions): (out: AttrStream) => void {
  return (out) => {
    out.emit(qopt(netem))
    out.push(TCA_NETEM_LATENCY64, putU64(BigInt(netem.delayNs)))
    out.push(TCA_NETEM_JITTER64, putU64(BigInt(netem.jitterNs)))
    out.push(TCA_NETEM_CORR, correlations(netem))
    // Without reordering the chance of the gap is 100%, as netem_change has it where it is told a gap alone.
    out.push(TCA_NETEM_REORDER, words(netem.reorder, netem.reorderCorrelation))
    out.push(TCA_NETEM_ECN, putU32(netem.ecn ? 1 : 0))
    out.push(TCA_NETEM_CORRUPT, words(netem.corrupt, netem.corruptCorrelation))
    putLoss(out, netem.loss)
    putRest(out, { ...netem, slot: netem.slot ?? NO_SLOT })
  }
}

function putRest(out: AttrStream, { distribution, slot, seed }: NetemOptions): void {
  if (slot !== undefined) out.push(TCA_NETEM_SLOT, slotBytes(slot))
  if (distribution !== undefined) out.push(TCA_NETEM_DELAY_DIST, distributionTable(distribution))
  if (slot?.distribution !== undefined) out.push(TCA_NETEM_SLOT_DIST, distributionTable(slot.distribution))
  if (seed !== undefined) out.push(TCA_NETEM_PRNG_SEED, putU64(BigInt(seed)))
}

function qopt(netem: NetemOptions): Buffer {
  const loss = netem.loss.model === 'random' ? netem.loss.probability : 0
  return words(0, netem.limitPackets, loss, netem.gap, netem.duplicate, 0)
}

function lossCorrelation({ loss }: NetemOptions): number {
  return loss.model === 'random' ? loss.correlation : 0
}

function hasCorrelation(netem: NetemOptions): boolean {
  return netem.jitterCorrelation > 0 || lossCorrelation(netem) > 0 || netem.duplicateCorrelation > 0
}

/** struct tc_netem_corr, 12 bytes: delay, loss, duplicate */
function correlations(netem: NetemOptions): Buffer {
  return words(netem.jitterCorrelation, lossCorrelation(netem), netem.duplicateCorrelation)
}

function putLoss(out: AttrStream, loss: Loss): void {
  if (loss.model === 'gemodel') {
    const { p, r, h, k1 } = loss
    out.push(TCA_NETEM_LOSS, (model: AttrStream) => model.push(NETEM_LOSS_GE, words(p, r, h, k1)))
  } else if (loss.model === 'state') {
    const { p13, p31, p32, p14, p23 } = loss
    // struct tc_netem_gimodel: p14 comes before p23
    out.push(TCA_NETEM_LOSS, (model: AttrStream) => model.push(NETEM_LOSS_GI, words(p13, p31, p32, p14, p23)))
  }
}

/** struct tc_netem_slot, 40 bytes: min_delay and max_delay (s64), max_packets and max_bytes (s32), dist_delay and dist_jitter (s64) */
function slotBytes(slot: Slot): Buffer {
  const bytes = Buffer.alloc(40)
  bytes.writeBigInt64LE(BigInt(slot.minDelayNs), 0)
  bytes.writeBigInt64LE(BigInt(slot.maxDelayNs), 8)
  bytes.writeInt32LE(slot.maxPackets, 16)
  bytes.writeInt32LE(slot.maxBytes, 20)
  bytes.writeBigInt64LE(BigInt(slot.distDelayNs), 24)
  bytes.writeBigInt64LE(BigInt(slot.distJitterNs), 32)
  return bytes
}

/** 32-bit numbers in a row. */
function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4))
  return bytes
}

/** What the kernel tells of a netem. Not the distributions: netem_dump leaves them out. */
export function decodeNetem(data: Buffer): NetemOptions {
  const u32 = (bytes: Buffer | undefined, index: number): number => bytes?.readUInt32LE(index * 4) ?? 0
  const attributes = new Map<number, Buffer>()
  parseAttributes(data.subarray(QOPT_BYTES), ({ type, data: value }) => attributes.set(type, value))
  const ns = (type: number): number => Number(attributes.get(type)?.readBigInt64LE(0) ?? 0n)
  const correlation = attributes.get(TCA_NETEM_CORR)
  const reorder = attributes.get(TCA_NETEM_REORDER)
  const corrupt = attributes.get(TCA_NETEM_CORRUPT)
  const gap = u32(data, 3)
  const slot = decodeSlot(attributes.get(TCA_NETEM_SLOT))
  const seed = attributes.get(TCA_NETEM_PRNG_SEED)
  return {
    kind: 'netem',
    limitPackets: u32(data, 1),
    delayNs: ns(TCA_NETEM_LATENCY64),
    jitterNs: ns(TCA_NETEM_JITTER64),
    jitterCorrelation: u32(correlation, 0),
    loss: decodeLoss(attributes.get(TCA_NETEM_LOSS)) ?? { model: 'random', probability: u32(data, 2), correlation: u32(correlation, 1) },
    duplicate: u32(data, 4),
    duplicateCorrelation: u32(correlation, 2),
    corrupt: u32(corrupt, 0),
    corruptCorrelation: u32(corrupt, 1),
    reorder: gap === 0 ? 0 : u32(reorder, 0),
    reorderCorrelation: gap === 0 ? 0 : u32(reorder, 1),
    gap,
    ecn: u32(attributes.get(TCA_NETEM_ECN), 0) !== 0,
    ...(slot !== undefined && { slot }),
    ...(seed !== undefined && { seed: Number(seed.readBigUInt64LE(0)) }),
  }
}

function decodeLoss(nest: Buffer | undefined): Loss | undefined {
  let loss: Loss | undefined
  if (nest === undefined) return loss
  parseAttributes(nest, ({ type, data }) => {
    const at = (index: number): number => data.readUInt32LE(index * 4)
    if (type === NETEM_LOSS_GE) loss = { model: 'gemodel', p: at(0), r: at(1), h: at(2), k1: at(3) }
    if (type === NETEM_LOSS_GI) loss = { model: 'state', p13: at(0), p31: at(1), p32: at(2), p14: at(3), p23: at(4) }
  })
  return loss
}

/** get_slot makes INT_MAX of 0, which means no bound; netem_dump gives that back as it is, or as 0. */
function decodeSlot(bytes: Buffer | undefined): Slot | undefined {
  if (bytes === undefined) return undefined
  const bound = (at: number): number => (bytes.readInt32LE(at) === INT_MAX ? 0 : bytes.readInt32LE(at))
  const slot: Slot = {
    minDelayNs: Number(bytes.readBigInt64LE(0)),
    maxDelayNs: Number(bytes.readBigInt64LE(8)),
    maxPackets: bound(16),
    maxBytes: bound(20),
    distDelayNs: Number(bytes.readBigInt64LE(24)),
    distJitterNs: Number(bytes.readBigInt64LE(32)),
  }
  return slot.maxDelayNs === 0 && slot.distDelayNs === 0 && slot.distJitterNs === 0 ? undefined : slot
}
