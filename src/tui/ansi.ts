// Lines as the terminal takes them: Select Graphic Rendition, ECMA-48 8.3.117. Colours are the terminal's own eight.
import type { Color, Line, Span } from './span.ts'

const COLORS: Readonly<Record<Color, number>> = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 }

/** The line with its look, which ends with it. */
export function ansiLine(line: Line, hasColor: boolean): string {
  return line.map((span) => ansiSpan(span, hasColor)).join('')
}

function ansiSpan({ text, color, bold = false, dim = false, inverse = false }: Span, hasColor: boolean): string {
  const on: number[] = []
  const off: number[] = []
  if (bold) on.push(1)
  if (dim) on.push(2)
  if (bold || dim) off.push(22)
  if (inverse) {
    on.push(7)
    off.push(27)
  }
  if (color !== undefined && hasColor) {
    on.push(COLORS[color])
    off.push(39)
  }
  return on.map(sgr).join('') + text + off.map(sgr).join('')
}

function sgr(code: number): string {
  return `\u001b[${code}m`
}
