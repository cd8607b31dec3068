/** What the lab counts, before and after a packet. */
import type { Sighting } from '../linux/flow/capture.ts'
import type { NamespaceFacts } from '../linux/flow/facts.ts'
import type { Flow, FlowAnswer } from '../linux/flow/flow.ts'
import type { NetworkState } from '../state/network.ts'
import type { RuleCount } from './rule-counters.ts'
import type { Session } from './session.ts'

export interface Evidence {
  readonly session: Session
  /** As the kernel has it now, whatever the file says. */
  readonly network: NetworkState
  /** IPv6 addresses that are not used, as somebody else has them: `h1: eth0 fd00::1/64`. */
  readonly duplicate: readonly string[]
  /** Who has the address that is asked. */
  readonly owners: readonly string[]
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

/** Counts of the nodes that the packet may pass. */
export async function readCounts(session: Session, nodes: readonly string[]): Promise<Counts> {
  const [facts, ...rules] = await Promise.all([
    session.engine.facts(nodes),
    ...nodes.map(async (name) => [name, await session.counters(name)] as const),
  ])
  return { facts, rules: new Map(rules) }
}

/** Nodes and bridges that have the address: two, where it is given twice. */
export function ownersOf({ namespaces }: NetworkState, address: string): string[] {
  return [...namespaces].filter(([, { addrs }]) => [...addrs.values()].some(({ local }) => local === address)).map(([name]) => name)
}

export function isOwn({ namespaces }: NetworkState, netns: string, address: string): boolean {
  return [...(namespaces.get(netns)?.addrs.values() ?? [])].some(({ local }) => local === address)
}

/** By how much a counter of the node has grown; of several names, that of the first which has. */
export function grown({ before, after }: Evidence, node: string, ...names: readonly string[]): number {
  const of = (counts: Counts, name: string): number => counts.facts.get(node)?.counters[name] ?? 0
  return Math.max(...names.map((name) => of(after, name) - of(before, name)))
}
