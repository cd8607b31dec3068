// What the terminal gets of a line's look.
import { expect, it } from 'vitest'
import { ansiLine } from '../../../src/tui/ansi.ts'
import type { Line } from '../../../src/tui/span.ts'

const LINE: Line = [{ text: 'web ' }, { text: 'down', color: 'red', bold: true }, { text: ' h1', inverse: true, dim: true }]

it('a look ends with its span', () => {
  expect(ansiLine(LINE, true)).toBe('web \u001b[1m\u001b[31mdown\u001b[22m\u001b[39m\u001b[2m\u001b[7m h1\u001b[22m\u001b[27m')
})

it('where colours are not wanted there are none, and what is selected is still seen', () => {
  expect(ansiLine(LINE, false)).toBe('web \u001b[1mdown\u001b[22m\u001b[2m\u001b[7m h1\u001b[22m\u001b[27m')
})
