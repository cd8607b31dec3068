import { padLines, titleLine } from './lines.ts'
import { visibleLines, type ArrangedList, type ListKind, type ListState } from './list.ts'
import type { Line } from './span.ts'
import { fitColumns, headLine, rowLine, type Column } from './table.ts'

interface ListPlace<Row> {
  readonly title: string
  readonly list: ArrangedList<Row>
  readonly kind: ListKind<Row>
  readonly state: ListState
  readonly columns: readonly Column<Row>[]
  readonly isFocused: boolean
  readonly emptyWords: string
  readonly width: number
  readonly height: number
  /** Hears which row has which line. */
  readonly onShown: (keys: readonly (string | undefined)[]) => void
}

/** A table with its title, of which only the rows around the one that is meant are drawn. */
export function listLines<Row>(place: ListPlace<Row>): Line[] {
  const { title, list, kind, state, columns, isFocused, emptyWords, width, height, onShown } = place
  const fitted = fitColumns(columns, width)
  const shown = visibleLines(list, height - 2)
  onShown([undefined, undefined, ...shown.map((line) => ('heading' in line ? undefined : kind.key(line.row)))])
  const rows = shown.map((line): Line =>
    'heading' in line
      ? [{ text: ` ${line.heading}`, bold: true }]
      : rowLine(fitted, line.row, width, isFocused && line.index === list.index),
  )
  const empty: Line[] =
    list.rows.length > 0 ? [] : [[{ text: ` ${list.total === 0 ? emptyWords : 'Nothing has these words. Esc shows all.'}`, dim: true }]]
  const count = list.rows.length === list.total ? String(list.total) : `${list.rows.length} of ${list.total}`
  const notes = [
    ...(state.filter === '' ? [] : [`/${state.filter}`]),
    ...(state.order === 0 ? [] : [kind.orders[state.order]!.words]),
    ...(state.grouping === 0 ? [] : [kind.groupings[state.grouping]!.words]),
    ...(list.rows.length > height - 2 ? [`${list.index + 1}/${list.rows.length}`] : []),
  ]
  const lines = [titleLine(`${title} ${count}`, notes.join(', ') || 'bit/s', width, isFocused), headLine(fitted, width), ...rows, ...empty]
  return padLines(lines, height)
}
