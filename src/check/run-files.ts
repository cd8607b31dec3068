/** Several files, several times, several at once. */
import type { FileResult } from './result.ts'
import { runFile, type RunOptions } from './run-file.ts'

export type { RunEvent } from './run-file.ts'

export interface RunFilesOptions extends RunOptions {
  /** How many times each file. Default: 1. */
  readonly repeat?: number
  /** How many labs at once. Default: 1. */
  readonly jobs?: number
}

/** Runs the tests of every file; the results stand in the order of the files. After a failure, `bail` begins no further file. */
export async function runFiles(files: readonly string[], options: RunFilesOptions): Promise<FileResult[]> {
  const runs = Array.from({ length: options.repeat ?? 1 }, () => files).flat()
  const results: FileResult[] = []
  let next = 0
  let isOver = false
  const work = async (): Promise<void> => {
    while (next < runs.length && !isOver) {
      const index = next++
      const result = await runFile(runs[index]!, options)
      results[index] = result
      const isBad = result.failure !== undefined || result.tests.some(({ status }) => status === 'failed' || status === 'error')
      isOver ||= options.bail === true && isBad
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.jobs ?? 1, runs.length) }, work))
  return results.filter((result) => result !== undefined)
}
