/** What failed in a test, in plain lines: the same in every report. */
import type { FileResult, Miss, StepResult, TestResult } from '../result.ts'

export function failureText(test: TestResult, { file }: Pick<FileResult, 'file'>): string {
  const steps = failedSteps(test)
  return steps.flatMap((step) => [...step.misses.map(missWords), ...restOf(step), `at ${file}:${step.origin.line}`]).join('\n')
}

export function failedSteps({ steps }: TestResult): readonly StepResult[] {
  return steps.filter(({ status }) => status === 'failed' || status === 'error')
}

function missWords({ words, expected, seen, because }: Miss): string {
  return [`${words}: expected ${expected}, seen: ${seen}`, ...because.map((line) => `because: ${line}`)].join('\n')
}

function restOf({ moreMisses }: StepResult): string[] {
  return moreMisses > 0 ? [`and ${moreMisses} more`] : []
}
