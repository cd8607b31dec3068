/** All tests of one file: the lab comes up under a name of its own, and goes when they are done. */
import { basename } from 'node:path'
import { DiagnosticError, hasErrors } from '../diagnostic/diagnostic.ts'
import { validate, FindingsError } from '../lab/compile.ts'
import { down } from '../lab/down.ts'
import { up } from '../lab/up.ts'
import type { Test } from '../topology/tests/test.ts'
import { seconds } from './answer.ts'
import { letGoOn } from './act.ts'
import type { FileResult, TestResult } from './result.ts'
import { runTest } from './run-test.ts'
import { openSession } from './session.ts'

export interface RunOptions {
  /** Take the tests from this file instead. */
  readonly tests?: string
  /** Only tests whose name has this in it. */
  readonly filter?: string
  /** Stop at the first test that fails. */
  readonly bail?: boolean
  /** Leave the lab running: always, or when a test failed. */
  readonly keep?: 'always' | 'on-failure'
  /** The lab of that name runs already, and stays. */
  readonly running?: string
  /** How long one test may take. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  readonly onEvent?: (event: RunEvent) => void
}

export type RunEvent =
  | { readonly type: 'up'; readonly file: string; readonly lab: string; readonly tests: number }
  | { readonly type: 'test'; readonly file: string; readonly result: TestResult }
  | { readonly type: 'file'; readonly result: FileResult }

let count = 0

export async function runFile(file: string, options: RunOptions): Promise<FileResult> {
  const start = performance.now()
  const compiled = await validate(file, options.tests === undefined ? {} : { tests: options.tests })
  const lab = options.running ?? privateName(compiled.name)
  const base = { file, lab, sources: compiled.sources }
  const done = (more: Pick<FileResult, 'tests' | 'diagnostics' | 'isKept'> & Partial<FileResult>): FileResult => {
    const result = { ...base, elapsedMs: performance.now() - start, ...more }
    options.onEvent?.({ type: 'file', result })
    return result
  }
  if (hasErrors(compiled.diagnostics)) return done({ tests: [], diagnostics: compiled.diagnostics, failure: 'finding', isKept: false })
  const chosen = compiled.tests.filter(({ name }) => options.filter === undefined || name.includes(options.filter))
  if (chosen.length === 0 && options.running === undefined) return done({ tests: [], diagnostics: [], isKept: false })
  let isKept = options.running !== undefined
  try {
    if (options.running === undefined) await up(file, { name: lab, ...(options.signal !== undefined && { signal: options.signal }) })
    options.onEvent?.({ type: 'up', file, lab, tests: chosen.length })
    const tests = await runTests(file, lab, chosen, options)
    const isBad = tests.some(({ status }) => status === 'failed' || status === 'error')
    isKept ||= options.keep === 'always' || (options.keep === 'on-failure' && isBad)
    return done({ tests, diagnostics: [], isKept })
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return done({
      tests: [],
      diagnostics: error.diagnostics,
      failure: error instanceof FindingsError ? 'finding' : error.kind,
      isKept: false,
    })
  } finally {
    if (!isKept) await takeDown(lab)
  }
}

async function takeDown(lab: string): Promise<void> {
  await down(lab).catch((error: unknown) => {
    // It did not come up, and nothing of it is left.
    if (!(error instanceof DiagnosticError && error.diagnostics[0]?.code === 'LAB_UNKNOWN')) throw error
  })
}

/** No other run's lab has it, in this process or another. */
function privateName(lab: string): string {
  return `${basename(lab).slice(0, 40)}-test-${process.pid}-${++count}`
}

const TIMEOUT_MS = 300_000

/** What a test gave, or that it took too long: then it is left behind, and its answers come to nobody. */
async function limited(test: Test, running: Promise<TestResult>, limitMs: number): Promise<TestResult> {
  let timer: NodeJS.Timeout | undefined
  const note = `it took longer than ${seconds(limitMs)} (--timeout)`
  const base = { name: test.name, origin: test.origin, status: 'error', steps: [], points: test.points, earned: 0 } as const
  const late = new Promise<TestResult>((resolve) => {
    timer = setTimeout(() => resolve({ ...base, elapsedMs: limitMs, note }), limitMs)
  })
  return Promise.race([running, late]).finally(() => clearTimeout(timer))
}

async function runTests(file: string, lab: string, tests: readonly Test[], options: RunOptions): Promise<TestResult[]> {
  const results: TestResult[] = []
  const session = await openSession(lab)
  try {
    for (const test of tests) {
      options.signal?.throwIfAborted()
      const isOver = options.bail === true && results.some(({ status }) => status !== 'passed')
      const result: TestResult = isOver
        ? {
            name: test.name,
            origin: test.origin,
            status: 'skipped',
            steps: [],
            points: test.points,
            earned: 0,
            elapsedMs: 0,
            note: 'an earlier test failed',
          }
        : await limited(test, runTest(session, test), options.timeoutMs ?? TIMEOUT_MS)
      results.push(result)
      options.onEvent?.({ type: 'test', file, result })
      const actions = test.steps.filter((step) => step.step === 'act')
      if (actions.length > 0 && !test.keep && !isOver) {
        await letGoOn(session, actions)
        await up(file, { name: lab })
      }
    }
  } finally {
    await session.close()
  }
  return results
}
