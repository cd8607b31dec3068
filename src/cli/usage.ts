import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'

type Extras = Pick<Diagnostic, 'hint' | 'command'>

/** A mistake of the command line. It has no line in any file. */
export function usageError(detail: string, extras: Extras = {}): DiagnosticError {
  return new DiagnosticError('finding', [{ code: 'WRONG_USAGE', severity: 'error', detail, ...extras }])
}

/** Several labs could be meant. */
export function ambiguousLab(detail: string): DiagnosticError {
  return new DiagnosticError('finding', [{ code: 'LAB_AMBIGUOUS', severity: 'error', detail }])
}

/** No lab is meant by what the user said. */
export function unknownLab(detail: string, extras: Extras = {}): DiagnosticError {
  return new DiagnosticError('finding', [{ code: 'LAB_UNKNOWN', severity: 'error', detail, ...extras }])
}
