/** What `up` tells while it works. */
export type UpEvent =
  | { readonly type: 'stage'; readonly stage: 'apply' | 'verify' | 'undo' }
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | { readonly type: 'done'; readonly lab: string; readonly operations: number; readonly elapsedMs: number }

export interface UpOptions {
  /** Another name than the file's. */
  readonly name?: string
  /** Moves the private subnets of the file: the same seed, the same way. */
  readonly seed?: string
  /** Take a running lab of that name down first. */
  readonly recreate?: boolean
  /** Undoes what was done, and rejects with its reason. */
  readonly signal?: AbortSignal
  readonly onEvent?: (event: UpEvent) => void
  /** How many operations the engine carries out between two reports of progress. */
  readonly slice?: number
}
