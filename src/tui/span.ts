// Text with its look, as lines of known width: what components are made of.
import { displayWidth, visible } from '../diagnostic/picture.ts'

export type Color = 'green' | 'red' | 'yellow' | 'cyan' | 'magenta'

export interface Span {
  readonly text: string
  readonly color?: Color
  readonly bold?: boolean
  readonly dim?: boolean
  readonly inverse?: boolean
}

export type Line = readonly Span[]

/** The text in exactly `width` columns; what does not fit ends in `…`. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  if (width <= 0) return ''
  const safe = visible(text)
  const shown = cut(safe, width)
  const padding = ' '.repeat(width - displayWidth(shown))
  return align === 'left' ? shown + padding : padding + shown
}

function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let shown = ''
  let used = 0
  for (const char of text) {
    used += displayWidth(char)
    if (used > width - 1) break
    shown += char
  }
  return `${shown}…`
}

/** The line in exactly `width` columns. */
export function fitLine(line: Line, width: number): Line {
  const fitted: Span[] = []
  let left = width
  for (const span of line) {
    if (left <= 0) break
    const text = cut(visible(span.text), left)
    left -= displayWidth(text)
    fitted.push({ ...span, text })
  }
  if (left > 0) fitted.push({ text: ' '.repeat(left) })
  return fitted
}

/** The line in rows of at most `width` columns, those after the first begun by `indent` blanks: broken between words, or where a word has no end. */
export function wrapLine(line: Line, width: number, indent: number): Line[] {
  if (lineWidth(line) <= width) return [line]
  const rows: Span[][] = [[]]
  let room = width
  const turn = (): void => {
    rows.push([{ text: ' '.repeat(indent) }])
    room = width - indent
  }
  for (const span of line)
    for (const word of visible(span.text).match(/\S+\s*|\s+/g) ?? []) {
      if (displayWidth(word.trimEnd()) > room && room < width - indent) turn()
      let rest = word
      while (displayWidth(rest.trimEnd()) > room) {
        const head = headOf(rest, room)
        rows.at(-1)!.push({ ...span, text: head })
        rest = rest.slice(head.length)
        turn()
      }
      rows.at(-1)!.push({ ...span, text: rest })
      room -= displayWidth(rest)
    }
  return rows
}

/** As much of the text's start as takes `width` columns, a character at least. */
function headOf(text: string, width: number): string {
  let head = ''
  let used = 0
  for (const char of text) {
    used += displayWidth(char)
    if (used > width && head !== '') break
    head += char
  }
  return head
}

/** The line without its look. */
export function lineText(line: Line): string {
  return line.map(({ text }) => text).join('')
}

/** Columns that a line takes. */
export function lineWidth(line: Line): number {
  return displayWidth(lineText(line))
}
