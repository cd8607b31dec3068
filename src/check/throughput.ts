/** `throughput` and `fairness`: TCP flows of iperf3(1), all at once. */
import type { ThroughputExpectation } from '../topology/tests/test.ts'
import { isWithin } from '../unit/bound.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import { pairWords } from './path.ts'
import type { Session } from './session.ts'

const SECONDS = 3
const FIRST_PORT = 5201
const STARTED = 'Server listening'

export async function evaluateThroughput(session: Session, { kind, pairs, bound }: ThroughputExpectation): Promise<Evaluation> {
  const measured = await Promise.all(
    pairs.map((pair, index) => measure(session, pair.from, pair.to.owner ?? '', pair.to.address, FIRST_PORT + index)),
  )
  const failed = measured.findIndex((each) => typeof each === 'string')
  if (failed >= 0) {
    const words = `${pairWords(pairs[failed]!)} ${kind}`
    return { asked: pairs.length, misses: [{ words, expected: bound.text, seen: String(measured[failed]) }] }
  }
  const rates = measured.map(Number)
  const told = rates.map(rateWords).join(', ')
  if (kind === 'fairness') {
    const sum = rates.reduce((total, rate) => total + rate, 0)
    // Jain, Chiu and Hawe, "A quantitative measure of fairness", 1984.
    const index = sum ** 2 / (rates.length * rates.reduce((total, rate) => total + rate ** 2, 0))
    const seen = `${index.toFixed(3)} (${told})`
    return {
      asked: 1,
      seen,
      misses: isWithin(bound, index) ? [] : [{ words: `fairness of ${pairs.length} flows`, expected: bound.text, seen }],
    }
  }
  const misses = pairs.flatMap((pair, index): FirstMiss[] =>
    isWithin(bound, rates[index]!)
      ? []
      : [{ words: `${pairWords(pair)} throughput`, expected: bound.text, seen: rateWords(rates[index]!) }],
  )
  return { asked: pairs.length, misses, seen: told }
}

/** Bytes a second that arrived, or what went wrong. */
async function measure(session: Session, from: string, to: string, address: string, port: number): Promise<number | string> {
  if (to === '') return `${address} is no node of this lab, and nobody would answer there`
  const stop = new AbortController()
  const server = session.start(to, ['iperf3', '-s', '-1', '-p', String(port), '--forceflush'], { until: STARTED, signal: stop.signal })
  try {
    const problem = await server.ready
    if (problem !== undefined) return problem
    const { status, stdout, stderr } = await session.exec(from, ['iperf3', '-c', address, '-p', String(port), '-t', String(SECONDS), '-J'])
    const result = JSON.parse(stdout || '{}') as { error?: string; end?: { sum_received?: { bits_per_second?: number } } }
    const rate = result.end?.sum_received?.bits_per_second
    return status !== 0 || rate === undefined ? (result.error ?? (stderr.trim() || `iperf3 ended with status ${status}`)) : rate / 8
  } finally {
    stop.abort()
    await server.ended
  }
}

function rateWords(bytesPerSec: number): string {
  const bitsPerSec = bytesPerSec * 8
  const [unit, size] = bitsPerSec >= 1e9 ? ['gbit', 1e9] : bitsPerSec >= 1e6 ? ['mbit', 1e6] : ['kbit', 1e3]
  return `${(bitsPerSec / Number(size)).toFixed(1)} ${unit}`
}
