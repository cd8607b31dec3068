/** One expectation, asked once: by its kind. */
import type { Expectation } from '../topology/tests/test.ts'
import type { Evaluation } from './evaluation.ts'
import { evaluateReach } from './reach.ts'
import type { Session } from './session.ts'

export function evaluate(session: Session, expectation: Expectation, timeoutMs = expectation.timeoutMs): Promise<Evaluation> {
  switch (expectation.kind) {
    case 'ping':
    case 'tcp':
    case 'udp':
      return evaluateReach(session, expectation, timeoutMs)
    default:
      throw new Error(expectation.kind)
  }
}
