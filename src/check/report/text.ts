/** The report for people: what passed in a line each, what failed with its place in the file and what was seen instead. */
import { formatDiagnostics } from '../../diagnostic/text.ts'
import { displayPath } from '../../diagnostic/text.ts'
import { seconds } from '../../lab/answer.ts'
import type { FileResult, Miss, StepResult, TestResult } from '../result.ts'
import { summaryOf } from '../result.ts'

export interface TextOptions {
  readonly color: boolean
  readonly width: number
  readonly cwd: string
}

const MARKS = { passed: '✓', failed: '✗', error: '!', skipped: '-' } as const
const COLORS = { passed: 32, failed: 31, error: 31, skipped: 33 } as const

/** The line of a test, and what is to say of it where it failed. */
export function testText(result: TestResult, sources: FileResult['sources'], options: TextOptions): string {
  const paint = (code: number, text: string): string => (options.color ? `\u001b[${code}m${text}\u001b[0m` : text)
  const mark = paint(COLORS[result.status], MARKS[result.status])
  const facts = factsOf(result)
  const head = `  ${mark} ${result.name}${facts === '' ? '' : paint(2, `  ${facts}`)}\n`
  if (result.status === 'passed' || result.status === 'skipped') return head
  const steps = result.steps.filter(({ status }) => status === 'failed' || status === 'error')
  return head + steps.map((step) => stepText(step, sources, options)).join('')
}

function factsOf({ steps, elapsedMs, note }: TestResult): string {
  if (note !== undefined) return note
  const parts = steps.flatMap(({ seen, heldAfterMs, convergenceMs }) => [
    ...(convergenceMs !== undefined
      ? [`converged after ${seconds(convergenceMs)}`]
      : heldAfterMs !== undefined
        ? [`after ${seconds(heldAfterMs)}`]
        : []),
    ...(seen === undefined ? [] : [seen]),
  ])
  return [...parts, seconds(elapsedMs)].join(', ')
}

function stepText({ words, origin, misses, moreMisses }: StepResult, sources: FileResult['sources'], { cwd }: TextOptions): string {
  const line = sources.get(origin.file)?.split('\n')[origin.line - 1]?.trim()
  const place = `      ${displayPath(origin.file, cwd)}:${origin.line}: ${line ?? words}\n`
  const more = moreMisses > 0 ? `      and ${moreMisses} more\n` : ''
  return place + misses.map(missText).join('') + more
}

/** What one miss tells. */
export function missText({ words, expected, seen, because, origin }: Miss): string {
  const place = origin === undefined ? '' : ` (line ${origin.line}, column ${origin.column})`
  const lines = [`      ${words}${place}`, `        expected: ${expected}`, `        seen:     ${indented(seen)}`]
  if (because.length > 0) lines.push(`        because:  ${because.map(indented).join('\n                  ')}`)
  return lines.map((line) => `${line}\n`).join('')
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n                  ')
}

/** What is said of a file when all its tests are done. */
export function fileText({ file, diagnostics, sources, tests, isKept, lab, bundles }: FileResult, options: TextOptions): string {
  if (diagnostics.length > 0) return formatDiagnostics(diagnostics, sources, options)
  if (tests.length === 0) return `  ${displayPath(file, options.cwd)}: no tests\n`
  const told = bundles.map((bundle) => `  What is to be known of it: ${displayPath(bundle, options.cwd)}\n`).join('')
  return told + (isKept ? `  The lab ${lab} is still there. To look around: netlab shell ${lab} NODE; to end it: netlab down ${lab}\n` : '')
}

/** `12 passed, 1 failed, 0 skipped in 3.4 s` */
export function summaryText(results: readonly FileResult[], elapsedMs: number): string {
  const { passed, failed, skipped } = summaryOf(results)
  return `${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds(elapsedMs)}\n`
}
