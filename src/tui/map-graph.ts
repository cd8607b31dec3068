// The lab as a graph to draw: nodes and bridges as boxes, cables as lines. Many hosts behind one switch are one box: a thousand boxes
// beside each other show nobody anything.
import type { MapBox, MapGraph, MapLine } from '../export/map.ts'
import { CABLE_COLORS, CABLE_STATES, type Cable, type CableState } from './links.ts'
import { nodeState, type NodeRow } from './nodes.ts'
import type { Color } from './span.ts'

export type LabMap = MapGraph<Color>
type Box = MapBox<Color>
type Line = MapLine<Color>

/** From so many hosts on, those behind one neighbour are drawn as one. */
const GROUP_FROM = 9

/** Less is the small talk of neighbours. */
const BUSY_BITS = 10_000

/** The graph of a lab as it stands. */
export function mapGraph(nodes: readonly NodeRow[], cables: readonly Cable[]): LabMap {
  const inside = cables.filter((cable) => cable.b !== undefined)
  const neighbours = neighboursOf(inside)
  const groupOf = new Map<string, string>()
  const groups = new Map<string, NodeRow[]>()
  for (const node of nodes) {
    const [only, ...others] = neighbours.get(node.name) ?? []
    if (node.role !== 'host' || only === undefined || others.length > 0) continue
    const members = groups.get(only)
    if (members === undefined) groups.set(only, [node])
    else members.push(node)
  }
  for (const [hub, members] of groups) {
    if (members.length < GROUP_FROM) groups.delete(hub)
    else for (const { name } of members) groupOf.set(name, `group ${hub}`)
  }
  const boxes = [
    ...nodes.filter(({ name }) => !groupOf.has(name)).map(nodeBox),
    ...[...groups].map(([hub, members]) => groupBox(`group ${hub}`, members)),
  ]
  return { boxes, lines: mergedLines(inside, (place) => groupOf.get(place) ?? place) }
}

function neighboursOf(cables: readonly Cable[]): Map<string, Set<string>> {
  const neighbours = new Map<string, Set<string>>()
  const add = (from: string, to: string): void => {
    const known = neighbours.get(from)
    if (known === undefined) neighbours.set(from, new Set([to]))
    else known.add(to)
  }
  for (const { a, b } of cables) {
    add(a.place, b!.place)
    add(b!.place, a.place)
  }
  return neighbours
}

function nodeBox(node: NodeRow): Box {
  return { key: node.name, lines: [node.name, ...(node.isStopped ? ['stopped'] : [])], kind: node.role, color: nodeState(node).color }
}

function groupBox(key: string, members: readonly NodeRow[]): Box {
  const down = members.filter(({ linksDown }) => linksDown > 0).length
  const first = members[0]!.name
  const last = members.at(-1)!.name
  return {
    key,
    lines: [`${first} … ${last}`, down === 0 ? `${members.length} hosts up` : `${members.length} hosts, ${down} down`],
    kind: 'group',
    color: down === 0 ? 'green' : down === members.length ? 'red' : 'yellow',
  }
}

/** Cables between the same two boxes are one line, in the worst of their states. */
function mergedLines(cables: readonly Cable[], boxOf: (place: string) => string): Line[] {
  const lines = new Map<string, Line>()
  for (const { a, b, state, forward, backward } of cables) {
    const [from, to] = [boxOf(a.place), boxOf(b!.place)].sort() as [string, string]
    const key = `${from}\n${to}`
    const before = lines.get(key)
    const isBold = before?.isBold === true || forward + backward > BUSY_BITS
    // A group is not down because one of its cables is: its box says how many.
    const line = lineOf(from.startsWith('group ') || to.startsWith('group ') ? 'up' : state)
    lines.set(key, { from, to, ...(before === undefined || line.severity > before.severity ? line : looksOf(before)), isBold })
  }
  return [...lines.values()]
}

type Looks = Pick<Line, 'color' | 'stroke' | 'severity'>

function lineOf(state: CableState): Looks {
  return { color: CABLE_COLORS[state], stroke: STROKES[state], severity: CABLE_STATES.indexOf(state) }
}

const STROKES: Readonly<Record<CableState, Line['stroke']>> = {
  up: 'plain',
  loose: 'plain',
  impaired: 'impaired',
  saturated: 'saturated',
  blocked: 'cut',
  'no carrier': 'cut',
  down: 'cut',
}

function looksOf({ color, stroke, severity }: Line): Looks {
  return { ...(color !== undefined && { color }), stroke, severity }
}
