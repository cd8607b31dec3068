// The whole screen as lines: a function of what the controller holds and of the size.
import { commandLines } from './command-view.ts'
import type { Controller, Place } from './controller.ts'
import { detailView } from './detail-view.ts'
import { eventLines } from './event-view.ts'
import { footerLine } from './footer.ts'
import { headerLines, HEADER_HEIGHT } from './header.ts'
import { helpLines } from './help.ts'
import { impairLines } from './impair-view.ts'
import { padLines } from './lines.ts'
import { mapLines } from './map-view.ts'
import { overviewLines } from './overview.ts'
import { questionLines } from './question-view.ts'
import { fitLine, type Line } from './span.ts'
import { testLines } from './test-view.ts'

/** Below this nothing can be laid out. */
const LEAST = { width: 40, height: 10 }

/** All lines of a screen of that size, each as wide as it. */
export function frameLines(controller: Controller, columns: number, rows: number): Line[] {
  const width = Math.max(columns, LEAST.width)
  const bodyHeight = Math.max(rows, LEAST.height) - HEADER_HEIGHT - 1
  const body = bodyLines({ controller, width, height: bodyHeight })
  return [...headerLines(controller, width), ...padLines(body, bodyHeight), footerLine(controller, width)].map((line) =>
    fitLine(line, width),
  )
}

function bodyLines(place: Place): Line[] {
  const { controller, width, height } = place
  const { overlay, detail, view } = controller
  if (overlay?.kind === 'help') return helpLines(overlay, place)
  if (overlay?.kind === 'question') return questionLines(overlay, width, height)
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
