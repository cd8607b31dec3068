/** All tests of one file: the lab comes up under a name of its own, and goes when they are done. */
import { basename } from 'node:path'
import { DiagnosticError, hasErrors } from '../diagnostic/diagnostic.ts'
import { validate } from '../lab/compile.ts'
import { down } from '../lab/down.ts'
import { up } from '../lab/up.ts'
import type { UpOptions } from '../lab/up-options.ts'
import type { Test } from '../topology/tests/test.ts'
import { seconds } from '../lab/answer.ts'
import { given } from '../unit/given.ts'
import type { CompiledLab } from '../topology/compile.ts'
import { writeBundle } from './bundle.ts'
import type { FileResult, TestResult } from './result.ts'
import { runTest } from './run-test.ts'
import { openSession, type Session } from './session.ts'

export interface RunOptions {
  /** Take the tests from this file instead. */
  readonly tests?: string
  /** Moves the subnets of the file, and of the file of tests. */
  readonly seed?: string
  /** The file is a student's answer: tests that do not fit it fail, and a seed moves the subnets of the tests alone. */
  readonly student?: string
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
  /** Where to write all that is to be known when a test fails. */
  readonly bundle?: string
  readonly signal?: AbortSignal
  readonly onEvent?: (event: RunEvent) => void
}

export type RunEvent =
  | { readonly type: 'up'; readonly file: string; readonly lab: string; readonly tests: number }
  | { readonly type: 'test'; readonly file: string; readonly result: TestResult }
  | { readonly type: 'file'; readonly result: FileResult }

let count = 0

/** What the tests gave, or why the lab did not come up. */
type Outcome = Pick<FileResult, 'tests' | 'diagnostics' | 'failure' | 'isKept' | 'bundles'>

export async function runFile(file: string, options: RunOptions): Promise<FileResult> {
  const start = performance.now()
  const { tests, seed, student } = options
  const own = student === undefined ? given({ seed, testsSeed: seed }) : { ...given({ testsSeed: seed }), isGraded: true }
  const compiled = await validate(file, { ...given({ tests }), ...own })
  const lab = options.running ?? privateName(compiled.name)
  const outcome = hasErrors(compiled.diagnostics)
    ? ({ tests: [], diagnostics: compiled.diagnostics, failure: 'finding', isKept: false, bundles: [] } as const)
    : await runIn(file, lab, compiled, options)
  const result = { file, ...given({ student }), lab, sources: compiled.sources, elapsedMs: performance.now() - start, ...outcome }
  options.onEvent?.({ type: 'file', result })
  return result
}

async function runIn(file: string, lab: string, { tests, sources }: CompiledLab, options: RunOptions): Promise<Outcome> {
  const { filter, running, signal, keep } = options
  const chosen = tests.filter(({ name }) => filter === undefined || name.includes(filter))
  if (chosen.length === 0) return { tests: [], diagnostics: [], isKept: running !== undefined, bundles: [] }
  let isKept = running !== undefined
  const bundles: string[] = []
  try {
    if (running === undefined) await up(file, { ...upOptions(lab, options), ...given({ signal }) })
    options.onEvent?.({ type: 'up', file, lab, tests: chosen.length })
    const results = await runTests({ file, lab, tests: chosen, sources, bundles }, options)
    const isBad = results.some(({ status }) => status === 'failed' || status === 'error')
    isKept ||= keep === 'always' || (keep === 'on-failure' && isBad)
    return { tests: results, diagnostics: [], isKept, bundles }
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return { tests: [], diagnostics: error.diagnostics, failure: error.kind, isKept: false, bundles }
  } finally {
    if (!isKept) await takeDown(lab)
  }
}

function upOptions(name: string, { seed, student }: RunOptions): UpOptions {
  return { name, ...(student === undefined && given({ seed })) }
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

/** What a test gave, or that it took too long: then the step that it is at is left behind, and no other begins. Errors: the signal's reason. */
async function limited(session: Session, test: Test, limitMs: number, signal: AbortSignal | undefined): Promise<TestResult> {
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  let giveUp: (() => void) | undefined
  const note = `it took longer than ${seconds(limitMs)} (--timeout)`
  const base = { name: test.name, origin: test.origin, status: 'error', steps: [], points: test.points, earned: 0 } as const
  const late = new Promise<TestResult>((resolve) => {
    timer = setTimeout(() => resolve({ ...base, elapsedMs: limitMs, note }), limitMs)
  })
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal!.reason as Error)
    signal?.addEventListener('abort', giveUp)
  })
  try {
    return await Promise.race([runTest(session, test, () => isOver), late, aborted])
  } finally {
    isOver = true
    clearTimeout(timer)
    if (giveUp !== undefined) signal?.removeEventListener('abort', giveUp)
  }
}

interface Run {
  readonly file: string
  readonly lab: string
  readonly tests: readonly Test[]
  readonly sources: FileResult['sources']
  /** Those that are written are added. */
  readonly bundles: string[]
}

async function runTests({ file, lab, tests, sources, bundles }: Run, options: RunOptions): Promise<TestResult[]> {
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
        : await limited(session, test, options.timeoutMs ?? TIMEOUT_MS, options.signal)
      results.push(result)
      const { bundle: directory } = options
      if (directory !== undefined && (result.status === 'failed' || result.status === 'error'))
        bundles.push(await writeBundle(session, result, { directory, file, sources, ...given({ seed: upOptions(lab, options).seed }) }))
      options.onEvent?.({ type: 'test', file, result })
      const hasActions = test.steps.some(({ step }) => step === 'act')
      if (hasActions && !test.keep && !isOver) await up(file, upOptions(lab, options))
    }
  } finally {
    await session.close()
  }
  return results
}
