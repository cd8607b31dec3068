/** Errors become words on stderr (or JSON on stdout) and an exit code. The only place that knows both. */
import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { diagnosticsJson } from '../diagnostic/json.ts'
import { formatDiagnostics } from '../diagnostic/text.ts'
import type { Sources } from '../diagnostic/text.ts'
import { Interrupted } from './context.ts'
import type { Context } from './context.ts'
import { EXIT_BUG, EXIT_REFUSED, EXIT_USAGE } from './exit-code.ts'

/** A file beyond this is shown without its line: nobody reads it there. */
const MAX_SOURCE_BYTES = 16 * 1024 * 1024

/** Says what went wrong and gives the exit code for it. */
export function reportError(context: Context, error: unknown, asJson: boolean): number {
  if (error instanceof Interrupted) {
    context.stderr.write(`netlab: ${error.message}. What was begun is undone.\n`)
    return error.exitCode
  }
  if (error instanceof DiagnosticError) {
    if (asJson) writeJson(context, diagnosticsJson(error.diagnostics))
    else writeDiagnostics(context, error.diagnostics, sourcesOf(error))
    return error.kind === 'finding' ? EXIT_USAGE : EXIT_REFUSED
  }
  context.stderr.write(bugText(error))
  return EXIT_BUG
}

/** Findings of a file bring its text with them (FindingsError of src/lab/compile.ts). */
function sourcesOf(error: DiagnosticError): Sources | undefined {
  return 'sources' in error && error.sources instanceof Map ? (error.sources as Sources) : undefined
}

/** Pictures on stderr. Sources that are not handed in are read again. */
export function writeDiagnostics(context: Context, diagnostics: readonly Diagnostic[], sources = readSources(context, diagnostics)): void {
  const { hasColor, columns } = context.stderr
  context.stderr.write(formatDiagnostics(diagnostics, sources, { color: hasColor, width: columns, cwd: context.cwd }))
}

/** One JSON value on stdout, for people too: indented. */
export function writeJson(context: Context, value: unknown): void {
  context.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
}

function bugText(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? String(error)) : `Thrown: ${String(error)}`
  const cause = error instanceof Error && error.cause instanceof Error ? `\nCaused by: ${error.cause.stack ?? error.cause.message}` : ''
  return `${text}${cause}\n\nThis is a bug in netlab. Please report it with the lines above and the file that led to it.\n`
}

function readSources(context: Context, diagnostics: readonly Diagnostic[]): Sources {
  const origins = diagnostics.flatMap((diagnostic) => [diagnostic.origin, ...(diagnostic.related ?? []).map((place) => place.origin)])
  const sources = new Map<string, string>()
  for (const file of new Set(origins.flatMap((origin) => (origin === undefined ? [] : [origin.file])))) {
    const text = readSource(resolve(context.cwd, file))
    if (text !== undefined) sources.set(file, text)
  }
  return sources
}

/** A file that is gone by now is shown without its line. */
function readSource(path: string): string | undefined {
  try {
    const stat = statSync(path)
    return stat.isFile() && stat.size <= MAX_SOURCE_BYTES ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined
  }
}
