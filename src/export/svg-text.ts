// Texts of a picture in SVG.
import type { create } from 'xmlbuilder2'
import { textWidth } from './drawing.ts'

export type Element = ReturnType<typeof create>

interface Place {
  readonly x: number
  /** Of its upper edge. */
  readonly y: number
  readonly size: number
  readonly line: number
  readonly className?: string
}

/** As wide as it was measured, whatever face the viewer has. */
export function drawText(parent: Element, text: string, { x, y, size, line, className = '' }: Place): void {
  const width = textWidth(text, { size })
  // The indent of an address under its interface would otherwise be stretched away with the rest.
  const indent = text.length - text.trimStart().length
  const inner = text.slice(indent)
  const shift = width - textWidth(inner, { size })
  parent
    .ele('text', {
      ...(className !== '' && { class: className }),
      x: round(x + shift),
      y: round(y + line * 0.75),
      'font-size': size,
      textLength: width - shift,
      lengthAdjust: 'spacingAndGlyphs',
    })
    .txt(inner)
}

/** Tenths of a pixel are enough, and make the file smaller. */
export function round(number: number): number {
  return Math.round(number * 10) / 10
}
