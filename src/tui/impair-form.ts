// The form in which a link is impaired: what is typed, what the kernel has now, what the file says.
import { impairmentTexts } from '../state/impairment-text.ts'
import type { ImpairmentKey } from '../state/impairment-words.ts'
import { impairmentOf } from '../state/impairment.ts'
import type { LinkSettings } from '../lab/link.ts'
import type { Controller } from './controller.ts'
import { editLine, setLine, type EditedLine } from './line-editor.ts'
import { cableText, type Cable, type CableEnd } from './links.ts'

/** Those that people set by hand; `netlab link set` knows all. With an example each. */
export const FORM_FIELDS: readonly (readonly [key: ImpairmentKey, example: string])[] = [
  ['rate', '10mbit'],
  ['delay', '20ms'],
  ['jitter', '5ms'],
  ['loss', '1%'],
  ['duplicate', '1%'],
  ['corrupt', '0.1%'],
  ['reorder', '25%'],
]

export const DIRECTIONS = ['both', 'forward', 'backward'] as const
export type Direction = (typeof DIRECTIONS)[number]

export interface ImpairForm {
  readonly kind: 'form'
  /** Of the cable. */
  readonly key: string
  direction: Direction
  /** The field that keys go to: 0 the direction, then those of FORM_FIELDS. */
  at: number
  fields: EditedLine[]
  /** What the fields had when they were filled: what is still the same is left alone. */
  filled: readonly string[]
}

/** Opens the form for the cable that is meant. */
export function openImpairForm(c: Controller): void {
  const { cable } = c
  if (cable === undefined) return
  const form: ImpairForm = {
    kind: 'form',
    key: cable.key,
    direction: cable.b === undefined ? 'forward' : 'both',
    at: 1,
    fields: [],
    filled: [],
  }
  fill(form, cable)
  c.overlay = form
}

/** The form's cable, while it is in the lab. */
export function formCable(c: Controller, { key }: ImpairForm): Cable | undefined {
  return c.rows.cables.find((cable) => cable.key === key)
}

/** What the kernel has of a key: one text where both directions are alike, `1% / –` where they are not. */
export function nowText({ impaired }: Cable, direction: Direction, key: ImpairmentKey): string {
  return inDirection(direction, impaired.forward?.texts?.[key], impaired.backward?.texts?.[key])
}

/** What the file says of a key. */
export function fileText(c: Controller, { a, b }: Cable, direction: Direction, key: ImpairmentKey): string {
  const asked = (end: CableEnd | undefined): string | undefined => {
    const chain = end === undefined ? undefined : c.model.desired?.namespaces.get(end.netns)?.qdiscs.get(end.ifname)
    const impairment = chain === undefined || end === undefined ? undefined : impairmentOf(chain, end.link.mtu)
    return impairment === undefined ? undefined : impairmentTexts(impairment)[key]
  }
  return inDirection(direction, asked(a), asked(b))
}

function inDirection(direction: Direction, forward = '', backward = ''): string {
  if (direction !== 'both') return direction === 'forward' ? forward : backward
  return forward === backward ? forward : `${forward || '–'} / ${backward || '–'}`
}

/** Does what a key does in the form. */
export function pressInForm(c: Controller, form: ImpairForm, name: string, input: string): void {
  const cable = formCable(c, form)
  if (name === 'escape' || name === 'ctrl-c' || cable === undefined) c.overlay = undefined
  else if (name === 'enter') apply(c, form, cable)
  else if (name === 'ctrl-r') reset(c, form, cable)
  else if (STEPS[name] !== undefined) form.at = (form.at + STEPS[name] + form.fields.length + 1) % (form.fields.length + 1)
  else if (form.at > 0) editLine(form.fields[form.at - 1]!, name, input)
  else if (TURNS[name] !== undefined) turn(form, cable, TURNS[name])
}

const STEPS: Readonly<Record<string, number>> = { down: 1, tab: 1, up: -1, 'shift-tab': -1 }
const TURNS: Readonly<Record<string, number>> = { right: 1, ' ': 1, left: -1 }

/** To another direction, of a cable that has two. */
export function turn(form: ImpairForm, cable: Cable, by: number): void {
  if (cable.b === undefined) return
  form.direction = DIRECTIONS[(DIRECTIONS.indexOf(form.direction) + by + DIRECTIONS.length) % DIRECTIONS.length]!
  fill(form, cable)
}

/** Puts what is so now into the fields; where the directions differ, nothing. */
function fill(form: ImpairForm, cable: Cable): void {
  form.filled = FORM_FIELDS.map(([key]) => nowText(cable, form.direction, key)).map((text) => (text.includes('/') ? '' : text))
  form.fields = form.filled.map((text) => ({ text, cursor: text.length }))
}

/** The ends by which packets of that direction leave. */
function endsOf({ a, b }: Cable, direction: Direction): CableEnd[] {
  return [...(direction === 'backward' ? [] : [a]), ...(direction === 'forward' || b === undefined ? [] : [b])]
}

function apply(c: Controller, form: ImpairForm, cable: Cable): void {
  const changed = FORM_FIELDS.flatMap(([key], index): [ImpairmentKey, string][] => {
    const text = form.fields[index]!.text.trim()
    return text === form.filled[index] ? [] : [[key, text === '' ? 'none' : text]]
  })
  if (changed.length === 0) return c.say('Nothing in the form is different from what the link has.', 'yellow')
  const settings: LinkSettings = Object.fromEntries(changed)
  c.attempt(async () => {
    for (const end of endsOf(cable, form.direction)) await c.actions.impair(end, settings)
    form.filled = form.fields.map(({ text }) => text.trim())
    return `${cableText(cable)}: ${changed.map(([key, text]) => `${key} ${text}`).join(', ')}`
  })
}

function reset(c: Controller, form: ImpairForm, cable: Cable): void {
  c.attempt(async () => {
    await c.actions.resetLink(cable.a)
    FORM_FIELDS.forEach(([key], index) => {
      const text = fileText(c, cable, form.direction, key)
      setLine(form.fields[index]!, text.includes('/') ? '' : text, Infinity)
    })
    form.filled = form.fields.map(({ text }) => text)
    return `${cableText(cable)} is as the file says`
  })
}
