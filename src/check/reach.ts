/** ping, tcp, udp: everybody is asked at once. */
import type { Flow, FlowAnswer } from '../linux/flow/flow.ts'
import type { Pair, PingOptions, ReachExpectation } from '../topology/tests/test.ts'
import { isWithin } from '../unit/bound.ts'
import { answerWords, milliseconds } from '../lab/answer.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import { awaitsAnswer, isExpected } from './expected.ts'
import { pairWords } from './path.ts'
import type { Session } from './session.ts'

/** Long where an answer is expected, since it costs nothing then; ARP gives up after 3 s, and says so. */
const ANSWER_TIMEOUT_MS = 3000
const UNREACHABLE_TIMEOUT_MS = 4000
const SILENCE_TIMEOUT_MS = 1000

/** What one pair is asked, in one go. */
interface Question {
  readonly pair: Pair
  readonly port?: number
  readonly flows: readonly Flow[]
}

export async function evaluateReach(session: Session, expectation: ReachExpectation, timeoutMs?: number): Promise<Evaluation> {
  const questions = questionsOf(expectation, timeoutMs ?? defaultTimeout(expectation))
  const answers = await session.flows(questions.flatMap(({ flows }) => flows))
  const misses: FirstMiss[] = []
  const rtts: number[] = []
  let at = 0
  for (const question of questions) {
    const own = answers.slice(at, at + question.flows.length)
    at += question.flows.length
    for (const answer of own) if (answer.outcome === 'answered') rtts.push(answer.rttMs)
    const miss = missOf(session, expectation, question, own)
    if (miss !== undefined) misses.push(miss)
  }
  const lost = answers.filter(({ outcome }) => outcome !== 'answered').length
  const loss = expectation.expect === 'reply' && answers.length > 1 && lost > 0 ? [`${lost} of ${answers.length} lost`] : []
  const rtt = rtts.length === 0 ? [] : [`rtt ${milliseconds(medianOf(rtts))}`]
  return { asked: questions.length, misses, ...(rtt.length + loss.length > 0 && { seen: [...rtt, ...loss].join(', ') }) }
}

function defaultTimeout(expectation: ReachExpectation): number {
  // Where nobody is, the kernel of the last router says so after 3 s of ARP: what is filtered is silent for longer.
  if (expectation.expect === 'unreachable' || expectation.expect === 'filtered') return UNREACHABLE_TIMEOUT_MS
  return awaitsAnswer(expectation) ? ANSWER_TIMEOUT_MS : SILENCE_TIMEOUT_MS
}

function questionsOf({ kind, pairs, ports, ping }: ReachExpectation, timeoutMs: number): Question[] {
  return pairs.flatMap((pair): Question[] => {
    const base = { from: pair.from, to: pair.to.address, timeoutMs, ...(pair.to.owner !== undefined && { target: pair.to.owner }) }
    if (kind !== 'ping') return ports.map((port) => ({ pair, port, flows: [{ ...base, kind, port }] }))
    const { count = 1, intervalMs = 0, size, df, ttl } = ping ?? {}
    const echo = { ...base, kind, ...(size !== undefined && { size }), ...(df !== undefined && { df }), ...(ttl !== undefined && { ttl }) }
    return [{ pair, flows: Array.from({ length: count }, (_, index) => (index === 0 ? echo : { ...echo, delayMs: index * intervalMs })) }]
  })
}

function missOf(
  session: Session,
  expectation: ReachExpectation,
  { pair, port, flows }: Question,
  answers: readonly FlowAnswer[],
): FirstMiss | undefined {
  const { kind, ping } = expectation
  const words = `${pairWords(pair)} ${kind}${port === undefined ? '' : ` ${port}`}`
  const bad = answers.flatMap((answer, index) => (isExpected(expectation, flows[index]!, answer) ? [] : [index]))
  const lossPercent = (100 * bad.length) / answers.length
  if (ping?.loss === undefined ? bad.length === 0 : isWithin(ping.loss, lossPercent)) return rttMiss(words, ping, answers)
  const [first] = bad
  const all = answers.length > 1 ? [`${bad.length} of ${answers.length} lost (${lossPercent.toFixed(1)}%)`] : []
  const one = first === undefined ? [] : [answerWords(flows[first]!, answers[first]!, session.nameOf)]
  const base = { words, expected: expectedWords(expectation), seen: [...all, ...one].join('; ') }
  return { ...base, flow: flows[first ?? 0]!, wantsAnswer: awaitsAnswer(expectation) }
}

function expectedWords({ expect, code, by, ping }: ReachExpectation): string {
  const more = [code === undefined ? [] : `(${code.text})`, by === undefined ? [] : `by ${by.text}`].flat()
  return `${[expect, ...more].join(' ')}${ping?.loss === undefined ? '' : `, loss ${ping.loss.text}`}`
}

function rttMiss(words: string, ping: PingOptions | undefined, answers: readonly FlowAnswer[]): FirstMiss | undefined {
  const rtts = answers.flatMap((answer) => (answer.outcome === 'answered' ? [answer.rttMs] : []))
  if (ping?.rtt === undefined || rtts.length === 0 || isWithin(ping.rtt, medianOf(rtts))) return undefined
  const [least, most] = [Math.min(...rtts), Math.max(...rtts)]
  const seen = `median ${milliseconds(medianOf(rtts))}, from ${milliseconds(least)} to ${milliseconds(most)}`
  return { words, expected: `rtt ${ping.rtt.text}`, seen }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)]!
}
