/** What a tier says of itself when it has run. */
export interface TierReport {
  passed: number
  failed: number
  skips: Skip[]
}

/** A test that could not run, and why, in the words of whoever refused. */
export interface Skip {
  readonly test: string
  readonly reason: string
}
