// Where the boxes of the map stand, and the way of its lines: dagre ranks and orders, then all is put on the grid of characters.
import dagre from '@dagrejs/dagre'
import { displayWidth } from '../diagnostic/picture.ts'
import { isReversed, ranking, type Ranking } from './ranks.ts'
import type { MapGraph } from './map.ts'

export interface PlacedBox {
  readonly column: number
  readonly row: number
  readonly width: number
  readonly height: number
}

/** Corners of a line, each beside or below the one before. */
export type Way = readonly (readonly [column: number, row: number])[]

export interface MapLayout {
  readonly boxes: ReadonlyMap<string, PlacedBox>
  /** By index of the graph's lines. */
  readonly ways: readonly Way[]
  readonly width: number
  readonly height: number
}

/** Rows between two ranks in which lines turn without lying on each other. */
const MOST_TRACKS = 6
/** Rows between two ranks where all turn in the same. */
const LEAST_GAP = 2
const BOX_GAP = 2

/** Lays the graph out as people draw networks: hosts at the bottom, what is farthest from them at the top. */
export function layoutMap(graph: MapGraph): MapLayout {
  const keys = graph.boxes.map(({ key }) => key)
  const hosts = graph.boxes.filter(({ kind }) => kind === 'host' || kind === 'group').map(({ key }) => key)
  const { isAbove, levelOf } = ranking(keys, graph.lines, hosts)
  const laid = new dagre.graphlib.Graph({ multigraph: true })
  const upperOf = (from: string, to: string): readonly [string, string] => (isAbove(to, from) ? [to, from] : [from, to])
  const uppers = new Set(graph.lines.map(({ from, to }) => upperOf(from, to)[0]))
  const tracks = tracksOf(
    keys.filter((key) => uppers.has(key)),
    levelOf,
  )
  laid.setGraph({
    rankdir: 'TB',
    nodesep: BOX_GAP,
    edgesep: 1,
    ranksep: Math.max(...tracks.values(), 0) + LEAST_GAP,
    marginx: 1,
    marginy: 0,
  })
  for (const { key, lines } of graph.boxes) laid.setNode(key, { width: Math.max(...lines.map(displayWidth)) + 4, height: lines.length + 2 })
  graph.lines.forEach(({ from, to }, index) => laid.setEdge(...upperOf(from, to), {}, String(index)))
  dagre.layout(laid)
  const boxes = new Map<string, PlacedBox>()
  for (const { key } of graph.boxes) {
    const { x, y, width, height } = laid.node(key)
    boxes.set(key, { column: Math.round(x - width / 2), row: Math.round(y - height / 2), width, height })
  }
  const routes = graph.lines.map(({ from, to }, index): Route => {
    const [upper, lower] = upperOf(from, to)
    const { points } = laid.edge(upper, lower, String(index))
    return routeOf(boxes.get(upper)!, boxes.get(lower)!, points)
  })
  const ways = graph.lines.map(({ from, to }, index) => {
    const [upper] = upperOf(from, to)
    const straight = routes.filter(({ upper: box, isStraight }) => isStraight && box === boxes.get(upper)).map(({ start }) => start)
    return wayOf(routes[index]!, straight, tracks.get(upper) ?? 0)
  })
  const right = Math.max(0, ...[...boxes.values()].map(({ column, width }) => column + width), ...ways.flat().map(([column]) => column + 1))
  const bottom = Math.max(0, ...[...boxes.values()].map(({ row, height }) => row + height))
  return { boxes, ways, width: right + 1, height: bottom }
}

/** The row below a rank in which the lines of a box turn: boxes beside each other get different ones, as far as there are enough. */
function tracksOf(uppers: readonly string[], levelOf: Ranking['levelOf']): Map<string, number> {
  const counts = new Map<string, number>()
  const tracks = new Map<string, number>()
  for (const key of uppers) {
    const level = levelOf(key)
    const count = counts.get(level) ?? 0
    counts.set(level, count + 1)
    tracks.set(key, count % MOST_TRACKS)
  }
  return tracks
}

/** Where a line goes from box to box. */
interface Route {
  readonly upper: PlacedBox
  /** Column below the upper box. */
  readonly start: number
  /** What comes next is below it. */
  readonly isStraight: boolean
  readonly between: readonly (readonly [column: number, row: number])[]
  readonly end: readonly [column: number, row: number]
}

function routeOf(upper: PlacedBox, lower: PlacedBox, points: readonly { readonly x: number; readonly y: number }[]): Route {
  // dagre puts a point between any two ranks: three points are a line from one rank to the next, which needs none.
  const between = points.length <= 3 ? [] : points.slice(1, -1).map(({ x, y }) => [Math.round(x), Math.round(y)] as const)
  const end = [centre(lower), lower.row - 1] as const
  const [next] = between[0] ?? end
  const isStraight = next > upper.column && next < upper.column + upper.width - 1
  return { upper, start: isStraight ? next : centre(upper), isStraight, between, end }
}

/**
 * Down from the upper box, by way of dagre's points where ranks lie between, to the lower; each turn in the row of its track. `straight` are
 * the columns in which other lines leave the box: where one is just beside the middle, this one leaves there, too.
 */
function wayOf({ upper, start: middle, isStraight, between, end }: Route, straight: readonly number[], track: number): Way {
  const column = isStraight ? middle : (straight.find((other) => Math.abs(other - middle) === 1) ?? middle)
  const start = [column, upper.row + upper.height] as const
  const way: [number, number][] = [[...start]]
  for (const [column, row] of [...between.filter(([, row]) => row > start[1] && row < end[1]), end]) {
    const [lastColumn, lastRow] = way.at(-1)!
    if (column !== lastColumn) {
      const turn = Math.min(Math.max(lastRow, row), lastRow + (way.length === 1 ? track : 0))
      way.push([lastColumn, turn], [column, turn])
    }
    way.push([column, row])
  }
  return way
}

function centre({ column, width }: PlacedBox): number {
  return column + Math.floor(width / 2)
}

/** The layout, or its mirror image where most boxes then stand beside each other in the order of the graph. */
export function inOrder({ boxes }: MapGraph, layout: MapLayout): MapLayout {
  const places = boxes.map(({ key }) => layout.boxes.get(key)!).map(({ column, row, height }) => ({ rank: row + height, across: column }))
  return isReversed(places) ? mirrored(layout) : layout
}

function mirrored({ boxes, ways, width, height }: MapLayout): MapLayout {
  return {
    boxes: new Map([...boxes].map(([key, box]) => [key, { ...box, column: width - box.column - box.width }])),
    ways: ways.map((way) => way.map(([column, row]) => [width - 1 - column, row] as const)),
    width,
    height,
  }
}
