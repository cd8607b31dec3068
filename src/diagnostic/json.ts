/**
 * Diagnostics for programs. The fields below are stable: new ones may come, none changes its meaning or goes.
 * Lines and columns count from 1; columns and lengths count UTF-16 units, as editors do.
 */
import { CODES } from './codes.ts'
import type { Code } from './codes.ts'
import type { Diagnostic, Severity } from './diagnostic.ts'
import { inOrder } from './order.ts'
import type { Origin } from './origin.ts'

/** What `--json` prints of findings and refusals. */
export interface DiagnosticsJson {
  readonly errors: number
  readonly warnings: number
  /** Ordered by file and line. */
  readonly diagnostics: readonly DiagnosticJson[]
}

export interface DiagnosticJson {
  readonly code: Code
  readonly severity: Severity
  /** The same for every diagnostic of this code. */
  readonly summary: string
  readonly detail: string
  readonly hint: string | null
  /** null: a mistake of the command line, or a refusal that no line of the file asked for. */
  readonly origin: Origin | null
  readonly related: readonly { readonly origin: Origin; readonly note: string }[]
  /** As in the picture: doing, kernel, same as … */
  readonly facts: Readonly<Record<string, string>>
  readonly command: { readonly sentence: string; readonly line: string } | null
}

export function diagnosticJson(diagnostic: Diagnostic): DiagnosticJson {
  const { code, severity, detail, hint, origin, related, facts, command } = diagnostic
  return {
    code,
    severity,
    summary: CODES[code],
    detail,
    hint: hint ?? null,
    origin: origin ?? null,
    related: related ?? [],
    facts: Object.fromEntries(facts ?? []),
    command: command ?? null,
  }
}

export function diagnosticsJson(diagnostics: readonly Diagnostic[]): DiagnosticsJson {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  return { errors, warnings: diagnostics.length - errors, diagnostics: inOrder(diagnostics).map(diagnosticJson) }
}
