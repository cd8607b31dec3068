import type { Code } from './codes.ts'
import type { Origin } from './origin.ts'

export type Severity = 'error' | 'warning'

/**
 * One thing the user must know: a finding (the input is wrong) or a refusal (the kernel, a tool or the system said no).
 * Collected and returned, never printed where it is found; `formatDiagnostic` is the only maker of its picture.
 */
export interface Diagnostic {
  readonly code: Code
  readonly severity: Severity
  /** Full sentences: what is wrong, with the names and the values that are accepted. */
  readonly detail: string
  /** A way out: "Did you mean …?", what to change. */
  readonly hint?: string
  readonly origin?: Origin
  /** Other places that take part, e.g. where the address was used first. */
  readonly related?: readonly { readonly origin: Origin; readonly note: string }[]
  /** Lines of `key: value` under the picture (doing, kernel, same as …), in order. */
  readonly facts?: readonly (readonly [key: string, value: string])[]
  /** A command to copy, shown alone on an indented line after the sentence before it. */
  readonly command?: { readonly sentence: string; readonly line: string }
}

/** Thrown by use cases when diagnostics stop them. Carries every diagnostic, warnings included. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[]
  /** `finding`: the input is wrong (exit 2). `refusal`: the kernel, a tool or the system said no (exit 3). */
  readonly kind: 'finding' | 'refusal'

  constructor(kind: 'finding' | 'refusal', diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(messageOf).join('\n'))
    this.name = 'DiagnosticError'
    this.kind = kind
    this.diagnostics = diagnostics
  }
}

/** What was done and what the kernel said of it stand before the sentences. */
function messageOf({ code, detail, facts = [] }: Diagnostic): string {
  return `${code}: ${[...facts.map(([key, value]) => `${key}: ${value}`), detail].join('\n  ')}`
}

/** Whether any of them stops the work. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}
