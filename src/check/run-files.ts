/** Several files, several times, several at once. */
import { given } from '../unit/given.ts'
import type { FileResult } from './result.ts'
import { runFile, type RunOptions } from './run-file.ts'

export type { RunEvent } from './run-file.ts'

export interface RunFilesOptions extends RunOptions {
  /** How many times each file. Default: 1. */
  readonly repeat?: number
  /** How many labs at once. Default: 1. */
  readonly jobs?: number
}

/** A file to run, and whose it is where it is graded. */
export interface FileToRun {
  readonly file: string
  readonly student?: string
}

/** In a seed: the student's name. */
const STUDENT = '{student}'

/** Runs the tests of every file; the results stand in the order of the files. After a failure, `bail` begins no further file. */
export async function runFiles(files: readonly FileToRun[], options: RunFilesOptions): Promise<FileResult[]> {
  const runs = Array.from({ length: options.repeat ?? 1 }, () => files).flat()
  const results: FileResult[] = []
  let next = 0
  let isOver = false
  const work = async (): Promise<void> => {
    while (next < runs.length && !isOver) {
      const index = next++
      const { file, student } = runs[index]!
      const seed = options.seed?.replaceAll(STUDENT, student ?? '')
      const result = await runFile(file, { ...options, ...given({ student, seed }) })
      results[index] = result
      const isBad = result.failure !== undefined || result.tests.some(({ status }) => status === 'failed' || status === 'error')
      isOver ||= options.bail === true && isBad
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.jobs ?? 1, runs.length) }, work))
  return results.filter((result) => result !== undefined)
}
