/** The tests of a lab's file, asked of the lab as it runs. */
import { DiagnosticError, hasErrors } from '../diagnostic/diagnostic.ts'
import { validate } from '../lab/compile.ts'
import { readRecord } from '../lab/state.ts'
import type { TestResult } from './result.ts'
import { runFile } from './run-file.ts'

/** Names of the tests in the file from which the lab was made, and its texts. None where it was made from no file. Errors: findings. */
export async function readTests(lab: string): Promise<{ names: readonly string[]; sources: ReadonlyMap<string, string> }> {
  const file = readRecord(lab)?.file
  if (file === undefined) return { names: [], sources: new Map() }
  const { tests, sources, diagnostics } = await validate(file)
  if (hasErrors(diagnostics)) throw new DiagnosticError('finding', diagnostics)
  return { names: tests.map(({ name }) => name), sources }
}

/** Runs those whose name has `filter` in it, until the signal. `hear` is told each result. Errors: findings, refusals, AbortError. */
export async function runTests(lab: string, filter: string, hear: (result: TestResult) => void, signal: AbortSignal): Promise<void> {
  const file = readRecord(lab)?.file
  if (file === undefined) return
  const { diagnostics, failure } = await runFile(file, {
    running: lab,
    filter,
    signal,
    onEvent: (event) => event.type === 'test' && hear(event.result),
  })
  if (failure !== undefined) throw new DiagnosticError(failure, diagnostics)
}
