// Steps through what is shown: rows, views, details.
import type { Controller, Panel } from './controller.ts'
import { VIEWS } from './controller.ts'
import { LINK_LIST } from './link-table.ts'
import { NODE_LIST } from './node-table.ts'
import { isList, isView } from './where.ts'

/** Rows of a page. */
export const PAGE = 10

/** Scrolls or selects, whatever is in front. */
export function move(c: Controller, rows: number): void {
  if (c.detail !== undefined) c.detail.scroll = Math.max(0, c.detail.scroll + rows)
  else if (c.view === 'overview') c.move(rows)
  else if (c.view === 'map') scrollMap(c, 0, rows)
  else if (c.view === 'tests') c.tests.move(rows)
  else if (c.view === 'events') c.eventScroll = Math.max(0, Math.min(c.model.events.length - 1, c.eventScroll - rows))
  else if (c.pane !== undefined) c.pane.scroll = Math.max(0, Math.min(c.pane.lines.length - 1, c.pane.scroll - rows))
}

function scrollMap(c: Controller, columns: number, rows: number): void {
  const { column, row } = c.mapOffset ?? { column: 0, row: 0 }
  c.mapOffset = { column: column + columns, row: row + rows }
}

export function moveSideways(c: Controller, columns: number): void {
  if (c.view === 'map') scrollMap(c, columns, 0)
  else if (c.view === 'commands') c.paneIndex = Math.max(0, Math.min(c.panes.length - 1, c.paneIndex + Math.sign(columns)))
  else if (c.view === 'overview' && c.detail === undefined) c.panel = columns < 0 ? 'nodes' : 'links'
}

export function cycle(c: Controller, what: 'order' | 'grouping'): void {
  const kind = c.panel === 'nodes' ? NODE_LIST : LINK_LIST
  const choices = what === 'order' ? kind.orders : kind.groupings
  const next = (c.lists[c.panel][what] + 1) % choices.length
  c.setList(c.panel, { [what]: next })
  c.say(`${c.panel}: ${choices[next]!.words}`)
}

export function back(c: Controller): void {
  if (c.detail !== undefined) c.detail = undefined
  else if (c.view === 'events' && c.eventFilter !== '') c.eventFilter = ''
  else if (c.view === 'overview' && c.lists[c.panel].filter !== '') c.setList(c.panel, { filter: '' })
  else if (c.isZoomed) c.isZoomed = false
  else c.view = 'overview'
}

export function openDetail(c: Controller): void {
  const key = c.panel === 'nodes' ? c.node && NODE_LIST.key(c.node) : c.cable?.key
  if (key !== undefined) openDetailOf(c, c.panel, key)
}

function openDetailOf(c: Controller, kind: Panel, key: string): void {
  c.detail = { kind, key, scroll: 0, grownAtMs: new Map() }
  c.attempt(async () => void (await c.examine()))
}

/** Opens the details of a node or bridge. */
export function openNode(c: Controller, name: string): void {
  const key = nodeKey(c, name)
  if (key === undefined) c.say(`${name} is no longer in the lab.`)
  else openDetailOf(c, 'nodes', key)
}

/** Key of its row; undefined where the lab has none of that name. */
export function nodeKey(c: Controller, name: string): string | undefined {
  const row = c.rows.nodes.find((node) => node.name === name)
  return row && NODE_LIST.key(row)
}

/** Selects a row; where it is selected already, opens it. */
export function pick(c: Controller, panel: Panel, key: string | undefined): void {
  if (key === undefined) return
  const isSecond = c.panel === panel && c.lists[panel].selected === key
  c.panel = panel
  c.setList(panel, { selected: key })
  if (isSecond) openDetailOf(c, panel, key)
}

export function go(view: Controller['view']) {
  return (c: Controller): void => {
    c.view = view
    c.detail = undefined
    if (view === 'tests' && c.tests.state === 'unread') readTests(c)
  }
}

function readTests(c: Controller): void {
  c.attempt(async () => {
    await c.tests.read()
    c.changed()
    return undefined
  })
}

export function nextView(c: Controller): void {
  go(VIEWS[(VIEWS.indexOf(c.view) + 1) % VIEWS.length]!)(c)
}

export function togglePanel(c: Controller): void {
  if (isView('commands')(c)) c.paneIndex = c.panes.length === 0 ? 0 : (c.paneIndex + 1) % c.panes.length
  else if (isList(c)) c.panel = c.panel === 'nodes' ? 'links' : 'nodes'
  else nextView(c)
}

export function mark(c: Controller): void {
  const { node } = c
  if (node === undefined) return
  if (!c.marked.delete(node.name)) c.marked.add(node.name)
  c.move(1)
}
