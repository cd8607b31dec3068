// Draws the map with box characters. Lines that cross or meet share their cells: a cell knows to which sides it is open.
import { displayWidth } from '../diagnostic/picture.ts'
import type { MapBox, MapGraph, MapLine, MapSpan } from './map.ts'
import type { MapLayout, PlacedBox } from './map-layout.ts'

interface Cell<Color extends string> {
  text: string
  color?: Color
  bold: boolean
  /** Of a line: UP | DOWN | LEFT | RIGHT. */
  open: number
  /** The worst line that shares it. */
  line?: MapLine<Color>
}

const UP = 1
const DOWN = 2
const LEFT = 4
const RIGHT = 8
/** How each kind of line is drawn, by the sides that are open: not everybody sees red. */
const STROKES: Readonly<Record<MapLine['stroke'], string>> = {
  plain: ' │││─┘┐┤─└┌├─┴┬┼',
  cut: ' ┆┆┆╌┘┐┤╌└┌├╌┴┬┼',
  impaired: ' ┇┇┇┅┘┐┤┅└┌├┅┴┬┼',
  saturated: ' ┃┃┃━┛┓┫━┗┏┣━┻┳╋',
}

const BORDERS: Readonly<Record<MapBox['kind'], string>> = { host: '╭─╮│╰╯', router: '┏━┓┃┗┛', bridge: '╔═╗║╚╝', group: '┌┄┐┊└┘' }

/** How each kind of box is drawn, and what lines say. The longest that has room is shown. */
const LEGENDS = ['╭host╮ ┏router┓ ╔bridge╗ ┌┄group┄┐ ─up ╌down ┅impaired ━saturated', '╭host╮ ┏router┓ ╔bridge╗ ┌┄group┄┐ ─up ╌down']

export function legend(width: number): string {
  return LEGENDS.find(({ length }) => length + 13 <= width) ?? ''
}

/** The part of the map that is seen through a window. */
export function drawMap<Color extends string>(graph: MapGraph<Color>, layout: MapLayout, window: PlacedBox): MapSpan<Color>[][] {
  const cells = new Map<number, Cell<Color>>()
  const put = (column: number, row: number): Cell<Color> | undefined => {
    const [x, y] = [column - window.column, row - window.row]
    if (x < 0 || y < 0 || x >= window.width || y >= window.height) return undefined
    const at = y * window.width + x
    const known = cells.get(at)
    if (known !== undefined) return known
    const cell: Cell<Color> = { text: ' ', bold: false, open: 0 }
    cells.set(at, cell)
    return cell
  }
  graph.lines.forEach((line, index) => drawWay(layout, index, line, put))
  for (const box of graph.boxes) drawBox(box, layout.boxes.get(box.key)!, put)
  return Array.from({ length: window.height }, (_, y) =>
    spansOf(Array.from({ length: window.width }, (_unused, x) => cells.get(y * window.width + x))),
  )
}

type Put<Color extends string> = (column: number, row: number) => Cell<Color> | undefined

function drawWay<Color extends string>({ ways }: MapLayout, index: number, line: MapLine<Color>, put: Put<Color>): void {
  const way = ways[index]!
  const open = (column: number, row: number, side: number): void => {
    const cell = put(column, row)
    if (cell === undefined) return
    cell.open |= side
    // Where lines share a cell, the one in trouble is seen.
    if (cell.line === undefined || line.severity > cell.line.severity) cell.line = line
    if (cell.line.color !== undefined) cell.color = cell.line.color
    cell.text = STROKES[cell.line.stroke][cell.open]!
    cell.bold ||= line.isBold
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

function drawBox<Color extends string>(
  { lines, kind, color }: MapBox<Color>,
  { column, row, width, height }: PlacedBox,
  put: Put<Color>,
): void {
  const [topLeft, across, topRight, side, bottomLeft, bottomRight] = [...BORDERS[kind]] as [string, string, string, string, string, string]
  const middle = lines.map((line) => `${side} ${line}${' '.repeat(width - 4 - displayWidth(line))} ${side}`)
  const rows = [topLeft + across.repeat(width - 2) + topRight, ...middle, bottomLeft + across.repeat(width - 2) + bottomRight]
  rows.slice(0, height).forEach((text, down) =>
    [...text].forEach((char, right) => {
      const cell = put(column + right, row + down)
      if (cell === undefined) return
      cell.text = char
      if (color !== undefined) cell.color = color
      cell.bold = down === 1
    }),
  )
}

/** Cells of the same look are one span. */
function spansOf<Color extends string>(cells: readonly (Cell<Color> | undefined)[]): MapSpan<Color>[] {
  const spans: MapSpan<Color>[] = []
  let text = ''
  let look: Pick<Cell<Color>, 'color' | 'bold'> = { bold: false }
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
