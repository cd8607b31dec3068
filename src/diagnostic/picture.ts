/** The source line with the marks under it. Whatever the line holds, the marks stand under what they mean. */

export interface Picture {
  /** The line as a terminal can show it, perhaps cut at its ends. */
  readonly line: string
  /** Spaces, then the marks. */
  readonly marks: string
}

/** Columns between tab stops; a terminal's eight would push nested YAML out of sight. */
const TAB_COLUMNS = 4

/** A line longer than so many widths is cut before anything is measured: a file may be one line of megabytes. */
const MAX_WIDTHS = 4

/**
 * Draws `line` in at most `width` columns with `mark` under the `length` UTF-16 units at `column` (from 1).
 * A mark is at least one column wide and ends with the line: a value of several lines is marked on its first.
 */
export function pictureOf(line: string, column: number, length: number, mark: string, width: number): Picture {
  const cut = Math.max(0, column - 1 - MAX_WIDTHS * width)
  const rest = line.slice(cut, column - 1 + MAX_WIDTHS * width)
  const cells = cellsOf(rest)
  const start = columnOf(cells, column - 1 - cut)
  const end = Math.max(start + 1, columnOf(cells, column - 1 - cut + length))
  const total = Math.max(end, columnOf(cells, rest.length))
  const window = windowAround(start, end, total, width)
  const shown = cells.filter((cell) => cell.column >= window.from && cell.column + cell.columns <= window.to)
  // Half of a wide character may stand at the edge of the window: a space takes its place and keeps the rest where it was.
  const edge = ' '.repeat((shown[0]?.column ?? window.from) - window.from)
  const before = window.from > 0 || cut > 0 ? '…' : ''
  const after = window.to < total || cut + rest.length < line.length ? '…' : ''
  return {
    line: `${before}${edge}${shown.map((cell) => cell.text).join('')}${after}`.trimEnd(),
    marks: ' '.repeat(before.length + start - window.from) + mark.repeat(Math.min(end, window.to) - start),
  }
}

/** What takes a column each, and has no meaning for a terminal: what most lines are, at a glance. Box Drawing, Block Elements and arrows, too. */
const PLAIN = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2026\u2190-\u2199\u2500-\u25cf]*$/

/** Columns a text takes on a terminal. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  return columnOf(cellsOf(text), text.length)
}

/** Makes text of others safe to print: control characters become their pictures, so that no file can command the terminal. */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (char) => {
    const code = char.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : '\ufffd'
  })
}

/** One code point: where it stands in the line and on the screen. */
interface Cell {
  readonly text: string
  /** UTF-16 units before it. */
  readonly offset: number
  readonly units: number
  /** Columns before it. */
  readonly column: number
  readonly columns: number
}

function cellsOf(line: string): Cell[] {
  const cells: Cell[] = []
  let offset = 0
  let column = 0
  for (const char of line) {
    const columns = char === '\t' ? TAB_COLUMNS - (column % TAB_COLUMNS) : columnsOf(char)
    cells.push({ text: char === '\t' ? ' '.repeat(columns) : visible(char), offset, units: char.length, column, columns })
    offset += char.length
    column += columns
  }
  return cells
}

/** Column of a UTF-16 offset; past the end, that of the end. */
function columnOf(cells: readonly Cell[], offset: number): number {
  const next = cells.findIndex((cell) => cell.offset > offset)
  const cell = next < 0 ? cells.at(-1) : cells[next - 1]
  if (cell === undefined) return 0
  return offset < cell.offset + cell.units ? cell.column : cell.column + cell.columns
}

// wcwidth(3) in short: combining marks and format characters take no column, East Asian wide letters and emoji take two.
const NARROWEST = /[\p{Mn}\p{Me}\p{Cf}]/u
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u

function columnsOf(char: string): number {
  if (char < '\u0300') return 1
  if (/[\u202a-\u202e\u2066-\u2069]/.test(char)) return 1
  if (NARROWEST.test(char)) return 0
  return WIDE.test(char) ? 2 : 1
}

/** The columns to show: all where they fit, else as many as fit around the mark with an ellipsis at either end. */
function windowAround(start: number, end: number, total: number, width: number): { from: number; to: number } {
  if (total <= width) return { from: 0, to: total }
  const room = Math.max(width - 2, 1)
  const around = Math.max(0, Math.floor((room - (end - start)) / 2))
  const from = Math.max(0, Math.min(start - around, total - room))
  return { from, to: from + room }
}
