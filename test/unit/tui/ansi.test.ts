// What the terminal gets of a line's look.
import { expect, it } from 'vitest'
import { ansiLine, FIXED } from '../../../src/tui/ansi.ts'
import type { Line } from '../../../src/tui/span.ts'

const LINE: Line = [{ text: 'web ' }, { text: 'down', color: 'red', bold: true }, { text: ' h1', inverse: true, dim: true }]

it('a look ends with its span', () => {
  expect(ansiLine(LINE, 'own')).toBe('web \u001b[1m\u001b[31mdown\u001b[22m\u001b[39m\u001b[2m\u001b[7m h1\u001b[22m\u001b[27m')
  expect(ansiLine(LINE, 'fixed')).toContain('\u001b[38;5;196mdown')
})

it('where colours are not wanted there are none, and what is selected is still seen', () => {
  expect(ansiLine(LINE, 'none')).toBe('web \u001b[1mdown\u001b[22m\u001b[2m\u001b[7m h1\u001b[22m\u001b[27m')
})

it('of the colours of a user whose background is not known, only those are taken that are read on light and on dark', () => {
  const line = (['green', 'cyan', 'yellow'] as const).map((color) => ({ text: color, color }))
  expect(ansiLine(line, 'own')).toBe('greencyan\u001b[35myellow\u001b[39m')
})

it.each(Object.entries(FIXED))('%s can be read on white and on black', (_name, code) => {
  const [white, black] = [1, 0]
  expect((white + 0.05) / (luminance(code) + 0.05)).toBeGreaterThan(3.9)
  expect((luminance(code) + 0.05) / (black + 0.05)).toBeGreaterThan(3.9)
})

/** Relative luminance as WCAG 2 defines it, of a colour of xterm's 6×6×6 cube. */
function luminance(code: number): number {
  const [red, green, blue] = [36, 6, 1].map((place) => {
    const level = Math.floor((code - 16) / place) % 6
    const value = (level === 0 ? 0 : 55 + 40 * level) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
