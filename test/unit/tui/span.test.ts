// Lines that do not fit: broken where nothing of them is to be lost.
import { describe, expect, it } from 'vitest'
import { lineText, lineWidth, wrapLine, type Line } from '../../../src/tui/span.ts'
import { addrsText } from '../../../src/tui/node-table.ts'

const texts = (lines: readonly Line[]): string[] => lines.map((line) => lineText(line).trimEnd())

describe('a line that is wrapped', () => {
  it('is left alone where it fits', () => {
    expect(texts(wrapLine([{ text: 'fits' }], 4, 2))).toEqual(['fits'])
  })

  it('breaks between words, and keeps its look', () => {
    const rows = wrapLine([{ text: 'eth0 ' }, { text: 'is impaired: delay 20ms', color: 'yellow' }], 16, 2)
    expect(texts(rows)).toEqual(['eth0 is', '  impaired:', '  delay 20ms'])
    expect(rows[2]!.at(-1)).toMatchObject({ text: '20ms', color: 'yellow' })
  })

  it('breaks a word that is longer than the line, wide characters too', () => {
    const rows = wrapLine([{ text: `x ${'網'.repeat(9)}` }], 10, 1)
    expect(texts(rows).join('').replaceAll(' ', '')).toBe(`x${'網'.repeat(9)}`)
    for (const row of rows) expect(lineWidth(row)).toBeLessThanOrEqual(10)
  })
})

it.each([
  [['10.0.0.1/24'], 14, '10.0.0.1/24'],
  [['10.0.0.1/24', '10.0.1.1/24'], 23, '10.0.0.1/24 10.0.1.1/24'],
  [['10.0.0.1/24', '10.0.1.1/24'], 22, '10.0.0.1/24 +1'],
  [['10.0.0.1/24', '10.0.1.1/24', 'fd00::1/64'], 26, '10.0.0.1/24 10.0.1.1/24 +1'],
  [['203.0.113.129/24', '10.0.1.1/24'], 14, '203.0.113.… +1'],
  [[], 14, ''],
])('of the addresses %j, %i columns show %j', (addrs, width, text) => {
  expect(addrsText(addrs, width)).toBe(text)
})
