import type { Controller, Place } from './controller.ts'
import { FORM_FIELDS, fileText, formCable, nowText, turn, type ImpairForm } from './impair-form.ts'
import { centred, cornerOf, framed } from './lines.ts'
import { endText, type Cable } from './links.ts'
import { fitText, type Line, type Span } from './span.ts'

const COLUMNS = { name: 11, field: 22, value: 16 }
/** With the frame. */
const WIDTH = 2 + COLUMNS.name + COLUMNS.field + 2 * COLUMNS.value + 3

/** The form in the middle of the screen, with the values of now beside what is typed. */
export function impairLines(form: ImpairForm, place: Place): Line[] {
  const { controller, width, height } = place
  const cable = formCable(controller, form)
  const block = framed(cable === undefined ? GONE : formLines(controller, form, cable), WIDTH)
  const { above } = cornerOf(block, width, height)
  controller.areas.push({ ...place, press: (row) => clickForm(form, cable, row - above) })
  return centred(block, width, height)
}

/** Rows of the block, below its frame. */
const DIRECTION_ROW = 3
const FIRST_FIELD_ROW = 6

/** A click on a field goes there; one more on the direction turns it. */
function clickForm(form: ImpairForm, cable: Cable | undefined, row: number): void {
  const field = row - FIRST_FIELD_ROW
  if (field >= 0 && field < FORM_FIELDS.length) form.at = field + 1
  else if (row === DIRECTION_ROW && form.at === 0 && cable !== undefined) turn(form, cable, 1)
  else if (row === DIRECTION_ROW) form.at = 0
}

const GONE: readonly Line[] = [[{ text: ' This link is no longer in the lab. Esc leads back.' }]]

function formLines(controller: Controller, form: ImpairForm, cable: Cable): Line[] {
  const { direction, at, fields } = form
  const rows = FORM_FIELDS.map(([key, example], index): Line => {
    const [now, file] = [nowText(cable, direction, key), fileText(controller, cable, direction, key)]
    return [
      { text: ` ${fitText(key, COLUMNS.name)}`, bold: at === index + 1 },
      ...fieldSpans(fields[index]!, at === index + 1, example),
      { text: ` ${fitText(now || '–', COLUMNS.value)}`, color: 'cyan' },
      { text: fitText(file || '–', COLUMNS.value), ...(now === file ? { dim: true } : { color: 'yellow' as const }) },
    ]
  })
  return [
    [{ text: ' Impair the link', bold: true }],
    [],
    [
      { text: ` ${fitText('direction', COLUMNS.name)}`, bold: at === 0 },
      { text: `‹ ${directionText(form, cable)} ›`, inverse: at === 0 },
    ],
    [],
    [{ text: ` ${fitText('', COLUMNS.name)}${fitText('set to', COLUMNS.field)} ${fitText('now', COLUMNS.value)}in the file`, dim: true }],
    ...rows,
    [],
    [keySpan('Enter'), { text: 'set what differs  ' }, keySpan('↑↓'), { text: 'field  ' }, keySpan('←→'), { text: 'on direction: turn' }],
    [keySpan('^R'), { text: 'back to the file (both)  ' }, keySpan('Esc'), { text: 'leave' }],
  ]
}

function keySpan(key: string): Span {
  return { text: ` ${key} `, bold: true, color: 'cyan' }
}

function directionText({ direction }: ImpairForm, { a, b }: Cable): string {
  const [from, to] = [endText(a), b === undefined ? '?' : endText(b)]
  return { both: `${from} ⇄ ${to}`, forward: `${from} → ${to}`, backward: `${to} → ${from}` }[direction]
}

function fieldSpans({ text, cursor }: ImpairForm['fields'][number], isFocused: boolean, example: string): Line {
  const room = COLUMNS.field - 1
  if (!isFocused) return [{ text: fitText(text, room) }, { text: ' ' }]
  const start = Math.max(0, cursor - room + 1)
  if (text === '')
    return [
      { text: ' ', inverse: true },
      { text: fitText(`e.g. ${example}`, room), dim: true },
    ]
  return [
    { text: text.slice(start, cursor), bold: true },
    { text: text[cursor] ?? ' ', inverse: true },
    { text: fitText(text.slice(cursor + 1, start + room), room - (cursor - start)), bold: true },
  ]
}
