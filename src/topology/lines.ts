/** Offsets in a text → lines and columns. */
import type { Origin } from '../diagnostic/origin.ts'

export interface Lines {
  readonly text: string
  /** Origin of a span of UTF-16 units; the length ends with the span's first line. */
  origin(start: number, end: number): Origin
}

export function createLines(text: string, file: string): Lines {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)

  const lineOf = (offset: number): number => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  return {
    text,
    origin: (start, end) => {
      const line = lineOf(start)
      const first = starts[line] ?? 0
      const next = starts[line + 1] ?? text.length + 1
      const shown = text.slice(start, Math.min(end, next - 1)).trimEnd().length
      return { file, line: line + 1, column: start - first + 1, length: Math.max(1, shown) }
    },
  }
}
