/** Queueing disciplines in tc's words: everything after the kind. tc-tbf(8), tc-netem(8), and the pages of the queues. */
import { formatDuration } from '../unit/duration.ts'
import { formatProbability } from '../unit/probability.ts'
import { formatRate } from '../unit/rate.ts'
import { lossText, parameterText, slotText } from './impairment-text.ts'
import type { NetemOptions, QdiscOptions } from './qdisc.ts'
import { QUEUES } from './queue.ts'
import type { Parameter, QueueOptions } from './queue.ts'
import { redFraction } from './red.ts'

/** `tbf rate 10mbit burst 6250b limit 68750b`, `netem limit 1000 delay 20ms loss 1%`. tc makes the same discipline of it. */
export function qdiscText(options: QdiscOptions): string {
  switch (options.kind) {
    case 'tbf':
      return `tbf rate ${formatRate(options.rateBytesPerSec)} burst ${options.burstBytes} limit ${options.limitBytes}`
    case 'netem':
      return netemText(options)
    case 'other':
      return options.name
    default:
      return queueText(options)
  }
}

function netemText(netem: NetemOptions): string {
  const chance = (word: string, probability: number, correlation: number): string[] =>
    probability === 0 ? [] : [word, formatProbability(probability), ...(correlation === 0 ? [] : [formatProbability(correlation)])]
  const hasLoss = netem.loss.model !== 'random' || netem.loss.probability > 0
  return [
    'netem limit',
    String(netem.limitPackets),
    ...delayWords(netem),
    ...(hasLoss ? ['loss', lossText(netem.loss)] : []),
    ...chance('duplicate', netem.duplicate, netem.duplicateCorrelation),
    ...chance('corrupt', netem.corrupt, netem.corruptCorrelation),
    ...chance('reorder', netem.reorder, netem.reorderCorrelation),
    ...(netem.gap > 1 ? ['gap', String(netem.gap)] : []),
    ...(netem.slot === undefined ? [] : ['slot', slotText(netem.slot)]),
    ...(netem.ecn ? ['ecn'] : []),
    ...(netem.seed === undefined ? [] : ['seed', String(netem.seed)]),
  ].join(' ')
}

function delayWords(netem: NetemOptions): string[] {
  if (netem.delayNs === 0 && netem.jitterNs === 0) return []
  return [
    'delay',
    formatDuration(netem.delayNs),
    ...(netem.jitterNs === 0 ? [] : [formatDuration(netem.jitterNs)]),
    ...(netem.jitterNs === 0 || netem.jitterCorrelation === 0 ? [] : [formatProbability(netem.jitterCorrelation)]),
    ...(netem.distribution === undefined ? [] : ['distribution', netem.distribution]),
  ]
}

function queueText({ kind, parameters }: QueueOptions): string {
  const words = Object.entries(parameters).flatMap(([name, value]) => {
    const parameter = QUEUES[kind][name]
    return parameter === undefined || parameter.isKernelOnly ? [] : parameterWords(kind, name, parameter, value)
  })
  return [kind, ...words].join(' ')
}

/** tc's own spelling: flags are bare words, `memory_limit` of cake is `memlimit`, RED's probability is a fraction. */
function parameterWords(kind: string, name: string, parameter: Parameter, value: number): string[] {
  const { unit } = parameter
  const word = name.replace('ack_filter', 'ack-filter')
  if (Array.isArray(unit)) return [unit[value] ?? '']
  if (unit === 'flag') {
    if (value !== 0) return [word]
    return kind === 'red' ? [] : [word.includes('-') ? `no-${word}` : `no${word}`]
  }
  if (unit === 'probability') return [word, String(redFraction(value))]
  if (unit === 'size') return [word, String(value)]
  // 0 means: never (sfq's perturb), and tc takes it as it is.
  return [word, parameterText(parameter, value)]
}
