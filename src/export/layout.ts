// Where everything of a drawing stands: dagre ranks the boxes (Sugiyama's method) and the texts of the lines with them, as boxes of
// their own, so that no two lie on each other. Lines run straight down within a rank, and turn only between ranks: they cross no box.
import dagre from '@dagrejs/dagre'
import type { Drawing, DrawnLine, Size, TextBlock } from './drawing.ts'
import { withSlopes } from './layout-slope.ts'
import { isReversed, ranking } from './ranks.ts'

export interface Rect extends Size {
  /** Of the upper left corner. */
  readonly x: number
  readonly y: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** One piece of a line: straight down, or from one column to another. */
export interface PlacedLine {
  readonly line: DrawnLine
  /** Downwards; pairs of points are straight pieces, and between the pairs it bends. */
  readonly way: readonly Point[]
  readonly labels: readonly { readonly block: TextBlock; readonly rect: Rect }[]
}

export interface Layout extends Size {
  /** By key. */
  readonly boxes: ReadonlyMap<string, Rect>
  readonly lines: readonly PlacedLine[]
}

const SPACE = { boxes: 22, lines: 12, ranks: 30, margin: 16 }
/** Nearer than this, two lines at one box look like one. */
const NEAR = 9
/** How much more than a tunnel a cable is to be short and straight. */
const CABLE_WEIGHT = 3

/** What a line passes from top to bottom: boxes and texts, by their keys in dagre's graph. */
interface Chain {
  readonly line: DrawnLine
  readonly keys: readonly string[]
  readonly labels: readonly { readonly key: string; readonly block: TextBlock }[]
}

export function layoutOf(drawing: Drawing): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true })
  graph.setGraph({
    // Upwards, though lines are told downwards: dagre begins with the order in which it finds the lowest, which then is that of the file, and
    // keeps the hosts of a switch, and the switches of a pod, together.
    rankdir: 'BT',
    nodesep: SPACE.boxes,
    edgesep: SPACE.lines,
    ranksep: SPACE.ranks,
    marginx: SPACE.margin,
    marginy: SPACE.margin,
    // The best ranks of thousands of lines would take most of a minute, and be hardly better.
    ranker: drawing.isTerse ? 'tight-tree' : 'network-simplex',
  })
  for (const { key, width, height } of drawing.boxes) graph.setNode(key, { width, height })
  const chains = chainsOf(drawing)
  for (const { line, keys, labels } of chains) {
    for (const { key, block } of labels) graph.setNode(key, { width: block.width, height: block.height })
    for (const [upper, lower] of pairs(keys))
      graph.setEdge(lower, upper, { weight: line.tunnel === undefined ? CABLE_WEIGHT : 1 }, line.key)
  }
  dagre.layout(graph)
  return placed(graph, drawing, chains)
}

/** Each line downwards. Tunnels have no say in who stands above whom. */
function chainsOf({ boxes, lines }: Drawing): Chain[] {
  const { isAbove } = ranking(
    boxes.map(({ key }) => key),
    lines.filter(({ tunnel }) => tunnel === undefined),
    boxes.filter((box) => box.kind === 'group' || box.node.role === 'host').map(({ key }) => key),
  )
  return lines.flatMap((line) => {
    const blocks = line.labels.map((block, index) => ({ key: `${line.key} ${index}`, block })).filter(({ block }) => block.lines.length > 0)
    if (line.tunnel !== undefined || line.from === line.to) return hangingChains(line, blocks)
    const isDown = isAbove(line.from, line.to)
    const labels = isDown ? blocks : blocks.reverse()
    const [upper, lower] = isDown ? [line.from, line.to] : [line.to, line.from]
    return [{ line, keys: [upper, ...labels.map(({ key }) => key), lower], labels }]
  })
}

/** A tunnel, and a cable with both ends in one box, hangs below its ends: down to its last text, and up again. */
function hangingChains(line: DrawnLine, labels: Chain['labels']): Chain[] {
  const keys = labels.map(({ key }) => key)
  return [
    { line, keys: [line.from, ...keys], labels },
    { line, keys: [line.to, ...keys.slice(-1)], labels: [] },
  ]
}

function pairs<T>(items: readonly T[]): (readonly [T, T])[] {
  return items.slice(1).map((item, index) => [items[index]!, item] as const)
}

type Graph = InstanceType<typeof dagre.graphlib.Graph>

function placed(graph: Graph, drawing: Drawing, chains: readonly Chain[]): Layout {
  const { width = 0, height = 0 } = drawing.boxes.length === 0 ? {} : (graph.graph() as Partial<Size>)
  const places = drawing.boxes.map(({ key }) => graph.node(key) as Point).map(({ x, y }) => ({ rank: Math.round(y), across: x }))
  if (isReversed(places)) mirror(graph, width)
  const rectOf = (key: string): Rect => {
    const node = graph.node(key) as Rect
    return { ...node, x: node.x - node.width / 2, y: node.y - node.height / 2 }
  }
  const bandAt = bandsOf(graph)
  const stations = chains.map((chain) => stationsOf(graph, chain))
  const ends = attachments(rectOf, chains, stations)
  const lines = chains.map(({ line, keys, labels }, index): PlacedLine => {
    const [first, last] = [rectOf(keys[0]!), rectOf(keys.at(-1)!)]
    const [top, bottom] = [ends.get(`${index} top`)!, ends.get(`${index} bottom`)!]
    const between = stations[index]!.flatMap(({ x, y }) => [
      { x, y: bandAt(y).top },
      { x, y: bandAt(y).bottom },
    ])
    const way = [
      { x: top, y: first.y + first.height },
      { x: top, y: bandAt(first.y + first.height / 2).bottom },
      ...between,
      { x: bottom, y: bandAt(last.y + last.height / 2).top },
      { x: bottom, y: last.y },
    ]
    return { line, way, labels: labels.map(({ key, block }) => ({ block, rect: rectOf(key) })) }
  })
  return withSlopes({ boxes: new Map(drawing.boxes.map(({ key }) => [key, rectOf(key)])), lines, width, height })
}

function mirror(graph: Graph, width: number): void {
  const turn = (point: { x: number }): void => {
    point.x = width - point.x
  }
  for (const key of graph.nodes()) turn(graph.node(key) as { x: number })
  for (const edge of graph.edges()) for (const point of (graph.edge(edge) as { points: { x: number }[] }).points) turn(point)
}

/** What a line passes between its boxes: texts of its own, and ranks in which it has none. */
function stationsOf(graph: Graph, { line, keys }: Chain): Point[] {
  return pairs(keys).flatMap(([upper, lower], index) => {
    const { points } = graph.edge(lower, upper, line.key) as { readonly points: readonly Point[] }
    const between = points.slice(1, -1).reverse()
    const end = index === keys.length - 2 ? [] : [graph.node(lower) as Point]
    return [...between, ...end]
  })
}

/** The room that a rank takes, by its middle. Points between the ranks take none. */
function bandsOf(graph: Graph): (y: number) => { readonly top: number; readonly bottom: number } {
  const heights = new Map<number, number>()
  for (const key of graph.nodes()) {
    const { y, height } = graph.node(key) as Rect
    heights.set(Math.round(y), Math.max(heights.get(Math.round(y)) ?? 0, height))
  }
  return (y) => {
    const half = (heights.get(Math.round(y)) ?? 0) / 2
    return { top: y - half, bottom: y + half }
  }
}

/** Where each line meets its two boxes: below or above what comes next, as far as the box reaches and others leave room. */
function attachments(
  rectOf: (key: string) => Rect,
  chains: readonly Chain[],
  stations: readonly (readonly Point[])[],
): ReadonlyMap<string, number> {
  const sides = new Map<string, { readonly end: string; readonly toward: number }[]>()
  const add = (side: string, end: string, toward: number): void => {
    const known = sides.get(side)
    if (known === undefined) sides.set(side, [{ end, toward }])
    else known.push({ end, toward })
  }
  chains.forEach(({ keys }, index) => {
    const [upper, lower] = [keys[0]!, keys.at(-1)!]
    const way = stations[index]!
    add(`${upper}\nbottom`, `${index} top`, way[0]?.x ?? middleOf(rectOf(lower)))
    add(`${lower}\ntop`, `${index} bottom`, way.at(-1)?.x ?? middleOf(rectOf(upper)))
  })
  const found = new Map<string, number>()
  for (const [side, ends] of sides) {
    const { x, width } = rectOf(side.split('\n')[0]!)
    const sorted = ends.sort((one, other) => one.toward - other.toward)
    const [left, right] = [x + NEAR, x + width - NEAR]
    const wished = sorted.map(({ toward }) => Math.min(Math.max(toward, left), right))
    const hasRoom = wished.every((at, index) => index === 0 || at - wished[index - 1]! >= NEAR)
    sorted.forEach(({ end }, index) => found.set(end, hasRoom ? wished[index]! : x + (width * (index + 1)) / (sorted.length + 1)))
  }
  return found
}

function middleOf({ x, width }: Rect): number {
  return x + width / 2
}
