// A picture as SVG 1.1: one file that needs no other, with a title and a description for those who do not see it.
import { create } from 'xmlbuilder2'
import {
  CELL_GAP,
  drawingOf,
  groupState,
  ICON,
  NAME,
  PADDING,
  TEXT,
  textWidth,
  type Cell,
  type Drawing,
  type GroupBox,
  type NodeBox,
} from './drawing.ts'
import { shownName } from './drawn-network.ts'
import type { Graph, GraphNode } from './graph.ts'
import { layoutOf, type Layout, type PlacedLine, type Rect } from './layout.ts'
import { legendOf } from './svg-legend.ts'
import { iconOf, outlineOf } from './svg-shape.ts'
import { stateClass, svgStyle } from './svg-style.ts'
import { drawText, round, type Element } from './svg-text.ts'

/** The whole document. */
export function formatSvg(graph: Graph): string {
  return `${svgDocument(graph).end({ headless: true })}\n`
}

export function svgDocument(graph: Graph): Element {
  const drawing = drawingOf(graph)
  const layout = layoutOf(drawing)
  const legend = legendOf(graph, drawing, layout)
  const [width, height] = [Math.max(layout.width, legend.width), layout.height + legend.height].map(Math.ceil) as [number, number]
  const svg = create().ele('svg', {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': 'title description',
  })
  svg.ele('title', { id: 'title' }).txt(`Network of the lab ${graph.lab}`)
  svg.ele('desc', { id: 'description' }).txt(describe(graph))
  svg.ele('style').txt(svgStyle())
  svg.ele('rect', { class: 'page', width, height })
  const ways = svg.ele('g')
  for (const line of layout.lines) drawWay(ways, line)
  const labels = svg.ele('g')
  for (const line of layout.lines) drawLabels(labels, line)
  drawBoxes(svg.ele('g'), drawing, layout)
  legend.draw(svg.ele('g', { transform: `translate(0 ${layout.height})` }))
  return svg
}

/** The picture in words. */
function describe({ nodes, cables, tunnels, isLive }: Graph): string {
  const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`
  const bridges = nodes.filter(({ role }) => role === 'bridge').length
  const troubles = [
    ...nodes.flatMap(({ name, trouble }) => (trouble === undefined ? [] : [`${shownName(name)}: ${trouble}`])),
    ...cables
      .filter(({ state }) => state !== 'plain' && state !== 'up')
      .map(({ a, b, state }) => `${shownName(a.node)} to ${shownName(b.node)}: ${state}`),
  ]
  const parts = [
    count(nodes.length - bridges, 'node'),
    count(bridges, 'bridge'),
    count(cables.length, 'cable'),
    count(tunnels.length, 'tunnel'),
  ]
  const live = !isLive ? '' : troubles.length === 0 ? ' All is up and as the file has it.' : ` ${troubles.slice(0, 20).join('. ')}.`
  return `${parts.join(', ')}.${live}`
}

function drawWay(parent: Element, { line, way }: PlacedLine): void {
  const d = pathOf(way)
  const key = line.cable?.key ?? line.tunnel?.key ?? line.key
  const kind = line.tunnel !== undefined ? 'tunnel' : stateClass(line.cable?.state ?? 'plain')
  const link = parent.ele('g', { 'data-line': key })
  link.ele('title').txt(`${shownName(line.from)} – ${shownName(line.to)}`)
  const isTrunk = line.cable?.isTrunk === true
  link.ele('path', { class: `way ${kind}${isTrunk ? ' trunk' : ''}`, d })
  if (isTrunk) link.ele('path', { class: 'way inner', d })
}

/** Straight between the points of a pair, bent between the pairs. */
function pathOf(way: PlacedLine['way']): string {
  const at = (number: number): string => String(Math.round(number * 10) / 10)
  const [start, ...rest] = way
  if (start === undefined) return ''
  const words = [`M${at(start.x)} ${at(start.y)}`]
  let last = start
  rest.forEach((point, index) => {
    const middle = at((last.y + point.y) / 2)
    if (index % 2 === 0 || point.x === last.x) words.push(`L${at(point.x)} ${at(point.y)}`)
    else words.push(`C${at(last.x)} ${middle} ${at(point.x)} ${middle} ${at(point.x)} ${at(point.y)}`)
    last = point
  })
  return words.join('')
}

function drawLabels(parent: Element, { line, labels }: PlacedLine): void {
  if (labels.length === 0) return
  const key = line.cable?.key ?? line.tunnel?.key ?? line.key
  const group = parent.ele('g', { 'data-line': key })
  labels.forEach(({ block, rect }) => {
    group.ele('rect', { class: 'behind', ...rounded(rect) })
    const isMiddle = block === line.labels[1]
    const state = line.tunnel !== undefined ? 'tunnel' : isMiddle ? stateClass(line.cable?.state ?? 'plain') : ''
    block.lines.forEach((text, index) =>
      drawText(group, text, {
        x: rect.x + (rect.width - textWidth(text)) / 2,
        y: rect.y + 1 + index * TEXT.line,
        ...TEXT,
        className: state,
      }),
    )
  })
}

function drawBoxes(parent: Element, { boxes }: Drawing, { boxes: rects }: Layout): void {
  for (const box of boxes) {
    const rect = rects.get(box.key)!
    if (box.kind === 'node') drawNode(parent, box.node, box, rect)
    else drawGroup(parent, box, rect)
  }
}

function drawNode(
  parent: Element,
  node: GraphNode,
  { name, lines }: Pick<NodeBox | Cell, 'name' | 'lines'>,
  rect: Rect,
  lineKey?: string,
): void {
  const { role, state, trouble } = node
  const group = parent.ele('g', {
    class: `${role} ${stateClass(state)}`,
    'data-node': node.name,
    ...(lineKey !== undefined && { 'data-line': lineKey }),
  })
  group.ele('title').txt([name, role, ...(trouble === undefined ? [] : [trouble])].join(', '))
  group.ele('path', { class: 'shape', d: outlineOf(role, rect) })
  const left = rect.x + PADDING.x
  group.ele('path', { class: 'icon', d: iconOf(role), transform: `translate(${round(left)} ${round(rect.y + PADDING.y + 1)})` })
  drawText(group, name, { x: left + ICON, y: rect.y + PADDING.y, ...NAME, className: 'name' })
  lines.forEach((text, index) => {
    const className = index === 0 && trouble !== undefined ? 'trouble' : ''
    drawText(group, text, { x: left, y: rect.y + PADDING.y + NAME.line + index * TEXT.line, ...TEXT, className })
  })
}

function drawGroup(parent: Element, { name, cells, cell, columns }: GroupBox, rect: Rect): void {
  const group = parent.ele('g', { class: `group ${groupState(cells)}` })
  group.ele('title').txt(name)
  group.ele('path', { class: 'shape', d: outlineOf('host', rect) })
  drawText(group, name, { x: rect.x + PADDING.x, y: rect.y + PADDING.y, ...NAME, className: 'name' })
  cells.forEach((each, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)]
    const x = rect.x + CELL_GAP + column * (cell.width + CELL_GAP)
    const y = rect.y + NAME.line + PADDING.y + CELL_GAP + row * (cell.height + CELL_GAP)
    const state = each.node.state === 'up' || each.node.state === 'plain' ? each.cable.state : each.node.state
    drawNode(group, { ...each.node, state }, each, { x, y, ...cell }, each.cable.key)
  })
}

function rounded({ x, y, width, height }: Rect): Record<string, number> {
  return { x: round(x), y: round(y), width: round(width), height: round(height) }
}
