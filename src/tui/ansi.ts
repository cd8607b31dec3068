// Lines as the terminal takes them: Select Graphic Rendition, ECMA-48 8.3.117.
import type { Color, Line, Span } from './span.ts'

/** What a terminal has: no colours, those that its user has chosen, or also the 240 that are the same everywhere. */
export type Palette = 'none' | 'own' | 'fixed'

/** A table that some set for a dark background and some for a light one: yellow is read on the one only, as are green and cyan. */
const OWN: Readonly<Partial<Record<Color, number>>> = { red: 31, yellow: 35, magenta: 35 }

/** Of xterm's 256 colours, ctlseqs(ms), those that differ as much from white as from black. */
export const FIXED: Readonly<Record<Color, number>> = { red: 196, green: 28, yellow: 130, cyan: 30, magenta: 164 }

function codeOf(color: Color, palette: Palette): readonly number[] {
  if (palette === 'fixed') return [38, 5, FIXED[color]]
  const own = palette === 'own' ? OWN[color] : undefined
  return own === undefined ? [] : [own]
}

/** The line with its look, which ends with it. */
export function ansiLine(line: Line, palette: Palette): string {
  return line.map((span) => ansiSpan(span, palette)).join('')
}

function ansiSpan({ text, color, bold = false, dim = false, inverse = false }: Span, palette: Palette): string {
  const on: string[] = []
  const off: string[] = []
  if (bold) on.push(sgr(1))
  if (dim) on.push(sgr(2))
  if (bold || dim) off.push(sgr(22))
  if (inverse) {
    on.push(sgr(7))
    off.push(sgr(27))
  }
  const code = color === undefined ? [] : codeOf(color, palette)
  if (code.length > 0) {
    on.push(sgr(...code))
    off.push(sgr(39))
  }
  return on.join('') + text + off.join('')
}

function sgr(...codes: readonly number[]): string {
  return `\u001b[${codes.join(';')}m`
}
