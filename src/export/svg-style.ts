// Colours and dashes of a picture, for paper and for a dark screen. Whatever a colour says, a dash, a shape or a word says too.
import type { State } from './drawn-network.ts'

/** `text` on `page`: 7:1 or better, what has a meaning 4.5:1 (WCAG 2.2, 1.4.3 and 1.4.6). */
const LIGHT = {
  page: '#ffffff',
  text: '#1b1f24',
  line: '#4b5563',
  host: ['#f3f6fb', '#37568c'],
  router: ['#fff5e6', '#8f4e00'],
  bridge: ['#ebf6ee', '#23693a'],
  internet: ['#f1f1f4', '#55555f'],
  group: ['#fafafa', '#6b7280'],
  tunnel: '#6d28d9',
  changed: '#8f5b00',
  extra: '#0e6b7c',
  bad: '#b3261e',
  missing: '#6b7280',
}

const DARK: typeof LIGHT = {
  page: '#14171c',
  text: '#e8eaed',
  line: '#a7b0bd',
  host: ['#1d2634', '#8fb2ef'],
  router: ['#2f2415', '#f0b566'],
  bridge: ['#18291d', '#7fcf97'],
  internet: ['#26262c', '#b9b9c4'],
  group: ['#1a1d23', '#9aa3b0'],
  tunnel: '#c3a6ff',
  changed: '#f2c14e',
  extra: '#6fd3e6',
  bad: '#ff8a80',
  missing: '#9aa3b0',
}

/** In the order of severity, as the legend has them. The dash is enough to tell them on a black and white print. */
export const LINE_STYLES: Readonly<Record<State, { readonly dash: string; readonly words: string }>> = {
  plain: { dash: 'none', words: 'cable' },
  up: { dash: 'none', words: 'up' },
  changed: { dash: '14 3', words: 'changed: not as in the file' },
  extra: { dash: '14 3 2 3', words: 'not in the file' },
  'no carrier': { dash: '7 5', words: 'no carrier' },
  down: { dash: '2 5', words: 'down' },
  missing: { dash: '1 9', words: 'in the file, not there' },
}
export const TUNNEL_DASH = '9 3 3 3'

/** Class names have no spaces. */
export function stateClass(state: State): string {
  return state.replace(' ', '-')
}

export function svgStyle(): string {
  const dashes = Object.entries(LINE_STYLES).map(([state, { dash }]) => `.way.${stateClass(state as State)}{stroke-dasharray:${dash}}`)
  return [
    "text{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}",
    '.way{fill:none;stroke-width:1.6;stroke-linecap:butt}.way.trunk{stroke-width:5}.way.inner{stroke-width:1.8}',
    `.way.tunnel{stroke-dasharray:${TUNNEL_DASH};stroke-width:2}`,
    '.shape{stroke-width:1.6}.router .shape{stroke-width:3}.group>.shape{stroke-dasharray:3 3}',
    '.missing .shape{stroke-dasharray:1 5}.extra .shape{stroke-dasharray:12 3 2 3}.down .shape{stroke-dasharray:2 4}',
    '.icon{fill:none;stroke-width:1.5}.name{font-weight:bold}.trouble{font-weight:bold}',
    ...dashes,
    colours(LIGHT),
    `@media (prefers-color-scheme:dark){${colours(DARK)}}`,
  ].join('\n')
}

function colours(theme: typeof LIGHT): string {
  const shapes = (['host', 'router', 'bridge', 'internet', 'group'] as const).map((role) => {
    const [fill, stroke] = theme[role]
    return `.${role}>.shape{fill:${fill};stroke:${stroke}}.${role}>.icon{stroke:${stroke}}`
  })
  const tones = (['changed', 'extra', 'missing'] as const).map((state) => toneRule(`.${state}`, theme[state]))
  return [
    `.page,.behind{fill:${theme.page}}text{fill:${theme.text}}.way{stroke:${theme.line}}.way.inner{stroke:${theme.page}}`,
    ...shapes,
    ...tones,
    toneRule('.down', theme.bad),
    toneRule('.no-carrier', theme.bad),
    `.way.tunnel{stroke:${theme.tunnel}}text.tunnel{fill:${theme.tunnel}}`,
  ].join('')
}

function toneRule(selector: string, colour: string): string {
  return `.way${selector}{stroke:${colour}}text${selector},${selector}>.trouble{fill:${colour}}${selector}>.shape{stroke:${colour}}`
}
