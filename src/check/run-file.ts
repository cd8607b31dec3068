/** All tests of one file: the lab comes up under a name of its own, and goes when they are done. */
import { basename } from 'node:path'
import { DiagnosticError, hasErrors } from '../diagnostic/diagnostic.ts'
import { validate } from '../lab/compile.ts'
import { down } from '../lab/down.ts'
import { up } from '../lab/up.ts'
import type { Test } from '../topology/tests/test.ts'
import { seconds } from '../lab/answer.ts'
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

/** What the tests gave, or why the lab did not come up. */
type Outcome = Pick<FileResult, 'tests' | 'diagnostics' | 'failure' | 'isKept'>

export async function runFile(file: string, options: RunOptions): Promise<FileResult> {
  const start = performance.now()
  const compiled = await validate(file, options.tests === undefined ? {} : { tests: options.tests })
  const lab = options.running ?? privateName(compiled.name)
  const outcome = hasErrors(compiled.diagnostics)
    ? ({ tests: [], diagnostics: compiled.diagnostics, failure: 'finding', isKept: false } as const)
    : await runIn(file, lab, compiled.tests, options)
  const result = { file, lab, sources: compiled.sources, elapsedMs: performance.now() - start, ...outcome }
  options.onEvent?.({ type: 'file', result })
  return result
}

async function runIn(file: string, lab: string, tests: readonly Test[], options: RunOptions): Promise<Outcome> {
  const { filter, running, signal, keep } = options
  const chosen = tests.filter(({ name }) => filter === undefined || name.includes(filter))
  if (chosen.length === 0) return { tests: [], diagnostics: [], isKept: running !== undefined }
  let isKept = running !== undefined
  try {
    if (running === undefined) await up(file, { name: lab, ...(signal !== undefined && { signal }) })
    options.onEvent?.({ type: 'up', file, lab, tests: chosen.length })
    const results = await runTests(file, lab, chosen, options)
    const isBad = results.some(({ status }) => status === 'failed' || status === 'error')
    isKept ||= keep === 'always' || (keep === 'on-failure' && isBad)
    return { tests: results, diagnostics: [], isKept }
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return { tests: [], diagnostics: error.diagnostics, failure: error.kind, isKept: false }
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
