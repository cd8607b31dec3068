import type { LabEvent } from '../lab/lab-event.ts'
import type { Place } from './controller.ts'
import { padLines, titleLine } from './lines.ts'
import { go, openNode } from './moves.ts'
import { wrapLine, type Color, type Line } from './span.ts'

const MOOD_COLORS: Readonly<Record<LabEvent['mood'], Color | undefined>> = { good: 'green', bad: 'red', plain: undefined }

/** Where words begin. */
const WORDS_COLUMN = 29

/** What happened, the latest last. */
export function eventLines(place: Place, isFocused: boolean): Line[] {
  const { controller, width, height } = place
  const { model, eventFilter, eventScroll } = controller
  const words = eventFilter.toLowerCase().split(/\s+/).filter(Boolean)
  const events =
    isFocused && words.length > 0 ? model.events.filter((event) => words.every((word) => textOf(event).includes(word))) : model.events
  const scroll = isFocused ? Math.min(eventScroll, Math.max(0, events.length - 1)) : 0
  const end = events.length - scroll
  const shown = events.slice(Math.max(0, end - (height - 1)), end)
  const notes = [
    ...(isFocused && eventFilter !== '' ? [`/${eventFilter}, ${events.length} of ${model.events.length}`] : []),
    ...(scroll > 0 ? [`${scroll} newer below`] : []),
    ...(model.forgotten > 0 ? [`${model.forgotten} older are forgotten`] : []),
  ]
  // In front is room for all words; below the lists the latest events matter more.
  const wrapped = shown.flatMap((event) => {
    const line = eventLine(event)
    return (isFocused ? wrapLine(line, width, WORDS_COLUMN) : [line]).map((row) => ({ row, event }))
  })
  const rows = wrapped.slice(Math.max(0, wrapped.length - (height - 1)))
  const open = (row: number): void => {
    const node = rows[row - 1]?.event.node
    if (node !== undefined) openNode(controller, node)
  }
  controller.areas.push({ ...place, press: isFocused ? open : () => go('events')(controller) })
  const none =
    words.length > 0 ? 'Nothing has these words. Esc shows all.' : 'Nothing has changed yet. What does is told here, whoever did it.'
  const empty: Line[] = shown.length > 0 ? [] : [[{ text: ` ${none}`, dim: true }]]
  const lines = [titleLine('Events', notes.join(', '), width, isFocused), ...rows.map(({ row }) => row), ...empty]
  return padLines(lines, height)
}

function textOf({ node = '', words, noun, action }: LabEvent): string {
  return `${node} ${words} ${noun} ${action}`.toLowerCase()
}

function eventLine({ atMs, node, words, mood }: LabEvent): Line {
  const time = new Date(atMs)
  const color = MOOD_COLORS[mood]
  const clock = `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`
  return [
    { text: ` ${clock}  `, dim: true },
    { text: `${(node ?? 'lab').padEnd(12)}  `, bold: true },
    { text: words, ...(color !== undefined && { color }) },
  ]
}
