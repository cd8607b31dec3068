import type { Place } from './controller.ts'
import { detailLines } from './detail-lines.ts'
import { wrapLine, type Line } from './span.ts'
import { padLines, titleLine } from './lines.ts'

/** Of what goes on in another line. */
const INDENT = 6

/** All that there is to know of a node, a bridge or a cable. */
export function detailView({ controller, width, height }: Place): Line[] {
  const { detail } = controller
  if (detail === undefined) return []
  const { title, lines: whole } = detailLines(controller, width)
  const lines = whole.flatMap((line) => wrapLine(line, width, INDENT))
  detail.scroll = Math.min(detail.scroll, Math.max(0, lines.length - (height - 1)))
  const below = lines.length - detail.scroll - (height - 1)
  const note = below > 0 ? `${below} lines below` : ''
  return padLines([titleLine(title, note, width, true), ...lines.slice(detail.scroll)], height)
}
