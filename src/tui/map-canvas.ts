// Draws the map with box characters. Lines that cross or meet share their cells: a cell knows to which sides it is open.
import { displayWidth } from '../diagnostic/picture.ts'
import { CABLE_COLORS, CABLE_STATES, type CableState } from './links.ts'
import type { MapBox, MapGraph } from './map-graph.ts'
import type { MapLayout, PlacedBox } from './map-layout.ts'
import type { Color, Line, Span } from './span.ts'

interface Cell {
  text: string
  color?: Color
  bold: boolean
  /** Of a line: UP | DOWN | LEFT | RIGHT. */
  open: number
  /** Of the worst line that shares it. */
  state?: CableState
}

const UP = 1
const DOWN = 2
const LEFT = 4
const RIGHT = 8
/** By the sides that are open. */
const LINE_CHARS = ' │││─┘┐┤─└┌├─┴┬┼'
/** The same where no packet passes: not everybody sees red. */
const CUT_CHARS = ' ┆┆┆╌┘┐┤╌└┌├╌┴┬┼'

const BORDERS: Readonly<Record<MapBox['kind'], string>> = { host: '╭─╮│╰╯', router: '┏━┓┃┗┛', bridge: '╔═╗║╚╝', group: '┌┄┐┊└┘' }

/** How each kind of box is drawn, and what lines say. The longest that has room is shown. */
const LEGENDS = [
  '╭host╮ ┏router┓ ╔bridge╗ ┌┄group┄┐  ─up ╌down  yellow: impaired, magenta: saturated',
  '╭host╮ ┏router┓ ╔bridge╗ ┌┄group┄┐ ─up ╌down',
]

export function legend(width: number): string {
  return LEGENDS.find(({ length }) => length + 20 <= width) ?? ''
}

/** The part of the map that is seen through a window. */
export function drawMap(graph: MapGraph, layout: MapLayout, window: PlacedBox): Line[] {
  const cells = new Map<number, Cell>()
  const put = (column: number, row: number): Cell | undefined => {
    const [x, y] = [column - window.column, row - window.row]
    if (x < 0 || y < 0 || x >= window.width || y >= window.height) return undefined
    const at = y * window.width + x
    const known = cells.get(at)
    if (known !== undefined) return known
    const cell: Cell = { text: ' ', bold: false, open: 0 }
    cells.set(at, cell)
    return cell
  }
  graph.lines.forEach((line, index) => drawWay(layout, index, line, put))
  for (const box of graph.boxes) drawBox(box, layout.boxes.get(box.key)!, put)
  return Array.from({ length: window.height }, (_, y) =>
    spansOf(Array.from({ length: window.width }, (_unused, x) => cells.get(y * window.width + x))),
  )
}

function isCut(state: CableState): boolean {
  return state === 'down' || state === 'no carrier'
}

type Put = (column: number, row: number) => Cell | undefined

function drawWay({ ways }: MapLayout, index: number, { state, isBusy }: MapGraph['lines'][number], put: Put): void {
  const way = ways[index]!
  const open = (column: number, row: number, side: number): void => {
    const cell = put(column, row)
    if (cell === undefined) return
    cell.open |= side
    // Where lines share a cell, the one in trouble is seen.
    if (cell.state === undefined || CABLE_STATES.indexOf(state) > CABLE_STATES.indexOf(cell.state)) cell.state = state
    cell.color = CABLE_COLORS[cell.state]
    cell.text = (isCut(cell.state) ? CUT_CHARS : LINE_CHARS)[cell.open]!
    cell.bold ||= isBusy
  }
  // Into the boxes at both ends.
  open(...way[0]!, UP)
  open(...way.at(-1)!, DOWN)
  for (let corner = 1; corner < way.length; corner++) {
    const [fromColumn, fromRow] = way[corner - 1]!
    const [toColumn, toRow] = way[corner]!
    const [dx, dy] = [Math.sign(toColumn - fromColumn), Math.sign(toRow - fromRow)]
    const [out, into] = dx > 0 ? [RIGHT, LEFT] : dx < 0 ? [LEFT, RIGHT] : dy > 0 ? [DOWN, UP] : [UP, DOWN]
    for (let [column, row] = [fromColumn, fromRow]; column !== toColumn || row !== toRow; column += dx, row += dy) {
      open(column, row, out)
      open(column + dx, row + dy, into)
    }
  }
}

function drawBox({ lines, kind, color }: MapBox, { column, row, width, height }: PlacedBox, put: Put): void {
  const [topLeft, across, topRight, side, bottomLeft, bottomRight] = [...BORDERS[kind]] as [string, string, string, string, string, string]
  const middle = lines.map((line) => `${side} ${line}${' '.repeat(width - 4 - displayWidth(line))} ${side}`)
  const rows = [topLeft + across.repeat(width - 2) + topRight, ...middle, bottomLeft + across.repeat(width - 2) + bottomRight]
  rows.slice(0, height).forEach((text, down) =>
    [...text].forEach((char, right) => {
      const cell = put(column + right, row + down)
      if (cell === undefined) return
      cell.text = char
      cell.color = color
      cell.bold = down === 1
    }),
  )
}

/** Cells of the same look are one span. */
function spansOf(cells: readonly (Cell | undefined)[]): Line {
  const spans: Span[] = []
  let text = ''
  let look: Pick<Cell, 'color' | 'bold'> = { bold: false }
  const flush = (): void => {
    if (text !== '') spans.push({ text, ...(look.color !== undefined && { color: look.color }), ...(look.bold && { bold: true }) })
    text = ''
  }
  for (const cell of cells) {
    if (cell?.color !== look.color || (cell?.bold ?? false) !== look.bold) {
      flush()
      look = { bold: cell?.bold ?? false, ...(cell?.color !== undefined && { color: cell.color }) }
    }
    text += cell?.text ?? ' '
  }
  flush()
  return spans
}
