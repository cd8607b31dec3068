/** `isolated` and `matrix`. */
import type { Flow } from '../linux/flow/flow.ts'
import type { IsolatedExpectation, MatrixExpectation } from '../topology/tests/test.ts'
import { answerWords } from '../lab/answer.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import { follow, nodesOf } from './follow.ts'
import { pairWords } from './path.ts'
import type { Session } from './session.ts'

const ANSWER_TIMEOUT_MS = 3000
const SILENCE_TIMEOUT_MS = 1000
/** What a leak is looked for with, beside an echo. */
const PROBED = [
  { kind: 'tcp', port: 80 },
  { kind: 'udp', port: 53 },
] as const

/** An answer is not the point: a packet that arrives is a leak, even where nothing comes back. */
export async function evaluateIsolated(
  session: Session,
  { pairs }: IsolatedExpectation,
  timeoutMs = SILENCE_TIMEOUT_MS,
): Promise<Evaluation> {
  const asked = pairs.flatMap((pair) =>
    [{ kind: 'ping' } as const, ...PROBED].map((probe) => ({
      pair,
      flow: { ...probe, from: pair.from, to: pair.to.address, timeoutMs } satisfies Flow,
    })),
  )
  const { answers, sightings } = await session.followed(asked.map(({ flow }) => flow))
  const misses = asked.flatMap(({ pair, flow }, index): FirstMiss[] => {
    const answer = answers[index]!
    const nodes = nodesOf(follow(flow, answer, sightings).there)
    const isThrough = pair.to.owner !== undefined && nodes.includes(pair.to.owner)
    if (!isThrough && answer.outcome !== 'answered') return []
    const way = nodes.length > 1 ? ` by way of ${nodes.slice(0, -1).join(' → ')}` : ''
    const words = `${pairWords(pair)} ${flow.kind}${'port' in flow ? ` ${flow.port}` : ''}`
    const seen = `the packet arrived${way}; ${answerWords(flow, answer, session.nameOf)}`
    return [{ words, expected: 'that no packet gets through', seen }]
  })
  return { asked: pairs.length, misses }
}

export async function evaluateMatrix(session: Session, { cells, port }: MatrixExpectation, timeoutMs?: number): Promise<Evaluation> {
  const flows = cells.map(({ pair: { from, to }, reaches }): Flow => {
    const base = { from, to: to.address, timeoutMs: timeoutMs ?? (reaches ? ANSWER_TIMEOUT_MS : SILENCE_TIMEOUT_MS) }
    const target = to.owner === undefined ? {} : { target: to.owner }
    return port === undefined ? { ...base, ...target, kind: 'ping' } : { ...base, ...target, kind: 'tcp', port }
  })
  const answers = await session.flows(flows)
  const misses = cells.flatMap(({ pair, reaches, origin }, index): FirstMiss[] => {
    const [flow, answer] = [flows[index]!, answers[index]!]
    if ((answer.outcome === 'answered') === reaches) return []
    const words = `${pairWords(pair)} ${port === undefined ? 'ping' : `tcp ${port}`}`
    const miss = { words, expected: reaches ? '✓' : '✗', seen: answerWords(flow, answer, session.nameOf), origin }
    return [{ ...miss, flow, wantsAnswer: reaches }]
  })
  return { asked: cells.length, misses }
}
