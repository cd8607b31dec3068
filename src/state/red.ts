/**
 * Random early detection: the numbers that tc works out of a queue's words before it asks the kernel, as tc_red.c and q_red.c of
 * iproute2 do. The kernel keeps only these (struct tc_red_qopt), so they are what is compared.
 */
import { MAX_PROB32 } from '../unit/probability.ts'

export interface RedWords {
  readonly limit: number
  readonly min: number
  readonly max: number
  readonly avpkt: number
  /** Packets. */
  readonly burst: number
  /** In parts of 2^32 - 1. */
  readonly probability: number
  /** Bytes a second. */
  readonly bandwidth: number
}

export interface RedNumbers {
  /** Weight of the average, as a power of 2. */
  readonly Wlog: number
  readonly Plog: number
  readonly Scell_log: number
  /** The probability at `max`, in parts of 2^32. */
  readonly max_P: number
}

/** Words that are not set, from those that are; tc-red(8). `waitBytes` is what a plain queue would hold. */
export function redWords(set: Partial<RedWords>, waitBytes: number, rateBytesPerSec: number): RedWords {
  const limit = set.limit ?? waitBytes
  const max = set.max ?? Math.floor(limit / 4)
  const min = set.min ?? Math.floor(max / 3)
  const avpkt = set.avpkt ?? 1000
  return {
    limit,
    max,
    min,
    avpkt,
    burst: set.burst ?? Math.max(1, Math.floor((2 * min + max) / (3 * avpkt)), Math.ceil(min / avpkt)),
    probability: set.probability ?? Math.round(0.02 * MAX_PROB32),
    bandwidth: set.bandwidth ?? rateBytesPerSec,
  }
}

/** Undefined where no average can follow such a burst: `burst` is too small for `min`. */
export function redNumbers(words: RedWords): RedNumbers | undefined {
  const Wlog = averageWeight(words)
  if (Wlog === undefined) return undefined
  const { min, max } = words
  const probability = redFraction(words.probability)
  const Plog = max === min ? 0 : Math.max(0, Math.ceil(Math.log2((max - min) / probability)))
  return { Wlog, Plog, Scell_log: idleTable(Wlog, words).cellLog, max_P: Math.min(Math.floor(probability * 2 ** 32), 0xffff_ffff) }
}

/** The probability as tc is told it, a fraction: 2% is 0.02, and not what is left of it in parts of 2^32 - 1. */
export function redFraction(probability: number): number {
  return Number((probability / MAX_PROB32).toPrecision(8))
}

/** tc_red_eval_ewma: the smallest weight with which the average stays below `min` during a burst. */
function averageWeight({ min, burst, avpkt }: RedWords): number | undefined {
  const quiet = burst + 1 - min / avpkt
  if (quiet < 1) return undefined
  for (let log = 1; log < 32; log++) if (quiet <= (1 - (1 - 2 ** -log) ** burst) / 2 ** -log) return log
  return undefined
}

/** tc_red_eval_idle_damping: by how many powers of 2 the average falls in idle time, in cells of 2^cellLog of the scheduler's ticks (64 ns). */
export function idleTable(Wlog: number, { avpkt, bandwidth }: Pick<RedWords, 'avpkt' | 'bandwidth'>): { cellLog: number; table: Buffer } {
  const packetTicks = Math.ceil(((avpkt / bandwidth) * 1e9) / 64)
  const fall = -Math.log(1 - 2 ** -Wlog) / packetTicks
  let cellLog = 0
  while (cellLog < 31 && 31 / fall / 2 ** cellLog >= 512) cellLog++
  const table = Buffer.alloc(256, 31)
  for (let cell = 0; cell < 255; cell++) table[cell] = Math.min(31, Math.floor(cell * 2 ** cellLog * fall))
  return { cellLog, table }
}
