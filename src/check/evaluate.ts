/** One expectation, asked once: by its kind. */
import type { Expectation } from '../topology/tests/test.ts'
import { evaluateDns, evaluateHttp, evaluateRun } from './application.ts'
import type { Evaluation } from './evaluation.ts'
import { evaluateState } from './kernel-state.ts'
import { evaluateMtu } from './mtu.ts'
import { evaluateNeigh } from './neigh.ts'
import { evaluatePath, evaluatePaths } from './path.ts'
import { evaluateReach } from './reach.ts'
import type { Session } from './session.ts'
import { evaluateIsolated, evaluateMatrix } from './sets.ts'
import { evaluateThroughput } from './throughput.ts'

/** `timeoutMs`: for each answer, where another than the kind's own is wanted. */
export function evaluate(session: Session, expectation: Expectation, timeoutMs?: number): Promise<Evaluation> {
  switch (expectation.kind) {
    case 'ping':
    case 'tcp':
    case 'udp':
      return evaluateReach(session, expectation, timeoutMs)
    case 'path':
      return evaluatePath(session, expectation, timeoutMs)
    case 'paths':
      return evaluatePaths(session, expectation, timeoutMs)
    case 'mtu':
      return evaluateMtu(session, expectation, timeoutMs)
    case 'arp':
    case 'nd':
      return evaluateNeigh(session, expectation, timeoutMs)
    case 'isolated':
      return evaluateIsolated(session, expectation, timeoutMs)
    case 'matrix':
      return evaluateMatrix(session, expectation, timeoutMs)
    case 'http':
      return evaluateHttp(session, expectation, timeoutMs)
    case 'dns':
      return evaluateDns(session, expectation, timeoutMs)
    case 'run':
      return evaluateRun(session, expectation, timeoutMs)
    case 'state':
      return evaluateState(session, expectation)
    case 'throughput':
    case 'fairness':
      return evaluateThroughput(session, expectation)
  }
}
