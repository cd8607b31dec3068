/** What is wrong with an impairment as a whole: keys that mean nothing without another. Each key's own value was checked when it was read. */
import { correlationProblems } from './correlated-chance.ts'
import { formatImpairment } from './impairment-text.ts'
import type { ImpairmentKey } from './impairment-words.ts'
import { hasNetem, packetsOnTheWay, qdiscsOf } from './impairment.ts'
import type { Impairment } from './impairment.ts'
import type { QdiscOptions } from './qdisc.ts'
import { frameBytes } from './queue.ts'
import { disciplineProblem } from './queue-problem.ts'

export interface Problem {
  readonly key: keyof Impairment
  readonly detail: string
  readonly hint?: string
}

/** Keys that mean nothing without another, as tc has it too. */
export function findProblems(impairment: Impairment, mtu: number): readonly Problem[] {
  const { rate, queue, burst } = impairment
  const problems: Problem[] = []
  const needs = (key: keyof Impairment, isGood: boolean, detail: string, hint?: string): void => {
    if (impairment[key] !== undefined && !isGood) problems.push({ key, detail, ...(hint !== undefined && { hint }) })
  }
  const netem = hasNetem(impairment)
  for (const key of ['burst', 'latency', 'queue'] as const) {
    needs(key, rate !== undefined, `\`${key}\` needs a \`rate\`: without one no packet waits.`)
  }
  needs('latency', queue === undefined, 'The `latency` is that of a plain queue; this link has another.', 'Give the queue its own `limit`.')
  needs('limit', rate !== undefined || netem, '`limit` needs a `rate` or a `delay`: without them the link holds no packets.')
  needs(
    'limit',
    queue === undefined || netem,
    'The `limit` of a `queue` stands among its parameters.',
    'Write queue: { kind: …, limit: … }',
  )
  needs('distribution', (impairment.jitter ?? 0) > 0, '`distribution` is that of a `jitter`, and there is none.')
  needs('reorder', (impairment.delay ?? 0) > 0, '`reorder` needs a `delay`: packets overtake those that wait for it.')
  needs(
    'ecn',
    impairment.ecn === false || impairment.loss !== undefined,
    '`ecn` marks what `loss` would lose, and there is none.',
    'That of a queue stands among its parameters.',
  )
  needs('seed', netem, '`seed` is for the chances of loss, jitter and the like, and there are none.')
  const frame = frameBytes(mtu)
  needs(
    'burst',
    burst === undefined || burst >= frame,
    `A burst of ${burst ?? 0} bytes is less than one frame of ${frame}: no larger packet would pass.`,
  )
  return problems.length > 0 ? problems : chainProblems(impairment, mtu)
}

function chainProblems(impairment: Impairment, mtu: number): readonly Problem[] {
  const chain = qdiscsOf(impairment, mtu)?.qdiscs ?? []
  return chain.flatMap(({ options }) => {
    const problem = disciplineProblem(options, frameBytes(mtu))
    if (problem === undefined) return []
    const key = keyOf(options, impairment)
    const hint = key === 'rate' ? { hint: 'A rate without a unit is in bits a second: write it with one, e.g. 10mbit.' } : {}
    return [{ key, ...hint, detail: `The ${key === 'queue' ? `queue ${options.kind}` : `\`${key}\``} does not work so: ${problem}.` }]
  })
}

/** What the file has said of a discipline: the plain queue follows from a latency. */
function keyOf({ kind }: QdiscOptions, { queue, burst }: Impairment): 'queue' | 'latency' | 'burst' | 'rate' {
  if (kind !== 'tbf') return queue === undefined ? 'latency' : 'queue'
  return burst === undefined ? 'rate' : 'burst'
}

export interface Warning extends Problem {
  readonly code: 'LIMIT_TOO_SMALL' | 'CORRELATION_MISLEADS'
}

/** What works, and not as whoever wrote it will have expected. */
export function findWarnings(impairment: Impairment, mtu: number): readonly Warning[] {
  const misled = correlationProblems(impairment).map((problem) => ({ code: 'CORRELATION_MISLEADS', ...problem }) as const)
  const small = limitProblem(impairment, mtu)
  return small === undefined ? misled : [{ code: 'LIMIT_TOO_SMALL', ...small }, ...misled]
}

/** A limit that drops packets of a link that is not even full. */
function limitProblem(impairment: Impairment, mtu: number): Problem | undefined {
  const { limit } = impairment
  const onTheWay = packetsOnTheWay(impairment, mtu)
  if (limit === undefined || limit >= onTheWay) return undefined
  const at = (key: ImpairmentKey): string => formatImpairment(key, impairment) ?? ''
  return {
    key: 'limit',
    detail: `At ${at('rate')} a delay of ${at('delay')} has ${onTheWay} packets of ${frameBytes(mtu)} bytes on their way, and a limit of ${limit} drops all beyond.`,
    hint: 'Leave `limit` out, and there is room for them and smaller ones.',
  }
}
