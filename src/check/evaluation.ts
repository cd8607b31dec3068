/** The answer to one expectation, asked once. */
import type { Flow } from '../linux/flow/flow.ts'
import type { Origin } from '../diagnostic/origin.ts'

export interface Evaluation {
  readonly asked: number
  /** What did not come as expected. */
  readonly misses: readonly FirstMiss[]
  /** What was measured, in words. */
  readonly seen?: string
}

/** A miss before anybody has looked for its cause. */
export interface FirstMiss {
  readonly words: string
  readonly expected: string
  readonly seen: string
  readonly origin?: Origin
  /** What is known without looking further. */
  readonly because?: readonly string[]
  /** The packet to follow, and whether its answer was wanted. */
  readonly flow?: Flow
  readonly wantsAnswer?: boolean
}
