/** A place in a source file. Lines and columns count from 1; columns and length count UTF-16 units of that line. */
export interface Origin {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly length: number
}

/** What a place in a source file asked for; absent where netlab gives it of its own accord. */
export interface Sourced {
  readonly origin?: Origin
}
