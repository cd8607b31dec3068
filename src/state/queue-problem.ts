/**
 * Numbers of a link's disciplines that do not fit each other: the kernel would change them without a word, or no full frame would pass.
 * What each may be by itself is in queue.ts.
 */
import type { QdiscOptions, TbfOptions } from './qdisc.ts'
import type { QueueOptions } from './queue.ts'

/** tbf keeps its burst as a time, in 2^32 - 1 ticks of 64 ns. */
const MAX_BURST_NS = 0xffff_ffff * 64
/** The kernel refuses a limit of one packet since Linux 6.15 (sfq_change). */
const MIN_SFQ_LIMIT = 2

/** What is wrong with one discipline; undefined where nothing is. `frame`: the bytes of the largest. */
export function disciplineProblem(options: QdiscOptions, frame: number): string | undefined {
  switch (options.kind) {
    case 'tbf':
      return tbfProblem(options)
    case 'bfifo':
      return frameProblem(options, frame)
    case 'red':
      return redProblem(options.parameters) ?? frameProblem(options, frame)
    case 'sfq':
      return sfqProblem(options.parameters)
    default:
      return undefined
  }
}

function tbfProblem({ rateBytesPerSec: rate, burstBytes: burst }: TbfOptions): string | undefined {
  if ((burst / rate) * 1e9 <= MAX_BURST_NS) return undefined
  return `at this rate a burst of ${burst} bytes lasts longer than 274 s, the most that the kernel can say`
}

function frameProblem({ parameters: { limit = 0 } }: QueueOptions, frame: number): string | undefined {
  return limit < frame ? `it holds ${limit} bytes, less than one frame of ${frame}: no larger packet would pass` : undefined
}

/** Of what tc works out of red's words, `Wlog` is absent where no average can follow such a burst. */
function redProblem({ min = 0, max = 0, limit = 0, avpkt = 0, burst = 0, Wlog }: QueueOptions['parameters']): string | undefined {
  if (min > max || max > limit) return 'its `min` is to be below its `max`, and that below its `limit`'
  if (Wlog !== undefined) return Math.clz32(max) > Wlog ? undefined : redOverflow(max, Wlog)
  // Of a queue that has only a limit, `min` is a twelfth.
  if (min < avpkt)
    return `its \`min\` of ${min} bytes is less than one packet of ${avpkt} (\`avpkt\`): raise \`min\`, or \`limit\` to ${12 * avpkt}`
  const least = Math.ceil(min / avpkt)
  return burst < least
    ? `burst ${burst} is too small: it takes min / avpkt (${least}) or more`
    : `no average follows so long a burst as ${burst}`
}

/** red_check_params: the average is kept in 32 bits, with `Wlog` of them behind the point. */
function redOverflow(max: number, Wlog: number): string {
  return `its \`max\` of ${max} bytes is more than the kernel can average with that \`burst\`: it takes ${2 ** (31 - Wlog) - 1} at most; lower \`limit\` or \`burst\``
}

/** sfq_change */
function sfqProblem({ limit = 0, flows = 0, depth = 0, divisor = 0 }: QueueOptions['parameters']): string | undefined {
  if (limit > flows * depth)
    return `its \`limit\` of ${limit} is more than flows × depth (${flows * depth}), to which the kernel would cut it`
  if (limit < MIN_SFQ_LIMIT) return `flows × depth is ${flows * depth}, and the least is ${MIN_SFQ_LIMIT}`
  if (flows > Math.min(limit, divisor))
    return `its \`flows\` of ${flows} are more than its \`limit\` (${limit}) or its \`divisor\` (${divisor}), to which the kernel would cut them`
  return undefined
}
