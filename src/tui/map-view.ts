import type { Place } from './controller.ts'
import type { Line } from './span.ts'
import { padLines, titleLine } from './lines.ts'
import { drawMap, legend } from '../export/map-canvas.ts'
import { nodeKey, openNode, pick } from './moves.ts'
import { mapGraph, type LabMap } from './map-graph.ts'
import { inOrder, layoutMap, type MapLayout } from '../export/map-layout.ts'

/** The layout of a graph, kept for as long as the graph has the same boxes and lines: what changes all the time are its colours. */
let kept: { readonly shape: string; readonly layout: MapLayout } | undefined

function layoutOf(graph: LabMap): MapLayout {
  const shape = JSON.stringify([
    graph.boxes.map(({ key, lines }) => [key, lines.map(({ length }) => length)]),
    graph.lines.map(({ from, to }) => [from, to]),
  ])
  if (kept?.shape !== shape) kept = { shape, layout: inOrder(graph, layoutMap(graph)) }
  return kept.layout
}

function boxAt({ boxes }: MapLayout, column: number, row: number): string | undefined {
  for (const [key, box] of boxes)
    if (column >= box.column && column < box.column + box.width && row >= box.row && row < box.row + box.height) return key
  return undefined
}

/** The middle of the top; where no box is whole there but lines alone, the box nearest to it. */
function firstOffset({ boxes, width: whole }: MapLayout, width: number, height: number): { column: number; row: number } {
  const column = Math.floor((whole - width) / 2)
  const isSeen = [...boxes.values()].some(
    (box) => box.column >= column && box.column + box.width <= column + width && box.row + box.height <= height,
  )
  const distance = (box: { column: number; width: number }): number => Math.abs(box.column + box.width / 2 - whole / 2)
  const [first] = [...boxes.values()].sort((a, b) => a.row - b.row || distance(a) - distance(b))
  if (isSeen || first === undefined) return { column, row: 0 }
  return { column: first.column + Math.floor((first.width - width) / 2), row: first.row }
}

/** The topology, drawn. */
export function mapLines(place: Place, isFocused: boolean): Line[] {
  const { controller, width, height } = place
  const { nodes, cables } = controller.rows
  const graph = mapGraph(nodes, cables)
  const layout = layoutOf(graph)
  const room = height - 1
  const offset = (controller.mapOffset ??= firstOffset(layout, width, room))
  offset.column = Math.max(0, Math.min(offset.column, layout.width - width))
  offset.row = Math.max(0, Math.min(offset.row, layout.height - room))
  // A map that is smaller than the screen stands in its middle.
  const column = layout.width < width ? -Math.floor((width - layout.width) / 2) : offset.column
  const row = layout.height < room ? -Math.min(2, Math.floor((room - layout.height) / 2)) : offset.row
  controller.areas.push({
    ...place,
    press: (y, x) => {
      const name = boxAt(layout, column + x, row + y - 1)
      const key = name === undefined ? undefined : nodeKey(controller, name)
      if (name === undefined || key === undefined) return // a group is no node
      if (isFocused) openNode(controller, name)
      else pick(controller, 'nodes', key)
    },
  })
  const isCut = layout.width > width || layout.height > room
  const scrolling = isCut && isFocused ? `arrows scroll, ${layout.width}×${layout.height}` : ''
  const note = [legend(width - scrolling.length), scrolling].filter((words) => words !== '').join('  ')
  const lines =
    graph.boxes.length === 0
      ? [[{ text: ' There is nothing to draw.', dim: true }]]
      : drawMap(graph, layout, { column, row, width, height: room })
  return padLines([titleLine('Map', note, width, isFocused), ...lines], height)
}
