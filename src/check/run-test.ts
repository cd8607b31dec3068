/** One test: its steps in order, until the first that fails. */
import type { Step, Test } from '../topology/tests/test.ts'
import { act } from './act.ts'
import { diagnose } from './diagnose.ts'
import { prove } from './expect.ts'
import type { StepResult, TestResult } from './result.ts'
import type { Session } from './session.ts'

/** `isLate`: whether nobody waits for it any longer, so that no further step is to begin. */
export async function runTest(session: Session, test: Test, isLate: () => boolean): Promise<TestResult> {
  const start = performance.now()
  if (test.problem !== undefined) {
    const { name, origin, points, problem } = test
    return { name, origin, status: 'failed', steps: [], points, earned: 0, elapsedMs: 0, note: problem }
  }
  const steps: StepResult[] = []
  await rememberCounters(session, test)
  let since = start
  for (const step of test.steps) {
    const isOver = isLate() || steps.some(({ status }) => status === 'failed' || status === 'error')
    steps.push(isOver ? skipped(step) : step.step === 'expect' ? await prove(session, step, since, diagnose) : await act(session, step))
    if (step.step === 'act') since = performance.now()
  }
  const worst = (['error', 'failed'] as const).find((status) => steps.some((step) => step.status === status))
  const [asked, held] = [steps.reduce((sum, step) => sum + step.asked, 0), steps.reduce((sum, step) => sum + step.held, 0)]
  return {
    name: test.name,
    origin: test.origin,
    status: worst ?? 'passed',
    steps,
    points: test.points,
    earned: worst === undefined ? test.points : asked === 0 ? 0 : (test.points * held) / asked,
    elapsedMs: performance.now() - start,
  }
}

/** What rules had counted when the test began, for those that ask whether they have since. */
async function rememberCounters(session: Session, { steps }: Test): Promise<void> {
  session.countersBefore.clear()
  for (const step of steps)
    if (step.step === 'expect' && step.kind === 'state' && step.state.noun === 'counter')
      for (const node of step.nodes) if (!session.countersBefore.has(node)) session.countersBefore.set(node, await session.counters(node))
}

function skipped(step: Step): StepResult {
  const asked = step.step === 'expect' ? 1 : 0
  return { words: step.words, origin: step.origin, status: 'skipped', asked, held: 0, misses: [], moreMisses: 0, elapsedMs: 0 }
}
