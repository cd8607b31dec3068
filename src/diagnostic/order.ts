import type { Diagnostic } from './diagnostic.ts'

/** By file, line and column; what has no place comes last. Equal places keep their order, so nothing is lost or shuffled. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...diagnostics].sort((a, b) => {
    if (a.origin === undefined || b.origin === undefined) return Number(a.origin === undefined) - Number(b.origin === undefined)
    if (a.origin.file !== b.origin.file) return a.origin.file < b.origin.file ? -1 : 1
    return a.origin.line - b.origin.line || a.origin.column - b.origin.column
  })
}

/** `2 errors, 1 warning` */
export function countWords(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length
  const warnings = diagnostics.length - errors
  const words: string[] = []
  if (errors > 0) words.push(errors === 1 ? '1 error' : `${errors} errors`)
  if (warnings > 0) words.push(warnings === 1 ? '1 warning' : `${warnings} warnings`)
  return words.join(', ')
}
