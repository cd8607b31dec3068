/** Results for programs. The fields are stable: new ones may come, none changes its meaning or goes. */
import { diagnosticJson } from '../../diagnostic/json.ts'
import type { FileResult } from '../result.ts'
import { summaryOf } from '../result.ts'

export function resultsJson(results: readonly FileResult[]): object {
  return {
    ...summaryOf(results),
    files: results.map(({ file, lab, tests, elapsedMs, diagnostics, isKept }) => ({
      file,
      lab,
      isKept,
      elapsedMs: Math.round(elapsedMs),
      diagnostics: diagnostics.map(diagnosticJson),
      tests: tests.map((test) => ({
        ...test,
        note: test.note ?? null,
        elapsedMs: Math.round(test.elapsedMs),
        steps: test.steps.map((step) => ({
          ...step,
          seen: step.seen ?? null,
          heldAfterMs: step.heldAfterMs ?? null,
          convergenceMs: step.convergenceMs ?? null,
          elapsedMs: Math.round(step.elapsedMs),
          misses: step.misses.map((miss) => ({ ...miss, origin: miss.origin ?? null })),
        })),
      })),
    })),
  }
}
