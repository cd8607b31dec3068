/** Impairments in tc's words: what `parseImpairment` reads as the same. tc-netem(8), tc-tbf(8). */
import { formatDuration } from '../unit/duration.ts'
import { formatProbability, MAX_PROB32 } from '../unit/probability.ts'
import { formatRate } from '../unit/rate.ts'
import { formatSize } from '../unit/size.ts'
import { IMPAIRMENT_KEYS, mergeImpairments, type ImpairmentKey } from './impairment-words.ts'
import type { Chance, Impairment, ImpairmentChange, QueueWish } from './impairment.ts'
import type { Loss, Slot } from './qdisc.ts'
import { QUEUES } from './queue.ts'
import type { Parameter } from './queue.ts'

/** `10mbit`, `20ms`, `1% 25%`, `fq_codel target 5ms`: what `parseImpairment` reads as the same. Undefined where the key is not set. */
export function formatImpairment(key: ImpairmentKey, impairment: Impairment): string | undefined {
  return impairment[key] === undefined ? undefined : FORMATTERS[key](impairment as Required<Impairment>)
}

/** By key, in the file's words, those that are worked out left out. */
export function impairmentTexts(impairment: ImpairmentChange): Partial<Record<ImpairmentKey, string>> {
  const texts = IMPAIRMENT_KEYS.flatMap((key): [ImpairmentKey, string][] => {
    const text = formatImpairment(key, mergeImpairments({}, impairment))
    return text === undefined ? [] : [[key, text]]
  })
  return Object.fromEntries(texts)
}

/** Each is called only where its own key is set. */
const FORMATTERS: Readonly<Record<ImpairmentKey, (impairment: Required<Impairment>) => string>> = {
  rate: ({ rate }) => formatRate(rate),
  burst: ({ burst }) => formatSize(burst),
  latency: ({ latency }) => formatDuration(latency),
  queue: ({ queue }) => queueText(queue),
  delay: ({ delay }) => formatDuration(delay),
  jitter: ({ jitter, jitterCorrelation }: Impairment) => {
    return `${formatDuration(jitter ?? 0)}${jitterCorrelation === undefined ? '' : ` ${formatProbability(jitterCorrelation)}`}`
  },
  distribution: ({ distribution }) => distribution,
  loss: ({ loss }) => lossText(loss),
  duplicate: ({ duplicate }) => chanceText(duplicate),
  corrupt: ({ corrupt }) => chanceText(corrupt),
  reorder: ({ reorder }) => `${chanceText(reorder)}${reorder.gap > 1 ? ` gap ${reorder.gap}` : ''}`,
  slot: ({ slot }) => slotText(slot),
  limit: ({ limit }) => String(limit),
  ecn: ({ ecn }) => String(ecn),
  seed: ({ seed }) => String(seed),
}

function chanceText({ probability, correlation }: Chance): string {
  return `${formatProbability(probability)}${correlation === 0 ? '' : ` ${formatProbability(correlation)}`}`
}

/** `1% 25%`, `gemodel 1% 10% 70% 0.1%`: after the word loss. */
export function lossText(loss: Loss): string {
  const percents = (...chances: readonly number[]): string => chances.map(formatProbability).join(' ')
  switch (loss.model) {
    case 'random':
      return chanceText(loss)
    case 'gemodel':
      return `gemodel ${percents(loss.p, loss.r, MAX_PROB32 - loss.h, loss.k1)}`
    case 'state':
      return `state ${percents(loss.p13, loss.p31, loss.p32, loss.p23, loss.p14)}`
  }
}

/** `1ms 5ms packets 10`: after the word slot. */
export function slotText(slot: Slot): string {
  const isDistributed = slot.distDelayNs > 0 || slot.distJitterNs > 0
  const times = isDistributed ? [slot.distDelayNs, slot.distJitterNs] : [slot.minDelayNs, slot.maxDelayNs]
  return [
    ...(isDistributed ? ['distribution', slot.distribution ?? 'uniform'] : []),
    ...times.map(formatDuration),
    ...(slot.maxPackets > 0 ? ['packets', String(slot.maxPackets)] : []),
    ...(slot.maxBytes > 0 ? ['bytes', String(slot.maxBytes)] : []),
  ].join(' ')
}

function queueText({ kind, parameters }: QueueWish): string {
  const words = Object.entries(parameters).flatMap(([name, value]) => {
    const parameter = QUEUES[kind][name]
    return parameter === undefined || parameter.isKernelOnly ? [] : [name, parameterText(parameter, value)]
  })
  return [kind, ...words].join(' ')
}

/** A parameter's value: `5ms`, `1514b`, `true`, `besteffort`. */
export function parameterText({ unit }: Parameter, value: number): string {
  switch (unit) {
    case 'number':
      return String(value)
    case 'size':
      return formatSize(value)
    case 'time':
      return formatDuration(value * 1000)
    case 'probability':
      return formatProbability(value)
    case 'rate':
      return formatRate(value)
    case 'flag':
      return value === 0 ? 'false' : 'true'
    default:
      return unit[value] ?? String(value)
  }
}
