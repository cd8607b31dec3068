import type { Controller, Panel, Place } from './controller.ts'
import { eventLines } from './event-view.ts'
import { beside } from './lines.ts'
import { listLines } from './list-view.ts'
import { mapLines } from './map-view.ts'
import { LINK_LIST, linkColumns } from './link-table.ts'
import { pick } from './moves.ts'
import { NODE_LIST, nodeColumns } from './node-table.ts'
import type { Line } from './span.ts'

/** From here on nodes and links stand side by side. */
const WIDE = 150

/** Nodes, links and the last events. */
export function overviewLines(place: Place): Line[] {
  const { controller, top, width, height } = place
  if (controller.isZoomed) return (controller.panel === 'nodes' ? nodeLines : linkLines)(place)
  const eventHeight = Math.max(4, Math.min(12, Math.floor(height / 5)))
  const [nodesNeed, linksNeed] = [controller.nodeList.rows.length + HEAD_ROWS, controller.linkList.rows.length + HEAD_ROWS]
  const isWide = width >= WIDE
  const spare = height - eventHeight - (isWide ? Math.max(nodesNeed, linksNeed) : nodesNeed + linksNeed)
  // What a small lab leaves over shows how it hangs together.
  const mapHeight = spare < LEAST_MAP || controller.model.state !== 'up' ? 0 : spare
  const lists = { ...place, height: height - eventHeight - mapHeight }
  return [
    ...(isWide ? listsBeside(lists) : listsBelow(lists)),
    ...(mapHeight > 0 ? mapLines({ ...place, top: top + lists.height, height: mapHeight }, false) : []),
    ...eventLines({ ...place, top: top + height - eventHeight, height: eventHeight }, false),
  ]
}

/** Title and heads of a list. */
const HEAD_ROWS = 2
/** A map of fewer rows shows a part of nothing. */
const LEAST_MAP = 12

function listsBeside(place: Place): Line[] {
  const half = Math.floor((place.width - 1) / 2)
  const left = place.width - half
  return beside(nodeLines({ ...place, width: half }), left, linkLines({ ...place, width: half, left }))
}

function listsBelow(place: Place): Line[] {
  const { controller, top, height } = place
  const nodeHeight = shareOf(height, controller.nodeList.rows.length, controller.linkList.rows.length)
  return [...nodeLines({ ...place, height: nodeHeight }), ...linkLines({ ...place, height: height - nodeHeight, top: top + nodeHeight })]
}

/** Lines for the nodes: half, or less where they need less, or more where the links do. */
function shareOf(height: number, nodes: number, links: number): number {
  const half = Math.ceil(height / 2)
  if (nodes + 2 < half) return Math.max(4, nodes + 2)
  return links + 2 < height - half ? Math.min(height - Math.max(4, links + 2), nodes + 2) : half
}

function nodeLines(place: Place): Line[] {
  const { controller, width, height } = place
  return listLines({
    title: 'Nodes',
    list: controller.nodeList,
    kind: NODE_LIST,
    state: controller.lists.nodes,
    columns: nodeColumns(controller.model, controller.marked, controller.rows.longest.name),
    isFocused: controller.panel === 'nodes',
    emptyWords: emptyWords(controller, 'There are no nodes.'),
    width,
    height,
    onShown: (keys) => addRows(place, 'nodes', keys),
  })
}

function linkLines(place: Place): Line[] {
  const { controller, width, height } = place
  return listLines({
    title: 'Links',
    list: controller.linkList,
    kind: LINK_LIST,
    state: controller.lists.links,
    columns: linkColumns(controller.model, controller.rows.longest.end),
    isFocused: controller.panel === 'links',
    emptyWords: emptyWords(controller, 'There are no links.'),
    width,
    height,
    onShown: (keys) => addRows(place, 'links', keys),
  })
}

/** A click on a row of the list selects it, one more opens it. */
function addRows({ controller, ...area }: Place, panel: Panel, keys: readonly (string | undefined)[]): void {
  controller.areas.push({ ...area, press: (row) => pick(controller, panel, keys[row]) })
}

function emptyWords({ model }: Controller, words: string): string {
  if (model.state === 'starting') return 'Reading the lab …'
  return model.state === 'down' ? 'The lab is down. It is shown again when "netlab up" brings it back.' : words
}
