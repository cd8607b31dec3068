/** `isolated` and `matrix`: who reaches whom, in bulk. */
import { asScalar, itemsAt, itemsOf, lineOrigin, scalarAt } from '../value.ts'
import type { MapValue, ScalarValue } from '../value.ts'
import { familyAt, type Reader } from './reader.ts'
import type { IsolatedExpectation, MatrixExpectation, Pair } from './test.ts'

export function isolatedOf(map: MapValue, reader: Reader): { what: IsolatedExpectation; words: string } | undefined {
  const items = itemsAt(map, 'isolated')
  const sets = items.map((item) => reader.places.nodes(itemsOf(item).map(asScalar)))
  const family = familyAt(map)
  const pairs: Pair[] = []
  sets.forEach((set, index) => {
    for (const other of sets.slice(index + 1))
      for (const a of set)
        for (const b of other) {
          if (a === b) {
            reader.findings.error('CONFLICTING_VALUES', items[index]!.origin, `"${a}" is in two sets that must not reach each other.`)
            return
          }
          for (const [from, owner] of [
            [a, b],
            [b, a],
          ] as const) {
            const to = reader.places.addressFor(from, { word: asScalar(itemsOf(items[index])[0]!), owner }, family)
            if (to !== undefined) pairs.push({ from, to })
          }
        }
  })
  if (pairs.length === 0) return undefined
  return {
    what: { kind: 'isolated', pairs },
    words: `isolated ${items
      .map((item) =>
        itemsOf(item)
          .map((word) => asScalar(word).text)
          .join('+'),
      )
      .join(' | ')}`,
  }
}

const YES = new Set(['✓', '✔', '+', 'y'])
const NO = new Set(['✗', '✘', '×', 'x', 'n'])
const BLANK = new Set(['-', '.', '·', '–'])

export function matrixOf(map: MapValue, reader: Reader): { what: MatrixExpectation; words: string } | undefined {
  const { findings } = reader
  const table = scalarAt(map, 'matrix')!
  const rows = table.text.split('\n').flatMap((line, index) => {
    const words = [...line.matchAll(/[^\s|]+/g)].map((match) => wordOf(table, line, index, match))
    return words.length === 0 || words.every(({ text }) => /^[-+=]{2,}$/.test(text)) ? [] : [words]
  })
  const [first = [], ...body] = rows
  // The corner of the table may have a word: a YAML block cannot begin with the blanks that would stand there.
  const hasCorner = body.length > 0 && body.every((row) => row.length === first.length)
  const head = hasCorner ? first.slice(1) : first
  const tcp = scalarAt(map, 'tcp')?.value
  const asked = head.map((word) => reader.places.targets([word]))
  const cells = body.flatMap(([name, ...marks]): MatrixExpectation['cells'][number][] => {
    const [from] = name === undefined ? [] : reader.places.nodes([name])
    if (from === undefined) return []
    if (marks.length !== head.length) {
      findings.error(
        'INVALID_VALUE',
        name!.origin,
        `The row of "${from}" has ${marks.length} marks; the head of the table has ${head.length} names.`,
      )
      return []
    }
    return marks.flatMap((mark, column): MatrixExpectation['cells'][number][] => {
      const text = mark.text.toLowerCase()
      const [target] = asked[column] ?? []
      if (!YES.has(text) && !NO.has(text) && !BLANK.has(text)) {
        findings.error(
          'INVALID_VALUE',
          mark.origin,
          `"${mark.text}" is no mark of a matrix: ✓ or + for yes, ✗ or x for no, - for not asked.`,
        )
        return []
      }
      if (BLANK.has(text) || target === undefined) return []
      const to = reader.places.addressFor(from, target, undefined)
      return to === undefined ? [] : [{ pair: { from, to }, reaches: YES.has(text), origin: mark.origin }]
    })
  })
  if (cells.length === 0) {
    if (!findings.hasErrors())
      findings.error('INVALID_VALUE', table.origin, 'The matrix asks nothing: a head with names, and a row for each who asks.')
    return undefined
  }
  return {
    what: { kind: 'matrix', cells, ...(typeof tcp === 'number' && { port: tcp }) },
    words: `matrix of ${cells.length}${typeof tcp === 'number' ? ` tcp ${tcp}` : ''}`,
  }
}

/** A word of a line of a block, with its own place. */
function wordOf(table: ScalarValue, line: string, index: number, match: RegExpMatchArray): ScalarValue {
  const [text] = match
  const start = lineOrigin(table, index, line)
  const indent = line.length - line.trimStart().length
  const origin = table.blockColumn === undefined ? start : { ...start, column: start.column - indent + match.index!, length: text.length }
  return { kind: 'scalar', value: text, text, origin, verbatim: true }
}
