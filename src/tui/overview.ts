import type { Controller, ListArea, Place } from './controller.ts'
import { eventLines } from './event-view.ts'
import { HEADER_HEIGHT } from './header.ts'
import { beside } from './lines.ts'
import { listLines } from './list-view.ts'
import { mapLines } from './map-view.ts'
import { LINK_LIST, linkColumns } from './link-table.ts'
import { NODE_LIST, nodeColumns } from './node-table.ts'
import type { Line } from './span.ts'

/** From here on nodes and links stand side by side. */
const WIDE = 150

interface ListPlace extends Place {
  readonly left: number
  /** Below the header. */
  readonly top: number
}

/** Nodes, links and the last events. */
export function overviewLines(place: Place): Line[] {
  const { controller, width, height } = place
  controller.areas = []
  if (controller.isZoomed) return (controller.panel === 'nodes' ? nodeLines : linkLines)({ ...place, left: 0, top: 0 })
  const eventHeight = Math.max(4, Math.min(12, Math.floor(height / 5)))
  const [nodesNeed, linksNeed] = [controller.nodeList.rows.length + HEAD_ROWS, controller.linkList.rows.length + HEAD_ROWS]
  const isWide = width >= WIDE
  const spare = height - eventHeight - (isWide ? Math.max(nodesNeed, linksNeed) : nodesNeed + linksNeed)
  // What a small lab leaves over shows how it hangs together.
  const mapHeight = spare < LEAST_MAP || controller.model.state !== 'up' ? 0 : spare
  const lists = { ...place, height: height - eventHeight - mapHeight }
  return [
    ...(isWide ? listsBeside(lists) : listsBelow(lists)),
    ...(mapHeight > 0 ? mapLines({ ...place, height: mapHeight }, false) : []),
    ...eventLines({ ...place, height: eventHeight }, false),
  ]
}

/** Title and heads of a list. */
const HEAD_ROWS = 2
/** A map of fewer rows shows a part of nothing. */
const LEAST_MAP = 12

function listsBeside(place: Place): Line[] {
  const half = Math.floor((place.width - 1) / 2)
  const left = place.width - half
  return beside(nodeLines({ ...place, width: half, left: 0, top: 0 }), left, linkLines({ ...place, width: half, left, top: 0 }))
}

function listsBelow(place: Place): Line[] {
  const { controller, height } = place
  const nodeHeight = shareOf(height, controller.nodeList.rows.length, controller.linkList.rows.length)
  return [
    ...nodeLines({ ...place, height: nodeHeight, left: 0, top: 0 }),
    ...linkLines({ ...place, height: height - nodeHeight, left: 0, top: nodeHeight }),
  ]
}

/** Lines for the nodes: half, or less where they need less, or more where the links do. */
function shareOf(height: number, nodes: number, links: number): number {
  const half = Math.ceil(height / 2)
  if (nodes + 2 < half) return Math.max(4, nodes + 2)
  return links + 2 < height - half ? Math.min(height - Math.max(4, links + 2), nodes + 2) : half
}

function nodeLines({ controller, left, top, width, height }: ListPlace): Line[] {
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
    onShown: (keys) => addArea(controller, { panel: 'nodes', left, top: HEADER_HEIGHT + top, width, keys }),
  })
}

function linkLines({ controller, left, top, width, height }: ListPlace): Line[] {
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
    onShown: (keys) => addArea(controller, { panel: 'links', left, top: HEADER_HEIGHT + top, width, keys }),
  })
}

function addArea(controller: Controller, area: ListArea): void {
  controller.areas = [...controller.areas.filter(({ panel }) => panel !== area.panel), area]
}

function emptyWords({ model }: Controller, words: string): string {
  if (model.state === 'starting') return 'Reading the lab …'
  return model.state === 'down' ? 'The lab is down. It is shown again when "netlab up" brings it back.' : words
}
