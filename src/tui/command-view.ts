import type { CommandPane } from './commands.ts'
import type { Place } from './controller.ts'
import { padLines, titleLine } from './lines.ts'
import { wrapLine, type Line } from './span.ts'

/** A pane with fewer lines shows nothing of use. */
const LEAST_HEIGHT = 6

const NO_PANES: readonly Line[] = [
  [],
  [{ text: '  Nothing runs here yet.' }],
  [],
  [{ text: '  ! ', bold: true }, { text: 'runs a command in the node that is selected in the overview.' }],
  [{ text: '  Space ', bold: true }, { text: 'there marks several nodes: ! then runs it in all of them at once.' }],
  [{ text: '  s ', bold: true }, { text: 'opens a shell in the node, with the whole terminal.' }],
]

/** The commands that were started, as many panes as have room, the one in front among them. */
export function commandLines(place: Place): Line[] {
  const { controller, width, height } = place
  const { panes, paneIndex } = controller
  if (panes.length === 0) return padLines(NO_PANES, height)
  const count = Math.max(1, Math.min(panes.length, Math.floor(height / LEAST_HEIGHT)))
  const first = Math.max(0, Math.min(paneIndex - Math.floor(count / 2), panes.length - count))
  let { top } = place
  const lines = panes.slice(first, first + count).flatMap((pane, offset) => {
    const paneHeight = Math.floor(height / count) + (offset < height % count ? 1 : 0)
    controller.areas.push({ ...place, top, height: paneHeight, press: () => void (controller.paneIndex = first + offset) })
    top += paneHeight
    return paneLines(pane, `${first + offset + 1}/${panes.length}`, paneHeight, width, first + offset === paneIndex)
  })
  return padLines(lines, height)
}

function paneLines(pane: CommandPane, place: string, height: number, width: number, isFocused: boolean): Line[] {
  const end = pane.lines.length - pane.scroll
  const shown = pane.lines.slice(Math.max(0, end - (height - 1)), end)
  // Marked by a sign too: not everybody sees red.
  const rows = shown.flatMap(({ text, isError }) => {
    const line: Line = isError ? [{ text: `! ${text}`, color: 'red' }] : [{ text: `  ${text}` }]
    return wrapLine(line, width, 2)
  })
  const seconds = (((pane.endedAtMs ?? Date.now()) - pane.startedAtMs) / 1000).toFixed(0)
  const state = pane.isRunning ? `running ${seconds} s` : `exit ${pane.status} after ${seconds} s`
  const note = [...(pane.scroll > 0 ? [`${pane.scroll} lines below`] : []), state, place].join(', ')
  const title = titleLine(`${pane.node} $ ${pane.line}`, note, width, isFocused).map((span, index) =>
    index !== 3 || pane.isRunning ? span : { ...span, color: pane.status === 0 ? ('green' as const) : ('red' as const), dim: false },
  )
  return padLines([title, ...rows.slice(Math.max(0, rows.length - (height - 1)))], height)
}
