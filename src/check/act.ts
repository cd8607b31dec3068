/** One action of a timeline. */
import type { Action } from '../topology/tests/test.ts'
import type { StepResult } from './result.ts'
import type { Session } from './session.ts'

export async function act(session: Session, action: Action): Promise<StepResult> {
  const start = performance.now()
  const problem = await perform(session, action)
  const miss = { words: action.words, expected: 'that it can be done', seen: problem ?? '', because: [] }
  return {
    words: action.words,
    origin: action.origin,
    status: problem === undefined ? 'passed' : 'error',
    asked: 0,
    held: 0,
    misses: problem === undefined ? [] : [miss],
    moreMisses: 0,
    elapsedMs: performance.now() - start,
  }
}

/** What went wrong, in words. */
async function perform(session: Session, action: Action): Promise<string | undefined> {
  switch (action.kind) {
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, action.ms))
      return undefined
    case 'exec':
      for (const argv of action.commands) {
        const { status, stdout, stderr } = await session.exec(action.node, argv)
        if (status !== 0) return `status ${status}: ${(stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n')}`
      }
      return undefined
    default:
      throw new Error(action.kind)
  }
}
