/** What differs between two queueing disciplines. */
import { formatDuration } from '../unit/duration.ts'
import { formatProbability } from '../unit/probability.ts'
import { formatRate } from '../unit/rate.ts'
import type { PropertyDifference } from './equal.ts'
import { lossText, parameterText, slotText } from './impairment-text.ts'
import { qdiscKindText } from './qdisc.ts'
import type { NetemOptions, QdiscOptions, Slot } from './qdisc.ts'
import { QUEUES } from './queue.ts'

/** A property as it is compared and as it is shown. `step` is how finely the kernel keeps it. */
interface Property {
  readonly value: number | string
  readonly text?: string
  readonly step?: number
}

/**
 * What differs between two disciplines in one place of their chains. The kernel rounds some numbers (a burst is kept as a time in ticks of
 * 64 ns, codel's times in steps of 1024 ns) and does not tell others (a distribution, the numbers that only tc knows): those are not compared.
 */
export function qdiscDifferences(desired: QdiscOptions, observed: QdiscOptions): PropertyDifference[] {
  if (qdiscKindText(desired) !== qdiscKindText(observed)) {
    return [{ property: 'kind', desired: qdiscKindText(desired), observed: qdiscKindText(observed) }]
  }
  const there = propertiesOf(observed)
  return Object.entries(propertiesOf(desired)).flatMap(([property, wanted]): PropertyDifference[] => {
    const found = there[property]
    // An older kernel may know less of a queue. What netem does not tell was not taken: a seed.
    if (found === undefined ? desired.kind !== 'netem' : isSame(wanted, found)) return []
    return [{ property, desired: wanted.text ?? wanted.value, observed: found?.text ?? found?.value }]
  })
}

function isSame(one: Property, other: Property): boolean {
  if (typeof one.value === 'string' || typeof other.value === 'string') return one.value === other.value
  return Math.abs(one.value - other.value) <= (one.step ?? 0)
}

function propertiesOf(options: QdiscOptions): Readonly<Record<string, Property>> {
  switch (options.kind) {
    case 'tbf': {
      const { rateBytesPerSec: rate, burstBytes, limitBytes } = options
      return {
        rate: { value: rate, text: formatRate(rate) },
        burst: { value: burstBytes, step: 1 + rate * 128e-9 },
        limit: { value: limitBytes },
      }
    }
    case 'netem':
      return netemProperties(options)
    case 'other':
      return {}
    default:
      return Object.fromEntries(
        Object.entries(options.parameters).map(([name, value]) => {
          const parameter = QUEUES[options.kind][name]
          const step = parameter?.unit === 'time' ? { step: 2 } : {}
          return [name, { value, ...(parameter !== undefined && { text: parameterText(parameter, value) }), ...step }]
        }),
      )
  }
}

function netemProperties(netem: NetemOptions): Readonly<Record<string, Property>> {
  const time = (value: number): Property => ({ value, text: formatDuration(value) })
  const chance = (probability: number, correlation: number): Property => {
    return { value: `${formatProbability(probability)} ${formatProbability(correlation)}` }
  }
  const { slot, seed } = netem
  return {
    limit: { value: netem.limitPackets },
    delay: time(netem.delayNs),
    jitter: time(netem.jitterNs),
    ...(netem.jitterNs > 0 && { correlation: { value: netem.jitterCorrelation, text: formatProbability(netem.jitterCorrelation) } }),
    loss: { value: lossText(netem.loss) },
    duplicate: chance(netem.duplicate, netem.duplicateCorrelation),
    corrupt: chance(netem.corrupt, netem.corruptCorrelation),
    reorder: chance(netem.reorder, netem.reorderCorrelation),
    gap: { value: netem.gap },
    slot: { value: slot === undefined ? 'none' : slotText(withoutDistribution(slot)) },
    ecn: { value: String(netem.ecn) },
    ...(seed !== undefined && { seed: { value: seed } }),
  }
}

function withoutDistribution({ distribution: _, ...slot }: Slot): Slot {
  return slot
}
