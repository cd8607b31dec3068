/**
 * Queues below a rate: which packets wait, which go first, which are dropped. Each kind with its parameters in the words of its page:
 * tc-pfifo(8), tc-fq_codel(8), tc-codel(8), tc-red(8), tc-sfq(8), tc-cake(8). Parameters are numbers in the kernel's own unit.
 */
export type QueueKind = 'pfifo' | 'bfifo' | 'fq_codel' | 'codel' | 'red' | 'sfq' | 'cake'

export interface QueueOptions {
  readonly kind: QueueKind
  /** By the name in `QUEUES`. All that are known are there; those that a kind need not have are absent where they are not set. */
  readonly parameters: Readonly<Record<string, number>>
}

/** How a parameter is written. `time` is in microseconds, `probability` in parts of 2^32 - 1, `rate` in bytes a second. */
export type ParameterUnit = 'number' | 'size' | 'time' | 'flag' | 'probability' | 'rate' | readonly string[]

export interface Parameter {
  readonly unit: ParameterUnit
  /** What the kernel takes, or tc; absent where it then has none. `frame`: the largest frame of the interface. */
  readonly default?: number | 'frame'
  /** What the kernel takes; it would make something else of other numbers, or refuse them without a word. 0 to 2^32 - 1 where absent. */
  readonly min?: number
  readonly max?: number
  readonly isPowerOfTwo?: true
  /** Told to tc only, which works other numbers out of it. */
  readonly isTcOnly?: true
  /** Worked out, and unknown to tc. */
  readonly isKernelOnly?: true
}

type Parameters = Readonly<Record<string, Parameter>>

const CODEL: Parameters = {
  target: { unit: 'time', default: 5_000 },
  interval: { unit: 'time', default: 100_000 },
  ce_threshold: { unit: 'time' },
}

/** CAKE_DIFFSERV_* and CAKE_FLOW_* of <linux/pkt_sched.h>, in their order. */
const DIFFSERV = ['diffserv3', 'diffserv4', 'diffserv8', 'besteffort', 'precedence'] as const
const ISOLATION = ['flowblind', 'srchost', 'dsthost', 'hosts', 'flows', 'dual-srchost', 'dual-dsthost', 'triple-isolate'] as const

/** The kinds that a file may name, and their parameters. The defaults are those of Linux 6.1 to 6.18. */
export const QUEUES: Readonly<Record<QueueKind, Parameters>> = {
  pfifo: { limit: { unit: 'number', default: 1000 } },
  bfifo: { limit: { unit: 'size' } },
  fq_codel: {
    limit: { unit: 'number', default: 10_240, min: 1 },
    flows: { unit: 'number', default: 1024, min: 1, max: 65_536 },
    ...CODEL,
    // FQ_CODEL_QUANTUM_MAX
    quantum: { unit: 'size', default: 'frame', min: 256, max: 1 << 20 },
    ecn: { unit: 'flag', default: 1 },
    memory_limit: { unit: 'size', default: 32 * 1024 ** 2, min: 1, max: 2 ** 31 },
    drop_batch: { unit: 'number', default: 64, min: 1 },
  },
  codel: { limit: { unit: 'number', default: 1000, min: 1 }, ...CODEL, ecn: { unit: 'flag', default: 0 } },
  red: {
    limit: { unit: 'size' },
    min: { unit: 'size' },
    max: { unit: 'size' },
    avpkt: { unit: 'size', default: 1000, min: 1, isTcOnly: true },
    burst: { unit: 'number', isTcOnly: true },
    bandwidth: { unit: 'rate', isTcOnly: true },
    probability: { unit: 'probability', default: Math.round(0.02 * 0xffff_ffff), isTcOnly: true },
    ecn: { unit: 'flag', default: 0 },
    ...Object.fromEntries(['Wlog', 'Plog', 'Scell_log', 'max_P'].map((name) => [name, { unit: 'number', isKernelOnly: true } as const])),
  },
  sfq: {
    // SFQ_MAX_FLOWS, SFQ_MAX_DEPTH; no queue is longer than all flows together.
    limit: { unit: 'number', default: 127, min: 2, max: 127 * 65_408 },
    flows: { unit: 'number', default: 127, min: 1, max: 65_408 },
    depth: { unit: 'number', default: 127, min: 1, max: 127 },
    divisor: { unit: 'number', default: 1024, min: 1, max: 65_536, isPowerOfTwo: true },
    quantum: { unit: 'size', default: 'frame', min: 1, max: 0x7fff_ffff },
    // Seconds, as a number of jiffies in 31 bits at 1000 Hz.
    perturb: { unit: 'number', default: 0, max: 2_147_483 },
  },
  cake: {
    diffserv: { unit: DIFFSERV, default: 0 },
    isolation: { unit: ISOLATION, default: 7 },
    rtt: { unit: 'time', default: 100_000 },
    target: { unit: 'time', isKernelOnly: true },
    nat: { unit: 'flag', default: 0 },
    wash: { unit: 'flag', default: 0 },
    ack_filter: { unit: 'flag', default: 0 },
    // 0: as much as the rate takes in four round trips.
    memlimit: { unit: 'size', default: 0 },
  },
}

/** Kinds that a file may name as `queue`. */
export const QUEUE_KINDS = Object.keys(QUEUES) as readonly QueueKind[]

/** Ethernet: what a frame has beside the packet. ETH_HLEN */
const ETHERNET_HEADER_BYTES = 14

/** The bytes of the largest frame as queues count them (psched_mtu). */
export function frameBytes(mtu: number): number {
  return mtu + ETHERNET_HEADER_BYTES
}
