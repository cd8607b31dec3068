/** What students have earned. */
import type { FileResult, TestResult } from './result.ts'

export interface Grade {
  readonly student: string
  readonly file: string
  readonly points: number
  readonly of: number
  /** In the order of the tests; empty where the file could not be run. */
  readonly tests: readonly Pick<TestResult, 'name' | 'points' | 'earned'>[]
  /** Why nothing was earned at all. */
  readonly note?: string
}

/** A grade for each file. What can be earned where a file could not be run is what others could. */
export function gradesOf(results: readonly FileResult[]): Grade[] {
  const totalOf = ({ tests }: FileResult): number => tests.reduce((sum, { points }) => sum + points, 0)
  const of = Math.max(0, ...results.map(totalOf))
  return results.map((result) => {
    const { student, file, tests, diagnostics } = result
    const problem = tests.length > 0 ? undefined : diagnostics.find(({ severity }) => severity === 'error')
    return {
      student: student ?? file,
      file,
      points: rounded(tests.reduce((sum, { earned }) => sum + earned, 0)),
      of: tests.length === 0 ? of : totalOf(result),
      tests: tests.map(({ name, points, earned }) => ({ name, points, earned: rounded(earned) })),
      ...(problem !== undefined && { note: problemWords(problem) }),
    }
  })
}

function problemWords({ code, detail, origin }: FileResult['diagnostics'][number]): string {
  return `${origin === undefined ? '' : `line ${origin.line}: `}${code}: ${detail}`
}

/** To hundredths: what is paid for a third of a test is no number of many digits. */
function rounded(points: number): number {
  return Math.round(points * 100) / 100
}
