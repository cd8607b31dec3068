/** What a tier says of itself when it has run. */
export interface TierReport {
  passed: number
  failed: number
  /** One for each failure that has a test or a file to name: `failed` may be more. */
  failures: Failure[]
  skips: Skip[]
}

/** A test that failed, and the first of what it said. */
export interface Failure {
  readonly test: string
  readonly message: string
}

/** A test that could not run, and why, in the words of whoever refused. */
export interface Skip {
  readonly test: string
  readonly reason: string
}
