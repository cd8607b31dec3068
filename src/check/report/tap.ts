/** TAP version 14, testanything.org. */
import { stringify } from 'yaml'
import type { FileResult } from '../result.ts'
import { failedSteps } from './failure.ts'

export function formatTap(results: readonly FileResult[]): string {
  const lines: string[] = []
  let number = 0
  for (const { file, tests, diagnostics } of results) {
    for (const test of tests) {
      const isBad = test.status === 'failed' || test.status === 'error'
      const directive = test.status === 'skipped' ? ' # SKIP' : ''
      lines.push(`${isBad ? 'not ok' : 'ok'} ${++number} - ${escaped(test.name)}${directive}`)
      if (isBad) {
        const step = failedSteps(test)[0]
        const detail = {
          file,
          line: step?.origin.line,
          misses: step?.misses.map(({ words, expected, seen, because }) => ({ words, expected, seen, because })),
        }
        lines.push(
          '  ---',
          ...stringify(detail, { lineWidth: 0 })
            .trimEnd()
            .split('\n')
            .map((line) => `  ${line}`),
          '  ...',
        )
      }
    }
    if (diagnostics.length > 0)
      lines.push(
        `not ok ${++number} - ${escaped(`${file} comes up`)}`,
        ...diagnostics.map(({ detail }) => `# ${detail.replaceAll('\n', ' ')}`),
      )
  }
  return ['TAP version 14', `1..${number}`, ...lines].map((line) => `${line}\n`).join('')
}

/** `#` begins a directive, and a line is a line. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('#', '\\#').replace(/\s+/g, ' ')
}
