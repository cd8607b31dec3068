/** An expectation in time: until it holds (`within`), for how long it holds (`for`), and what was seen where it does not. */
import type { Expectation } from '../topology/tests/test.ts'
import { seconds } from '../lab/answer.ts'
import { given } from '../unit/given.ts'
import { evaluate } from './evaluate.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import type { Miss, StepResult } from './result.ts'
import type { Session } from './session.ts'

/** While it is asked over and over, a try may not take longer, or the time when it held would be known no better. */
const TRY_TIMEOUT_MS = 300
const TRY_PAUSE_MS = 50
/** How many misses are looked into and shown. */
const SHOWN_MISSES = 3

/** Finds out why; given by whoever has the time for it. */
export type Diagnose = (session: Session, expectation: Expectation, miss: FirstMiss) => Promise<readonly string[]>

/** Proves one expectation. `since`: when the last action ended, in the clock of performance.now(). */
export async function prove(session: Session, expectation: Expectation, since: number, diagnose: Diagnose): Promise<StepResult> {
  const start = performance.now()
  const proof = await evaluateInTime(session, expectation, start)
  const { evaluation, holds } = proof
  const heldAfterMs = expectation.withinMs !== undefined && holds ? proof.heldAt - start : undefined
  const misses = holds ? [] : await explained(session, expectation, evaluation, diagnose)
  return {
    words: expectation.words,
    origin: expectation.origin,
    status: holds ? 'passed' : 'failed',
    asked: evaluation.asked,
    held: holds ? evaluation.asked : Math.max(0, evaluation.asked - Math.max(1, evaluation.misses.length)),
    ...(evaluation.seen !== undefined && { seen: evaluation.seen }),
    misses,
    moreMisses: holds || expectation.not ? 0 : evaluation.misses.length - misses.length,
    ...(heldAfterMs !== undefined && { heldAfterMs }),
    ...(expectation.isMeasured && holds && { convergenceMs: proof.heldAt - since }),
    elapsedMs: performance.now() - start,
  }
}

interface Proof {
  readonly evaluation: Evaluation
  readonly holds: boolean
  /** performance.now() when the question was asked that was answered well. */
  readonly heldAt: number
}

async function evaluateInTime(session: Session, expectation: Expectation, start: number): Promise<Proof> {
  const { withinMs, forMs } = expectation
  let proof = await once(session, expectation, withinMs === undefined ? undefined : TRY_TIMEOUT_MS)
  if (withinMs !== undefined) {
    while (!proof.holds && performance.now() - start < withinMs) {
      await new Promise((resolve) => setTimeout(resolve, TRY_PAUSE_MS))
      // Now and then with all the time that an answer may take: the way may be longer than a short try.
      const isLong = performance.now() - start > withinMs / 2
      proof = await once(session, expectation, isLong ? undefined : TRY_TIMEOUT_MS)
    }
  }
  return forMs === undefined || !proof.holds ? proof : hold(session, expectation, forMs, proof)
}

async function once(session: Session, expectation: Expectation, shortMs: number | undefined): Promise<Proof> {
  const heldAt = performance.now()
  const timeoutMs = expectation.timeoutMs ?? shortMs
  const evaluation = await evaluate(session, expectation, timeoutMs)
  return { evaluation, holds: (evaluation.misses.length === 0) !== expectation.not, heldAt }
}

/** Asks over and over; every question counts. */
async function hold(session: Session, expectation: Expectation, forMs: number, first: Proof): Promise<Proof> {
  const start = performance.now()
  let asked = first.evaluation.asked
  const misses: FirstMiss[] = []
  while (performance.now() - start < forMs) {
    await new Promise((resolve) => setTimeout(resolve, TRY_PAUSE_MS))
    const at = performance.now() - start
    const { evaluation, holds } = await once(session, expectation, undefined)
    asked += evaluation.asked
    if (!holds) misses.push(...evaluation.misses.map((miss) => ({ ...miss, seen: `${miss.seen}, after ${seconds(at)}` })))
  }
  const seen = `${misses.length} of ${asked} lost in ${seconds(forMs)}`
  return { evaluation: { asked, misses, seen }, holds: misses.length === 0, heldAt: first.heldAt }
}

async function explained(session: Session, expectation: Expectation, evaluation: Evaluation, diagnose: Diagnose): Promise<Miss[]> {
  if (expectation.not) {
    const seen = evaluation.seen === undefined ? 'it holds' : `it holds: ${evaluation.seen}`
    return [{ words: expectation.words, expected: 'that it does not hold', seen, because: [] }]
  }
  const misses: Miss[] = []
  for (const miss of evaluation.misses.slice(0, SHOWN_MISSES)) {
    const { words, expected, seen, origin, flow } = miss
    const because = [...(miss.because ?? []), ...(await diagnose(session, expectation, miss))]
    misses.push({ words, expected, seen, because: [...new Set(because)], ...given({ origin, flow }) })
  }
  return misses
}
