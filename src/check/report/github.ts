/** Annotations of GitHub Actions: workflow commands on stdout, which the web page shows at the lines of the file. */
import { relative } from 'node:path'
import type { FileResult } from '../result.ts'
import { failedSteps, failureText } from './failure.ts'

export function formatGithub(results: readonly FileResult[], cwd: string): string {
  const lines = results.flatMap((result) => [
    ...result.diagnostics.map(({ code, detail, origin }) => command(cwd, code, detail, origin)),
    ...result.tests
      .filter(({ status }) => status === 'failed' || status === 'error')
      .map((test) => command(cwd, test.name, failureText(test, result), failedSteps(test)[0]?.origin ?? test.origin)),
  ])
  return lines.map((line) => `${line}\n`).join('')
}

function command(
  cwd: string,
  title: string,
  text: string,
  origin?: { readonly file: string; readonly line: number; readonly column: number },
): string {
  const place = origin === undefined ? '' : `file=${property(relative(cwd, origin.file))},line=${origin.line},col=${origin.column},`
  return `::error ${place}title=${property(title)}::${data(text)}`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
