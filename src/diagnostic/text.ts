/** The picture of a diagnostic for people: place, source line with carets, facts, sentences. */
import { relative } from 'node:path'
import { CODES } from './codes.ts'
import type { Diagnostic, Severity } from './diagnostic.ts'
import { inOrder, countWords } from './order.ts'
import type { Origin } from './origin.ts'
import { displayWidth, pictureOf, visible } from './picture.ts'

export interface TextOptions {
  readonly color: boolean
  /** Columns of the terminal; 100 where there is none. */
  readonly width?: number
  /** Paths are shown relative to it; the process's own where absent. */
  readonly cwd?: string
}

/** Text of each file by the name that origins use. A file that is missing here is shown without its line. */
export type Sources = ReadonlyMap<string, string>

const DEFAULT_WIDTH = 100

/** Lines without a newline at the end. */
export function formatDiagnostic(diagnostic: Diagnostic, sources: Sources, options: TextOptions): string {
  return picture(diagnostic, lineReader(sources), options)
}

/** All of them, ordered by file and line; where they are several, a last line counts them. '' where there are none. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], sources: Sources, options: TextOptions): string {
  if (diagnostics.length === 0) return ''
  const lineOf = lineReader(sources)
  const pictures = inOrder(diagnostics).map((diagnostic) => picture(diagnostic, lineOf, options))
  const count = diagnostics.length > 1 ? [countWords(diagnostics)] : []
  return `${[...pictures, ...count].join('\n\n')}\n`
}

/** A path as the user would type it: relative where that is shorter. Names that are no paths, as <stdin>, stay. */
export function displayPath(file: string, cwd = process.cwd()): string {
  if (!file.startsWith('/')) return visible(file)
  const short = relative(cwd, file)
  return visible(short !== '' && short.length < file.length ? short : file)
}

type LineReader = (origin: Origin) => string | undefined

/** Splits each file once, however many findings it has. */
function lineReader(sources: Sources): LineReader {
  const linesOf = new Map<string, readonly string[]>()
  return (origin) => {
    let lines = linesOf.get(origin.file)
    if (lines === undefined) {
      lines = sources.get(origin.file)?.split(/\r?\n/) ?? []
      linesOf.set(origin.file, lines)
    }
    return lines[origin.line - 1]
  }
}

function picture(diagnostic: Diagnostic, lineOf: LineReader, options: TextOptions): string {
  const paint = painter(options.color, diagnostic.severity)
  const width = options.width ?? DEFAULT_WIDTH
  const out = [`${paint.severity(`${diagnostic.severity}[${diagnostic.code}]`)}${paint.strong(`: ${CODES[diagnostic.code]}`)}`]
  out.push(...placeLines(diagnostic, lineOf, options, paint, width))
  const facts = diagnostic.facts ?? []
  const keyWidth = Math.max(0, ...facts.map(([key]) => displayWidth(key)))
  for (const [key, value] of facts) {
    out.push(...hanging(`  ${paint.strong(`${key}:`)}${' '.repeat(keyWidth - displayWidth(key) + 1)}`, keyWidth + 4, value))
  }
  out.push(...wrap(diagnostic.detail, width - 2).map((line) => `  ${line}`))
  if (diagnostic.hint !== undefined) out.push(...wrap(diagnostic.hint, width - 2).map((line) => `  ${line}`))
  if (diagnostic.command !== undefined) {
    out.push(...wrap(diagnostic.command.sentence, width - 2).map((line) => `  ${line}`))
    out.push(...hanging('      ', 6, diagnostic.command.line))
  }
  return out.join('\n')
}

function placeLines(diagnostic: Diagnostic, lineOf: LineReader, options: TextOptions, paint: Painter, width: number): string[] {
  const related = diagnostic.related ?? []
  const origins = [...(diagnostic.origin === undefined ? [] : [diagnostic.origin]), ...related.map((place) => place.origin)]
  if (origins.length === 0) return []
  const digits = Math.max(...origins.map((origin) => String(origin.line).length))
  const out: string[] = []

  const show = (arrow: string, origin: Origin, mark: string, note: string): void => {
    const place = `${displayPath(origin.file, options.cwd)}:${origin.line}:${origin.column}`
    const line = lineOf(origin)
    out.push(`${' '.repeat(digits + 1)}${paint.frame(arrow)} ${place}${line === undefined && note !== '' ? `: ${note}` : ''}`)
    if (line === undefined) return
    const drawn = pictureOf(line, origin.column, origin.length, mark, Math.max(20, width - digits - 4))
    const paintMark = mark === '^' ? paint.severity : paint.frame
    out.push(`${' '.repeat(digits + 2)}${paint.frame('|')}`)
    out.push(` ${paint.frame(`${String(origin.line).padStart(digits)} |`)}${drawn.line === '' ? '' : ` ${drawn.line}`}`)
    const [, indent = '', marks = ''] = /^( *)(.*)$/.exec(drawn.marks) ?? []
    out.push(`${' '.repeat(digits + 2)}${paint.frame('|')} ${indent}${paintMark(note === '' ? marks : `${marks} ${note}`)}`)
  }

  if (diagnostic.origin !== undefined) show('-->', diagnostic.origin, '^', '')
  for (const { origin, note } of related) show(':::', origin, '-', visible(note))
  return out
}

/** A value of several lines (a tool's output) stays under its beginning. */
function hanging(head: string, indent: number, text: string): string[] {
  return text.split('\n').map((line, index) => `${index === 0 ? head : ' '.repeat(indent)}${visible(line)}`.trimEnd())
}

/** Breaks at spaces. Lines of the text stay lines; a word longer than `width` stays whole. */
function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const [indent = ''] = /^ */.exec(line) ?? []
    const out: string[] = []
    let current = indent
    for (const word of visible(line)
      .split(' ')
      .filter((part) => part !== '')) {
      const joined = current.trim() === '' ? current + word : `${current} ${word}`
      if (current.trim() !== '' && displayWidth(joined) > width) {
        out.push(current)
        current = indent + word
      } else current = joined
    }
    return [...out, current]
  })
}

interface Painter {
  readonly severity: (text: string) => string
  readonly strong: (text: string) => string
  readonly frame: (text: string) => string
}

/** SGR codes of ECMA-48: 1 bold, 31 red, 33 yellow, 34 blue. */
function painter(color: boolean, severity: Severity): Painter {
  const paint =
    (code: string) =>
    (text: string): string =>
      color ? `\u001b[${code}m${text}\u001b[0m` : text
  return { severity: paint(severity === 'error' ? '1;31' : '1;33'), strong: paint('1'), frame: paint('34') }
}
