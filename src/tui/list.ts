// A list that is filtered, sorted, grouped and walked through: what it shows of its rows, and which one is meant.

/** How the user has set a list. */
export interface ListState {
  /** Key of the row that is meant; the first where there is no such row. */
  readonly selected?: string
  /** Words, each of which a row must have. */
  readonly filter: string
  /** Which of the list's orders. */
  readonly order: number
  /** Which of the list's groupings; 0 is none. */
  readonly grouping: number
}

export const PLAIN_LIST: ListState = { filter: '', order: 0, grouping: 0 }

export interface ListKind<Row> {
  key(row: Row): string
  /** What a filter is held against. */
  text(row: Row): string
  /** The first is that of the file. */
  readonly orders: readonly { readonly words: string; readonly compare?: (a: Row, b: Row) => number }[]
  /** The first is none. */
  readonly groupings: readonly { readonly words: string; readonly of?: (row: Row) => string }[]
}

export interface ArrangedList<Row> {
  /** Those that the filter leaves, in order. */
  readonly rows: readonly Row[]
  readonly total: number
  /** Index of the row that is meant; -1 in an empty list. */
  readonly index: number
  readonly groupOf?: (row: Row) => string
}

/** The rows as the list is set to show them. */
export function arrange<Row>(all: readonly Row[], kind: ListKind<Row>, state: ListState): ArrangedList<Row> {
  const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean)
  const rows = words.length === 0 ? [...all] : all.filter((row) => words.every((word) => kind.text(row).toLowerCase().includes(word)))
  const compare = kind.orders[state.order]?.compare
  if (compare !== undefined) rows.sort(compare)
  const groupOf = kind.groupings[state.grouping]?.of
  if (groupOf !== undefined) {
    const groups = [...new Set(rows.map(groupOf))].sort()
    const rank = new Map(groups.map((group, index) => [group, index]))
    rows.sort((a, b) => rank.get(groupOf(a))! - rank.get(groupOf(b))!)
  }
  const index = state.selected === undefined ? 0 : rows.findIndex((row) => kind.key(row) === state.selected)
  return { rows, total: all.length, index: rows.length === 0 ? -1 : Math.max(0, index), ...(groupOf !== undefined && { groupOf }) }
}

/** A line of a list: a row, or the heading of a group. */
export type ListLine<Row> = { readonly row: Row; readonly index: number } | { readonly heading: string }

/** The `height` lines around the one that is meant: only these are drawn. */
export function visibleLines<Row>({ rows, index, groupOf }: ArrangedList<Row>, height: number): ListLine<Row>[] {
  if (groupOf === undefined) {
    const start = windowStart(rows.length, index, height)
    return rows.slice(start, start + height).map((row, offset) => ({ row, index: start + offset }))
  }
  const lines: ListLine<Row>[] = []
  let meant = 0
  for (const [at, row] of rows.entries()) {
    if (at === 0 || groupOf(row) !== groupOf(rows[at - 1]!)) lines.push({ heading: groupOf(row) })
    if (at === index) meant = lines.length
    lines.push({ row, index: at })
  }
  const start = windowStart(lines.length, meant, height)
  return lines.slice(start, start + height)
}

/** First line of a window of `height` with line `index` in its middle, as far as there are lines around it. */
export function windowStart(count: number, index: number, height: number): number {
  return Math.max(0, Math.min(index - Math.floor(height / 2), count - height))
}
