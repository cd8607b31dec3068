// Tables that fit their width: columns give way in the order of their rank, and what is left over goes to those that can use it.
import { fitLine, fitText, type Line, type Span } from './span.ts'

export interface Column<Row> {
  readonly title: string
  /** Least columns that it takes. */
  readonly width: number
  /** Share of what is left over. */
  readonly grow?: number
  /** Most columns that it takes. */
  readonly most?: number
  /** Those of the highest rank go first where the width is too small. */
  readonly rank: number
  readonly align?: 'left' | 'right'
  cell(row: Row, width: number): Span
}

/** Columns that fit, with their widths. One column lies between two. */
export function fitColumns<Row>(
  columns: readonly Column<Row>[],
  width: number,
): { readonly column: Column<Row>; readonly width: number }[] {
  let kept = [...columns]
  const needed = (): number => kept.reduce((sum, column) => sum + column.width, 0) + kept.length - 1
  while (kept.length > 1 && needed() > width) {
    const last = Math.max(...kept.map(({ rank }) => rank))
    kept = kept.filter(({ rank }) => rank !== last)
  }
  const widths = kept.map((column) => column.width)
  let spare = Math.max(0, width - needed())
  // Rounds, since a column that has reached its most leaves the rest to the others.
  for (let round = 0; round < 4 && spare > 0; round++) {
    const growing = kept.flatMap((column, index) => ((column.grow ?? 0) > 0 && widths[index]! < (column.most ?? Infinity) ? [index] : []))
    const shares = growing.reduce((sum, index) => sum + kept[index]!.grow!, 0)
    const pool = spare
    for (const index of growing) {
      const { grow = 0, most = Infinity } = kept[index]!
      const more = Math.min(Math.ceil((pool * grow) / shares), most - widths[index]!, spare)
      widths[index] = widths[index]! + more
      spare -= more
    }
  }
  return kept.map((column, index) => ({ column, width: widths[index]! }))
}

/** The heads of the columns. */
export function headLine<Row>(fitted: ReturnType<typeof fitColumns<Row>>, width: number): Line {
  const cells = fitted.map(({ column, width: columnWidth }) => fitText(column.title, columnWidth, column.align))
  return fitLine([{ text: cells.join(' '), dim: true }], width)
}

/** A row; the one that is meant is inverse as a whole, so that it is found without colours too. */
export function rowLine<Row>(fitted: ReturnType<typeof fitColumns<Row>>, row: Row, width: number, isMeant: boolean): Line {
  const spans = fitted.flatMap(({ column, width: columnWidth }, index): Span[] => {
    const cell = column.cell(row, columnWidth)
    const span = { ...cell, text: fitText(cell.text, columnWidth, column.align) }
    return index === 0 ? [span] : [{ text: ' ' }, span]
  })
  const line = fitLine(spans, width)
  return isMeant ? line.map(({ text, bold }) => ({ text, inverse: true, ...(bold && { bold }) })) : line
}
