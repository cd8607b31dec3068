/** Whether an answer is the one that a test expects. */
import { familyOf, outcomesOf } from '../lab/answer.ts'
import type { Flow, FlowAnswer } from '../linux/flow/flow.ts'
import type { ReachExpectation } from '../topology/tests/test.ts'

/** Its outcome, its ICMP code and who sent it. */
export function isExpected(expectation: ReachExpectation, flow: Flow, answer: FlowAnswer): boolean {
  if (!outcomesOf(flow, answer).has(expectation.expect)) return false
  const { code, by } = expectation
  if (code !== undefined && (answer.outcome !== 'icmp' || answer.code !== (familyOf(flow.to) === 4 ? code.v4 : code.v6))) return false
  return by === undefined || (answer.outcome === 'icmp' && by.addresses.includes(answer.by))
}

/** Whether the expectation waits for something to come back. */
export function awaitsAnswer({ expect }: ReachExpectation): boolean {
  return expect !== 'no-reply' && expect !== 'filtered'
}
