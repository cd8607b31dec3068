/** What a run of tests found. Plain data, which every report is made from. */
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'
import type { Flow } from '../linux/flow/flow.ts'

/** `error`: it could not be asked, e.g. because an action of its own failed. */
export type Status = 'passed' | 'failed' | 'error' | 'skipped'

/** One question that was not answered as expected. */
export interface Miss {
  /** `h1 → web (10.0.2.10) tcp 80` */
  readonly words: string
  readonly expected: string
  /** What came instead. */
  readonly seen: string
  /** Why, as far as the network tells: full sentences, the most telling first. */
  readonly because: readonly string[]
  /** Of a part of the expectation, where it has a place of its own. */
  readonly origin?: Origin
  /** The packet, to be sent once more. */
  readonly flow?: Flow
}

export interface StepResult {
  readonly words: string
  readonly origin: Origin
  readonly status: Status
  /** How many questions were asked, and how many were answered as expected. */
  readonly asked: number
  readonly held: number
  /** What was measured, in words: round-trip times, loss, shares. */
  readonly seen?: string
  readonly misses: readonly Miss[]
  /** Misses that are not in the list: a hundred of a kind tell no more than a few. */
  readonly moreMisses: number
  /** Of `within`: after how long it held. */
  readonly heldAfterMs?: number
  /** Of `measure: convergence`: time from the last action until it held. */
  readonly convergenceMs?: number
  readonly elapsedMs: number
}

export interface TestResult {
  readonly name: string
  readonly origin: Origin
  readonly status: Status
  readonly steps: readonly StepResult[]
  readonly points: number
  /** Of the points; in part where a part of what was asked held. */
  readonly earned: number
  readonly elapsedMs: number
  /** Why it was not run, or could not be. */
  readonly note?: string
}

export interface FileResult {
  readonly file: string
  /** Whose answer it is, where it is graded. */
  readonly student?: string
  /** Name under which the lab ran. */
  readonly lab: string
  readonly tests: readonly TestResult[]
  readonly elapsedMs: number
  /** The lab could not be brought up. */
  readonly diagnostics: readonly Diagnostic[]
  /** Of the diagnostics: the input is wrong, or the kernel refused. */
  readonly failure?: 'finding' | 'refusal' | undefined
  /** Texts of the files by the names that origins have. */
  readonly sources: ReadonlyMap<string, string>
  /** Whether the lab is still there. */
  readonly isKept: boolean
  /** Directories that tell of the tests that failed. */
  readonly bundles: readonly string[]
}

export interface Summary {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export function summaryOf(results: readonly FileResult[]): Summary {
  const tests = results.flatMap((result) => result.tests)
  const count = (...statuses: Status[]): number => tests.filter(({ status }) => statuses.includes(status)).length
  return { passed: count('passed'), failed: count('failed', 'error'), skipped: count('skipped') }
}
