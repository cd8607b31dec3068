import { Box } from 'ink'
import type { ReactNode } from 'react'
import type { Controller, ListArea } from './controller.ts'
import { EventLog } from './EventLog.tsx'
import { HEADER_HEIGHT } from './Header.tsx'
import { List } from './List.tsx'
import { MapView } from './MapView.tsx'
import { LINK_LIST, linkColumns } from './link-table.ts'
import { NODE_LIST, nodeColumns } from './node-table.ts'

/** From here on nodes and links stand side by side. */
const WIDE = 150

interface Props {
  readonly controller: Controller
  readonly width: number
  readonly height: number
}

interface PanelProps extends Props {
  readonly left: number
  /** Below the header. */
  readonly top: number
}

/** Nodes, links and the last events. */
export function Overview({ controller, width, height }: Props): ReactNode {
  controller.areas = []
  if (controller.isZoomed) {
    const Panel = controller.panel === 'nodes' ? NodeList : LinkList
    return <Panel controller={controller} left={0} top={0} width={width} height={height} />
  }
  const eventHeight = Math.max(4, Math.min(12, Math.floor(height / 5)))
  const [nodesNeed, linksNeed] = [controller.nodeList.rows.length + HEAD_ROWS, controller.linkList.rows.length + HEAD_ROWS]
  const isWide = width >= WIDE
  const spare = height - eventHeight - (isWide ? Math.max(nodesNeed, linksNeed) : nodesNeed + linksNeed)
  // What a small lab leaves over shows how it hangs together.
  const mapHeight = spare < LEAST_MAP || controller.model.state !== 'up' ? 0 : spare
  const listHeight = height - eventHeight - mapHeight
  return (
    <Box flexDirection="column">
      {isWide ? (
        <ListsBeside controller={controller} width={width} height={listHeight} />
      ) : (
        <ListsBelow controller={controller} width={width} height={listHeight} />
      )}
      {mapHeight > 0 && <MapView controller={controller} width={width} height={mapHeight} isFocused={false} />}
      <EventLog controller={controller} width={width} height={eventHeight} isFocused={false} />
    </Box>
  )
}

/** Title and heads of a list. */
const HEAD_ROWS = 2
/** A map of fewer rows shows a part of nothing. */
const LEAST_MAP = 12

function ListsBeside({ controller, width, height }: Props): ReactNode {
  const half = Math.floor((width - 1) / 2)
  return (
    <Box>
      <NodeList controller={controller} left={0} top={0} width={half} height={height} />
      <Box width={width - 2 * half} flexShrink={0} />
      <LinkList controller={controller} left={width - half} top={0} width={half} height={height} />
    </Box>
  )
}

function ListsBelow({ controller, width, height }: Props): ReactNode {
  const nodeHeight = shareOf(height, controller.nodeList.rows.length, controller.linkList.rows.length)
  return (
    <Box flexDirection="column">
      <NodeList controller={controller} left={0} top={0} width={width} height={nodeHeight} />
      <LinkList controller={controller} left={0} top={nodeHeight} width={width} height={height - nodeHeight} />
    </Box>
  )
}

/** Lines for the nodes: half, or less where they need less, or more where the links do. */
function shareOf(height: number, nodes: number, links: number): number {
  const half = Math.ceil(height / 2)
  if (nodes + 2 < half) return Math.max(4, nodes + 2)
  return links + 2 < height - half ? Math.min(height - Math.max(4, links + 2), nodes + 2) : half
}

function NodeList({ controller, left, top, width, height }: PanelProps): ReactNode {
  return (
    <List
      title="Nodes"
      list={controller.nodeList}
      kind={NODE_LIST}
      state={controller.lists.nodes}
      columns={nodeColumns(controller.model, controller.marked)}
      isFocused={controller.panel === 'nodes'}
      emptyWords={emptyWords(controller, 'There are no nodes.')}
      width={width}
      height={height}
      onShown={(keys) => addArea(controller, { panel: 'nodes', left, top: HEADER_HEIGHT + top, width, keys })}
    />
  )
}

function LinkList({ controller, left, top, width, height }: PanelProps): ReactNode {
  return (
    <List
      title="Links"
      list={controller.linkList}
      kind={LINK_LIST}
      state={controller.lists.links}
      columns={linkColumns(controller.model)}
      isFocused={controller.panel === 'links'}
      emptyWords={emptyWords(controller, 'There are no links.')}
      width={width}
      height={height}
      onShown={(keys) => addArea(controller, { panel: 'links', left, top: HEADER_HEIGHT + top, width, keys })}
    />
  )
}

function addArea(controller: Controller, area: ListArea): void {
  controller.areas = [...controller.areas.filter(({ panel }) => panel !== area.panel), area]
}

function emptyWords({ model }: Controller, words: string): string {
  if (model.state === 'starting') return 'Reading the lab …'
  return model.state === 'down' ? 'The lab is down. It is shown again when "netlab up" brings it back.' : words
}
