import { Box } from 'ink'
import type { ReactNode } from 'react'
import type { Controller, ListArea } from './controller.ts'
import { EventLog } from './EventLog.tsx'
import { HEADER_HEIGHT } from './Header.tsx'
import { List } from './List.tsx'
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
  const eventHeight = Math.max(4, Math.min(12, Math.floor(height / 4)))
  const listHeight = height - eventHeight
  const events = <EventLog controller={controller} width={width} height={eventHeight} isFocused={false} />
  if (width >= WIDE) {
    const half = Math.floor((width - 1) / 2)
    return (
      <Box flexDirection="column">
        <Box>
          <NodeList controller={controller} left={0} top={0} width={half} height={listHeight} />
          <Box width={width - 2 * half} flexShrink={0} />
          <LinkList controller={controller} left={width - half} top={0} width={half} height={listHeight} />
        </Box>
        {events}
      </Box>
    )
  }
  const nodeHeight = shareOf(listHeight, controller.rows.nodes.length, controller.rows.cables.length)
  return (
    <Box flexDirection="column">
      <NodeList controller={controller} left={0} top={0} width={width} height={nodeHeight} />
      <LinkList controller={controller} left={0} top={nodeHeight} width={width} height={listHeight - nodeHeight} />
      {events}
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
