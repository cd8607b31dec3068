/** What vitest's `expect` is taught: expectations as in `tests:`, with the cause in the message where one fails. */
import { findTarget } from '../lab/ask.ts'
import type { LabNode } from '../lab/lab.ts'
import { withLab } from '../lab/shared-engine.ts'
import type { Expectation, Pair, PathExpectation, ReachExpectation } from '../topology/tests/test.ts'
import { parseMilliseconds } from '../unit/duration.ts'
import { given } from '../unit/given.ts'
import { diagnose } from './diagnose.ts'
import { prove } from './expect.ts'
import { missText } from './report/text.ts'
import { sessionOf } from './session.ts'

export interface MatchOptions {
  /** IP version by which a node is asked that has addresses of both. Default: 4. */
  readonly family?: 4 | 6
  /** Asked over and over until it holds, so long: `10s`. */
  readonly within?: string
  /** How long to wait for each answer. */
  readonly timeoutMs?: number
}

/** Without a port: by an echo. */
export interface ReachOptions extends MatchOptions {
  /** A connection to this TCP port, or all of these, must be accepted. */
  readonly tcp?: number | readonly number[]
  /** A datagram to this UDP port, or all of these, must be answered. */
  readonly udp?: number | readonly number[]
}

export interface PathOptions extends MatchOptions {
  /** Nodes on the way back. */
  readonly back?: readonly string[]
}

/** Nodes, or addresses. */
export type Targets = LabNode | string | readonly (LabNode | string)[]

/** What a matcher of vitest returns. */
export interface Verdict {
  readonly pass: boolean
  readonly message: () => string
}

/** How long silence is listened to where nothing is to come. */
const SILENCE_MS = 1000

/** Whether every node reaches every target but itself. With `isNot`: whether one does not. */
export function matchReach(received: unknown, targets: Targets, { tcp, udp, ...options }: ReachOptions, isNot: boolean): Promise<Verdict> {
  if (tcp !== undefined && udp !== undefined) throw new TypeError('toReach asks by tcp or by udp: write two expectations')
  const [kind, expect, ports] =
    tcp !== undefined
      ? (['tcp', 'open', tcp] as const)
      : udp !== undefined
        ? (['udp', 'answered', udp] as const)
        : (['ping', 'reply', []] as const)
  const what = (pairs: readonly Pair[]): ReachExpectation => ({ kind, pairs, ports: [ports].flat(), expect })
  const words = [kind, [ports].flat().join(', ')].filter((part) => part !== '').join(' ')
  return match(received, targets, what, words, isNot, isNot ? { timeoutMs: SILENCE_MS, ...options } : options)
}

/** Whether packets from the nodes to the targets pass these nodes, the target's own last. */
export function matchPath(
  received: unknown,
  targets: Targets,
  path: readonly string[],
  { back, ...options }: PathOptions,
  isNot: boolean,
): Promise<Verdict> {
  const what = (pairs: readonly Pair[]): PathExpectation => ({ kind: 'path', pairs, path, ...given({ back }) })
  return match(received, targets, what, `path ${path.join(', ')}`, isNot, options)
}

async function match(
  received: unknown,
  targets: Targets,
  what: (pairs: readonly Pair[]) => ReachExpectation | PathExpectation,
  words: string,
  isNot: boolean,
  { family, within, timeoutMs }: MatchOptions,
): Promise<Verdict> {
  const nodes = nodesOf(received)
  const withinMs = within === undefined ? undefined : millisecondsOf(within)
  const names = [targets].flat().map((target) => (typeof target === 'string' ? target : target.name))
  return withLab(nodes[0]!.lab, async (lab) => {
    const { record, memory } = lab
    const pairs = nodes.flatMap(({ name: from }) =>
      names
        .filter((text) => text !== from)
        .map((text): Pair => ({ from, to: { text, ...findTarget(record, memory.desired, from, text, family) } })),
    )
    const expectation: Expectation = {
      ...what(pairs),
      step: 'expect',
      origin: { file: record.file ?? record.name, line: 1, column: 1, length: 1 },
      words: `${nodes.map(({ name }) => name).join(', ')} → ${names.join(', ')} ${words}`,
      not: isNot,
      isMeasured: false,
      ...given({ withinMs, timeoutMs }),
    }
    const { status, misses, moreMisses } = await prove(sessionOf(lab), expectation, performance.now(), diagnose)
    const more = moreMisses > 0 ? `and ${moreMisses} more\n` : ''
    const message = `${expectation.words}\n${misses.map(missText).join('')}${more}`
    return { pass: (status === 'passed') !== isNot, message: () => message }
  })
}

function nodesOf(received: unknown): readonly LabNode[] {
  const nodes = [received].flat()
  const isNode = (each: unknown): each is LabNode => typeof each === 'object' && each !== null && 'lab' in each && 'name' in each
  if (nodes.length > 0 && nodes.every(isNode) && nodes.every(({ lab }) => lab === nodes[0]!.lab)) return nodes
  throw new TypeError('expect(…) takes a node here, lab.node(name), or several nodes of one lab')
}

function millisecondsOf(text: string): number {
  const { value, problem } = parseMilliseconds(text)
  if (problem !== undefined) throw new TypeError(problem)
  return value
}
