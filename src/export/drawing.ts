// A graph as boxes and lines with their texts, measured and not yet placed. Many hosts behind one neighbour become one box with a cell
// for each: a thousand boxes beside each other show nobody anything.
import { displayWidth } from '../diagnostic/picture.ts'
import { shownName, type State } from './drawn-network.ts'
import { cablesByNode, type Graph, type GraphNode } from './graph.ts'
import type { GraphCable } from './graph-cable.ts'
import type { GraphTunnel } from './graph-tunnel.ts'

/** Pixels. Texts are set in a monospaced face whose letters are 0.6 of its size wide; the SVG forces each text to that width. */
export const TEXT = { size: 11, line: 15 }
export const NAME = { size: 13, line: 18 }
const LETTER = 0.6
export const PADDING = { x: 10, y: 7 }
/** Beside the name. */
export const ICON = 20
export const CELL_GAP = 8

export interface Size {
  readonly width: number
  readonly height: number
}

/** Texts under each other. */
export interface TextBlock extends Size {
  readonly lines: readonly string[]
}

export interface NodeBox extends Size {
  readonly kind: 'node'
  readonly key: string
  readonly node: GraphNode
  readonly name: string
  readonly lines: readonly string[]
}

/** Hosts behind one neighbour. */
export interface GroupBox extends Size {
  readonly kind: 'group'
  readonly key: string
  readonly name: string
  readonly cells: readonly Cell[]
  readonly cell: Size
  readonly columns: number
}

export interface Cell {
  readonly node: GraphNode
  readonly cable: GraphCable
  readonly name: string
  readonly lines: readonly string[]
}

export type Box = NodeBox | GroupBox

export interface DrawnLine {
  readonly key: string
  readonly from: string
  readonly to: string
  /** At the first end, in the middle, at the other end. Empty where there is nothing to say. */
  readonly labels: readonly [TextBlock, TextBlock, TextBlock]
  /** Absent of a group's line, which stands for many. */
  readonly cable?: GraphCable
  readonly tunnel?: GraphTunnel
}

export interface Drawing {
  readonly boxes: readonly Box[]
  readonly lines: readonly DrawnLine[]
  /** Interfaces and subnets are not written at the lines. */
  readonly isTerse: boolean
}

/** From so many hosts on, those behind one neighbour are drawn as one; of a large network from fewer on. */
const GROUP_FROM = 9
const LARGE = { nodes: 60, groupFrom: 3 }
/** More lines than these are drawn without their texts: nobody could read them, and the layout would take minutes. */
const MOST_LABELLED = 150

export function textWidth(text: string, { size }: { readonly size: number } = TEXT): number {
  return Math.ceil(displayWidth(text) * size * LETTER)
}

export function drawingOf(graph: Graph): Drawing {
  const groups = groupsOf(graph)
  const groupOf = new Map([...groups].flatMap(([hub, cells]) => cells.map(({ node }) => [node.name, groupKey(hub)] as const)))
  const boxes: Box[] = [
    ...graph.nodes.filter(({ name }) => !groupOf.has(name)).map(nodeBox),
    ...[...groups].map(([hub, cells]) => groupBox(hub, cells)),
  ]
  const single = graph.cables.filter(({ a, b }) => !groupOf.has(a.node) && !groupOf.has(b.node))
  const isTerse = single.length > MOST_LABELLED
  return {
    boxes,
    lines: [
      ...single.map((cable) => cableLine(cable, isTerse)),
      ...[...groups].map(([hub, cells]) => groupLine(hub, cells)),
      ...graph.tunnels.map(tunnelLine),
    ],
    isTerse,
  }
}

/** Keys of groups cannot be those of nodes: no name has a space. */
function groupKey(hub: string): string {
  return `group ${hub}`
}

/** By neighbour: hosts that have no other, and nothing to say but what stands at their cable. */
function groupsOf({ nodes, cables, tunnels }: Graph): Map<string, Cell[]> {
  const groupFrom = nodes.length > LARGE.nodes ? LARGE.groupFrom : GROUP_FROM
  const byNode = cablesByNode(cables)
  const inTunnel = new Set(tunnels.flatMap(({ a, b }) => [a.node, b.node]))
  const groups = new Map<string, Cell[]>()
  for (const node of nodes) {
    const [cable, ...others] = byNode.get(node.name) ?? []
    if (node.role !== 'host' || node.lines.length > 0 || inTunnel.has(node.name) || cable === undefined || others.length > 0) continue
    const [own, far] = cable.a.node === node.name ? [cable.a, cable.b] : [cable.b, cable.a]
    const lines = [...own.words, ...far.words, ...cable.words]
    const cell = { node, cable, name: shownName(node.name), lines }
    const cells = groups.get(far.node)
    if (cells === undefined) groups.set(far.node, [cell])
    else cells.push(cell)
  }
  // Two hosts that have only each other are no group: one of them would be the hub of the other's.
  return new Map([...groups].filter(([, cells]) => cells.length >= groupFrom))
}

function nodeBox(node: GraphNode): NodeBox {
  const name = shownName(node.name)
  const lines = [...(node.trouble === undefined ? [] : [node.trouble]), ...node.lines]
  const width = Math.max(textWidth(name, NAME) + ICON, ...lines.map((line) => textWidth(line))) + 2 * PADDING.x
  return { kind: 'node', key: node.name, node, name, lines, width, height: NAME.line + lines.length * TEXT.line + 2 * PADDING.y }
}

function groupBox(hub: string, cells: readonly Cell[]): GroupBox {
  const width = Math.max(...cells.map(({ name, lines }) => Math.max(textWidth(name, NAME) + ICON, ...lines.map((line) => textWidth(line)))))
  const height = NAME.line + Math.max(...cells.map(({ lines }) => lines.length)) * TEXT.line
  const cell = { width: width + 2 * PADDING.x, height: height + 2 * PADDING.y }
  // Few stand under each other, as the hosts of a rack; many make a block half as wide again as it is high.
  const columns = cells.length <= 8 ? 1 : Math.ceil(Math.sqrt((1.5 * cells.length * cell.height) / cell.width))
  const rows = Math.ceil(cells.length / columns)
  const name = `${cells.length} hosts`
  return {
    kind: 'group',
    key: groupKey(hub),
    name,
    cells,
    cell,
    columns,
    width: Math.max(columns * (cell.width + CELL_GAP) + CELL_GAP, textWidth(name, NAME) + 2 * PADDING.x),
    height: NAME.line + PADDING.y + rows * (cell.height + CELL_GAP) + CELL_GAP,
  }
}

function block(lines: readonly string[]): TextBlock {
  if (lines.length === 0) return { lines, width: 0, height: 0 }
  return { lines, width: Math.max(...lines.map((line) => textWidth(line))) + 6, height: lines.length * TEXT.line + 2 }
}

const NOTHING = block([])

function cableLine(cable: GraphCable, isTerse: boolean): DrawnLine {
  const { key, a, b, subnets, words } = cable
  const labels = isTerse
    ? ([NOTHING, block(words), NOTHING] as const)
    : ([block(a.words), block([...subnets, ...words]), block(b.words)] as const)
  return { key, from: a.node, to: b.node, labels, cable }
}

function groupLine(hub: string, cells: readonly Cell[]): DrawnLine {
  return { key: groupKey(hub), from: hub, to: groupKey(hub), labels: [NOTHING, block([`${cells.length} cables`]), NOTHING] }
}

function tunnelLine(tunnel: GraphTunnel): DrawnLine {
  const { a, b, kind, subnets } = tunnel
  const names = a.ifname === b.ifname ? a.ifname : `${a.ifname} – ${b.ifname}`
  return { key: `tunnel ${tunnel.key}`, from: a.node, to: b.node, labels: [NOTHING, block([kind, names, ...subnets]), NOTHING], tunnel }
}

/** How a group stands: the worst is told by its cells, and this is for the box. */
export function groupState(cells: readonly Cell[]): State {
  return cells.every(({ node }) => node.state === 'plain') ? 'plain' : 'up'
}
