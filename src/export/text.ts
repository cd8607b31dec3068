// A picture as text: a map where it fits, then nodes and links in tables. The same everywhere: no colour, and at most 80 columns where names allow.
import { displayWidth } from '../diagnostic/picture.ts'
import { drawingOf, type Box } from './drawing.ts'
import { shownName, STATES, type State } from './drawn-network.ts'
import type { Graph, GraphNode } from './graph.ts'
import type { GraphCable, GraphEnd } from './graph-cable.ts'
import type { GraphTunnel } from './graph-tunnel.ts'
import type { MapBox, MapGraph } from './map.ts'
import { drawMap } from './map-canvas.ts'
import { inOrder, layoutMap } from './map-layout.ts'

const WIDTH = 80

export function formatText(graph: Graph): string {
  const { lab, nodes, cables, tunnels } = graph
  const bridges = nodes.filter(({ role }) => role === 'bridge').length
  const counts = [
    counted(nodes.length - bridges, 'node'),
    counted(bridges, 'bridge'),
    counted(cables.length, 'link'),
    counted(tunnels.length, 'tunnel'),
  ]
  const sections = [
    `${lab}: ${counts.filter((text) => text !== '').join(', ')}${graph.isLive ? ', running' : ''}`,
    mapOf(graph),
    table('Nodes', nodes.map(nodeRow)),
    table('Links', cables.map(cableRow)),
    table('Tunnels', tunnels.map(tunnelRow)),
  ]
  return sections.filter((section) => section !== '').join('\n\n') + '\n'
}

function counted(count: number, one: string): string {
  return count === 0 ? '' : `${count} ${one}${count === 1 ? '' : 's'}`
}

/** Empty where it would be wider than a terminal. */
function mapOf(graph: Graph): string {
  const { boxes, lines } = drawingOf(graph)
  const map: MapGraph = {
    boxes: boxes.map(mapBox),
    lines: lines
      .filter(({ tunnel }) => tunnel === undefined)
      .map(({ from, to, cable }) => {
        const state = cable?.state ?? 'plain'
        return { from, to, stroke: isCut(state) ? 'cut' : 'plain', isBold: false, severity: STATES.indexOf(state) }
      }),
  }
  const layout = inOrder(map, layoutMap(map))
  if (layout.width > WIDTH || boxes.length < 2) return ''
  const rows = drawMap(map, layout, { column: 0, row: 0, width: layout.width, height: layout.height })
  const drawn = rows.map((spans) =>
    spans
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  )
  return `${drawn.join('\n')}\n\n${MAP_LEGEND}${graph.cables.some(({ state }) => isCut(state)) ? '  ╌ no packet passes' : ''}`
}

const MAP_LEGEND = ' ╭host╮  ┏router┓  ╔bridge╗'

function mapBox(box: Box): MapBox {
  if (box.kind === 'group') return { key: box.key, kind: 'group', lines: [`${box.cells[0]!.name} … ${box.cells.at(-1)!.name}`, box.name] }
  const { role } = box.node
  return { key: box.key, kind: role === 'internet' ? 'router' : role, lines: [box.name] }
}

function isCut(state: State): boolean {
  return state === 'down' || state === 'no carrier' || state === 'missing'
}

interface Row {
  /** Aligned under those of the other rows. */
  readonly cells: readonly string[]
  /** What follows, on lines of their own where it is too long. */
  readonly notes: readonly string[]
}

function table(heading: string, rows: readonly Row[]): string {
  if (rows.length === 0) return ''
  const columns = Math.max(...rows.map(({ cells }) => cells.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map(({ cells }) => displayWidth(cells[column] ?? ''))))
  return [heading, ...rows.flatMap((row) => rowLines(row, widths))].join('\n')
}

const INDENT = '      '

function rowLines({ cells, notes }: Row, widths: readonly number[]): string[] {
  const first = `  ${cells.map((cell, column) => cell + ' '.repeat(widths[column]! - displayWidth(cell))).join('  ')}`
  const lines = [first]
  // Onto the row as long as there is room, then below it.
  for (const note of notes) {
    const last = lines.at(-1)!
    const joined = lines.length === 1 ? `${last}  ${note}` : `${last}, ${note}`
    if (displayWidth(joined) <= WIDTH) lines[lines.length - 1] = joined
    else lines.push(`${INDENT}${note}`)
  }
  return lines.map((line) => line.trimEnd())
}

function nodeRow({ name, role, state, trouble, lines }: GraphNode): Row {
  const mark = state === 'plain' || state === 'up' ? [] : [trouble ?? state]
  return { cells: [shownName(name), role], notes: [...mark, ...joined(lines)] }
}

/** What is indented below a line goes behind it. */
function joined(lines: readonly string[]): string[] {
  const found: string[] = []
  for (const line of lines) {
    if (line.startsWith(' ') && found.length > 0) found[found.length - 1] += ` ${line.trim()}`
    else found.push(line)
  }
  return found
}

function cableRow({ a, b, state, words, subnets, isTrunk }: GraphCable): Row {
  const way = isCut(state) ? '╌╌' : isTrunk ? '══' : '──'
  return { cells: [endText(a), way, endText(b)], notes: joined([...subnets, ...words]) }
}

/** `h1:eth0 10.0.1.1/24`; of a port the bridge and its VLANs. */
function endText({ node, ifname, words }: GraphEnd): string {
  const [first, ...rest] = words
  const isNamed = first !== undefined && first.split(' ')[0] === ifname
  return isNamed ? [`${shownName(node)}:${first}`, ...rest].join(' ') : [node, ...words].join(' ')
}

function tunnelRow({ a, b, kind, subnets }: GraphTunnel): Row {
  return { cells: [`${a.node}:${a.ifname}`, '┄┄', `${b.node}:${b.ifname}`, kind], notes: subnets }
}
