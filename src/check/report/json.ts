/** Results for programs. The fields are stable: new ones may come, none changes its meaning or goes. */
import { diagnosticJson } from '../../diagnostic/json.ts'
import { gradesOf } from '../grade.ts'
import type { FileResult, StepResult, TestResult } from '../result.ts'
import { summaryOf } from '../result.ts'

export function resultsJson(results: readonly FileResult[]): object {
  const grades = gradesOf(results)
  return {
    ...summaryOf(results),
    files: results.map(({ file, student, lab, tests, elapsedMs, diagnostics, isKept, bundles }, index) => ({
      file,
      student: student ?? null,
      points: grades[index]!.points,
      of: grades[index]!.of,
      lab,
      isKept,
      elapsedMs: Math.round(elapsedMs),
      diagnostics: diagnostics.map(diagnosticJson),
      bundles,
      tests: tests.map(testJson),
    })),
  }
}

function testJson({ name, origin, status, points, earned, elapsedMs, note, steps }: TestResult): object {
  return { name, origin, status, points, earned, elapsedMs: Math.round(elapsedMs), note: note ?? null, steps: steps.map(stepJson) }
}

function stepJson({ misses, ...step }: StepResult): object {
  return {
    ...step,
    seen: step.seen ?? null,
    heldAfterMs: step.heldAfterMs ?? null,
    convergenceMs: step.convergenceMs ?? null,
    elapsedMs: Math.round(step.elapsedMs),
    misses: misses.map(({ words, expected, seen, because, origin }) => ({ words, expected, seen, because, origin: origin ?? null })),
  }
}
