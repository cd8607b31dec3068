// The whole screen as lines: a function of what the controller holds and of the size.
import { commandLines } from './command-view.ts'
import { VIEWS, type Controller, type Place } from './controller.ts'
import { detailView } from './detail-view.ts'
import { eventLines } from './event-view.ts'
import { footerLine, keyHints } from './footer.ts'
import { headerLines, HEADER_HEIGHT, TAB_ROW, viewTabs } from './header.ts'
import { helpLines } from './help.ts'
import { impairLines } from './impair-view.ts'
import { padLines } from './lines.ts'
import { mapLines } from './map-view.ts'
import { overviewLines } from './overview.ts'
import { questionLines } from './question-view.ts'
import { go } from './moves.ts'
import { fitLine, lineWidth, type Line } from './span.ts'
import { testLines } from './test-view.ts'

/** Below this nothing can be laid out. */
const LEAST = { width: 40, height: 10 }

/** All lines of a screen of that size, each as wide as it. */
export function frameLines(controller: Controller, columns: number, rows: number): Line[] {
  const width = Math.max(columns, LEAST.width)
  const bodyHeight = Math.max(rows, LEAST.height) - HEADER_HEIGHT - 1
  controller.areas = []
  const body = bodyLines({ controller, left: 0, top: HEADER_HEIGHT, width, height: bodyHeight })
  addBarAreas(controller, width, HEADER_HEIGHT + bodyHeight)
  return [...headerLines(controller, width), ...padLines(body, bodyHeight), footerLine(controller, width)].map((line) =>
    fitLine(line, width),
  )
}

function bodyLines(place: Place): Line[] {
  const { controller } = place
  const { overlay, detail, view } = controller
  if (overlay?.kind === 'help') return helpLines(overlay, place)
  if (overlay?.kind === 'question') return questionLines(overlay, place)
  if (overlay?.kind === 'form') return impairLines(overlay, place)
  if (detail !== undefined) return detailView(place)
  switch (view) {
    case 'overview':
      return overviewLines(place)
    case 'map':
      return mapLines(place, true)
    case 'events':
      return eventLines(place, true)
    case 'commands':
      return commandLines(place)
    case 'tests':
      return testLines(place)
  }
}

/** The names of the views and the keys in the footer can be clicked. */
function addBarAreas(controller: Controller, width: number, footerRow: number): void {
  if (controller.overlay !== undefined) return
  const add = (top: number, parts: readonly { readonly line: Line; readonly act: () => void }[]): void => {
    let left = 0
    for (const { line, act } of parts) {
      const area = { left, top, width: lineWidth(line), height: 1, press: act }
      controller.areas.push(area)
      left += area.width
    }
  }
  add(
    TAB_ROW,
    viewTabs(controller).map((line, index) => ({ line, act: () => go(VIEWS[index]!)(controller) })),
  )
  if (controller.message === undefined)
    add(
      footerRow,
      keyHints(controller, width).map(({ line, binding }) => ({ line, act: () => binding.run(controller) })),
    )
}
