import type { ReactNode } from 'react'
import type { Controller } from './controller.ts'
import { Lines, padLines, titleLine } from './Lines.tsx'
import { drawMap, legend } from '../export/map-canvas.ts'
import { mapGraph, type LabMap } from './map-graph.ts'
import { layoutMap, type MapLayout } from '../export/map-layout.ts'

interface Props {
  readonly controller: Controller
  readonly width: number
  readonly height: number
  readonly isFocused: boolean
}

/** The layout of a graph, kept for as long as the graph has the same boxes and lines: what changes all the time are its colours. */
let kept: { readonly shape: string; readonly layout: MapLayout } | undefined

function layoutOf(graph: LabMap): MapLayout {
  const shape = JSON.stringify([
    graph.boxes.map(({ key, lines }) => [key, lines.map(({ length }) => length)]),
    graph.lines.map(({ from, to }) => [from, to]),
  ])
  if (kept?.shape !== shape) kept = { shape, layout: layoutMap(graph) }
  return kept.layout
}

/** The topology, drawn. */
export function MapView({ controller, width, height, isFocused }: Props): ReactNode {
  const { nodes, cables } = controller.rows
  const graph = mapGraph(nodes, cables)
  const layout = layoutOf(graph)
  const room = height - 1
  const offset = controller.mapOffset
  offset.column = Math.min(offset.column, Math.max(0, layout.width - width))
  offset.row = Math.min(offset.row, Math.max(0, layout.height - room))
  // A map that is smaller than the screen stands in its middle.
  const column = layout.width < width ? -Math.floor((width - layout.width) / 2) : offset.column
  const row = layout.height < room ? -Math.min(2, Math.floor((room - layout.height) / 2)) : offset.row
  const isCut = layout.width > width || layout.height > room
  const note = isCut ? `arrows scroll, ${layout.width}×${layout.height}` : legend(width)
  const lines =
    graph.boxes.length === 0
      ? [[{ text: ' There is nothing to draw.', dim: true }]]
      : drawMap(graph, layout, { column, row, width, height: room })
  return <Lines lines={padLines([titleLine('Map', note, width, isFocused), ...lines], height)} width={width} />
}
