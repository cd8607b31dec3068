/**
 * Queueing disciplines: what an interface does to the packets that leave by it. <linux/pkt_sched.h>, tc-tbf(8), tc-netem(8).
 * netlab's are chains: the root, its child, its grandchild. What each is for, and why in this order: impairment.ts.
 */
import type { Sourced } from '../diagnostic/origin.ts'
import type { QueueOptions } from './queue.ts'

/** Those of one interface, the root first. */
export interface QdiscChain extends Sourced {
  readonly qdiscs: readonly Qdisc[]
}

export interface Qdisc extends Sourced {
  /** Major number: `1:`, `2:` … in the order of the chain. The parent of each but the root is class 1 of the one before. */
  readonly handle: number
  readonly options: QdiscOptions
}

export type QdiscOptions = TbfOptions | NetemOptions | QueueOptions | OtherQdisc

/** Token bucket: a rate. */
export interface TbfOptions {
  readonly kind: 'tbf'
  readonly rateBytesPerSec: number
  /** What leaves at once after a pause. */
  readonly burstBytes: number
  /** Bytes that may wait, `burstBytes` included, where the chain ends here. */
  readonly limitBytes: number
}

export type Distribution = 'normal' | 'pareto' | 'paretonormal'

/** Network emulator. Probabilities and correlations are in parts of 2^32 - 1. */
export interface NetemOptions {
  readonly kind: 'netem'
  /** Packets that it holds, those on their way included. */
  readonly limitPackets: number
  readonly delayNs: number
  readonly jitterNs: number
  readonly jitterCorrelation: number
  /** Of the jitter; uniform where absent. The kernel does not tell it, so it is never observed. */
  readonly distribution?: Distribution
  readonly loss: Loss
  readonly duplicate: number
  readonly duplicateCorrelation: number
  readonly corrupt: number
  readonly corruptCorrelation: number
  readonly reorder: number
  readonly reorderCorrelation: number
  /** Every so many packets one may be sent at once; 0 without reordering. */
  readonly gap: number
  /** Marks packets that ask for it (RFC 3168) instead of losing them. */
  readonly ecn: boolean
  readonly slot?: Slot
  /** TCA_NETEM_PRNG_SEED; Linux 6.6. Observed where the kernel has it, whether set or not. */
  readonly seed?: number
}

/** TCA_NETEM_LOSS, or the struct's own field for `random`. */
export type Loss =
  | { readonly model: 'random'; readonly probability: number; readonly correlation: number }
  /** Gilbert-Elliott: the chances to turn bad and good, and to pass a packet while bad (h) or lose it while good (k1). struct tc_netem_gemodel */
  | { readonly model: 'gemodel'; readonly p: number; readonly r: number; readonly h: number; readonly k1: number }
  /** Four states. struct tc_netem_gimodel */
  | {
      readonly model: 'state'
      readonly p13: number
      readonly p31: number
      readonly p32: number
      readonly p23: number
      readonly p14: number
    }

/** Packets leave in bunches, as on a shared medium. struct tc_netem_slot */
export interface Slot {
  readonly minDelayNs: number
  readonly maxDelayNs: number
  /** 0: no bound. */
  readonly maxPackets: number
  readonly maxBytes: number
  /** Instead of the two delays: a mean, a deviation and their distribution. */
  readonly distribution?: Distribution
  readonly distDelayNs: number
  readonly distJitterNs: number
}

/** One that netlab does not make (observed only). */
export interface OtherQdisc {
  readonly kind: 'other'
  /** TCA_KIND */
  readonly name: string
}

/** The kernel's name of the kind. */
export function qdiscKindText(options: QdiscOptions): string {
  return options.kind === 'other' ? options.name : options.kind
}

/** `root`, or the class of the parent: `1:1`. */
export function parentText(chain: readonly Qdisc[], index: number): string {
  const parent = chain[index - 1]
  return parent === undefined ? 'root' : `${parent.handle.toString(16)}:1`
}
