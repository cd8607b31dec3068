/** What the lab counts, before and after a packet. */
import type { Sighting } from '../linux/flow/capture.ts'
import type { NamespaceFacts } from '../linux/flow/facts.ts'
import type { Flow, FlowAnswer } from '../linux/flow/flow.ts'
import type { RuleCount } from './rule-counters.ts'
import type { Session } from './session.ts'

export interface Evidence {
  readonly session: Session
  readonly flow: Flow
  readonly answer: FlowAnswer
  readonly sightings: readonly Sighting[]
  readonly before: Counts
  readonly after: Counts
}

export interface Counts {
  readonly facts: ReadonlyMap<string, NamespaceFacts>
  /** By node. */
  readonly rules: ReadonlyMap<string, readonly RuleCount[]>
}

export async function readEvidence(session: Session): Promise<Counts> {
  const filtering = session.places.filter((name) => (session.desired.namespaces.get(name)?.rulesets.size ?? 0) > 0)
  const [facts, ...rules] = await Promise.all([
    session.engine.facts(session.places),
    ...filtering.map(async (name) => [name, await session.counters(name)] as const),
  ])
  return { facts, rules: new Map(rules) }
}

/** By how much a counter of the node has grown; of several names, that of the first which has. */
export function grown({ before, after }: Evidence, node: string, ...names: readonly string[]): number {
  const of = (counts: Counts, name: string): number => counts.facts.get(node)?.counters[name] ?? 0
  return Math.max(...names.map((name) => of(after, name) - of(before, name)))
}
