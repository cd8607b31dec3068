/** Collects what is wrong with a topology. Everything is reported at once, in the order of the file; nothing here throws. */
import type { Code } from '../diagnostic/codes.ts'
import type { Diagnostic, Severity } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'

/** Nobody reads more, and a file made to be wrong on every line must not fill the memory. */
export const MAX_FINDINGS = 200

export interface Findings {
  error(code: Code, origin: Origin | undefined, detail: string, more?: More): void
  warning(code: Code, origin: Origin | undefined, detail: string, more?: More): void
  /** What could not be read may have had the names that are missing now: from here on these are no findings. */
  hush(...codes: readonly Code[]): void
  /** Whether there is an error so far. */
  hasErrors(): boolean
  /** Whether further errors will only be counted. */
  isFull(): boolean
  /** Sorted by file (in the order in which files were read), line and column; each said once. */
  sorted(files: readonly string[]): readonly Diagnostic[]
}

export type More = Pick<Diagnostic, 'hint' | 'related'>

export function createFindings(): Findings {
  const errors: Diagnostic[] = []
  const warnings: Diagnostic[] = []
  // Ten nodes of one range share a line: what is wrong with the line is said once, of the first of them.
  const said = new Map<string, Diagnostic>()
  const more = new Map<Diagnostic, number>()
  const hushed = new Set<Code>()
  let errorCount = 0
  let warningCount = 0

  const add = (severity: Severity, code: Code, origin: Origin | undefined, detail: string, rest: More = {}): void => {
    if (hushed.has(code)) return
    const words = origin === undefined ? detail : detail.replace(/\d+/g, '#')
    const identity = `${code} ${origin?.file}:${origin?.line}:${origin?.column} ${words}`
    const same = said.get(identity)
    if (same !== undefined) {
      if (same.detail !== detail) more.set(same, (more.get(same) ?? 0) + 1)
      return
    }
    const list = severity === 'error' ? errors : warnings
    if (severity === 'error') errorCount++
    else warningCount++
    if (list.length >= MAX_FINDINGS) return
    const diagnostic = { code, severity, detail, ...(origin === undefined ? {} : { origin }), ...rest }
    said.set(identity, diagnostic)
    list.push(diagnostic)
  }

  return {
    error: (code, origin, detail, more) => add('error', code, origin, detail, more),
    warning: (code, origin, detail, more) => add('warning', code, origin, detail, more),
    hush: (...codes) => {
      for (const code of codes) hushed.add(code)
    },
    hasErrors: () => errors.length > 0,
    isFull: () => errors.length >= MAX_FINDINGS,
    sorted: (files) => {
      const rank = new Map(files.map((file, index) => [file, index]))
      const place = (diagnostic: Diagnostic): number => rank.get(diagnostic.origin?.file ?? '') ?? files.length
      const sorted = [...errors, ...warnings]
        .map((diagnostic) => withOthers(diagnostic, more.get(diagnostic)))
        .sort((a, b) => place(a) - place(b) || compareOrigins(a.origin, b.origin))
      const left = errorCount + warningCount - sorted.length
      if (left === 0) return sorted
      const detail = `${left} more findings are not shown. Fix some of those above first.`
      return [...sorted, { code: 'TOO_MANY_FINDINGS', severity: 'warning', detail }]
    },
  }
}

/** A range may stand for hundreds, with which the same is wrong. */
function withOthers(diagnostic: Diagnostic, count: number | undefined): Diagnostic {
  if (count === undefined) return diagnostic
  return { ...diagnostic, detail: `${diagnostic.detail} The same goes for ${count} more here.` }
}

function compareOrigins(a: Origin | undefined, b: Origin | undefined): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0)
}
