import type { HelpOverlay, Place } from './controller.ts'
import { BINDINGS, type Binding } from './bindings.ts'
import { padLines, titleLine } from './lines.ts'
import { FAULTS } from './node-table.ts'
import { fitLine, fitText, type Line } from './span.ts'

const KEY_WIDTH = 14
/** From here on two columns of keys stand side by side. */
const COLUMN_WIDTH = 70

/** What can be done before how one moves about. */
const SECTIONS: readonly Binding['section'][] = ['Nodes', 'Links', 'Tests', 'Commands', 'Events', 'Map', 'Everywhere', 'Lists']

/** What signs and columns mean. */
const LEGEND: readonly (readonly [sign: string, words: string])[] = [
  ['● ▼ ■', 'all of it is up; some or all of it is down; stopped'],
  ['RX TX', 'bits a second received and sent'],
  ['→ ←', 'bits a second from left to right, and back'],
  ['k M G', 'thousand, million, billion'],
  ['TRAFFIC', 'the last seconds, a column each, as parts of the highest'],
  [FAULTS, 'packets dropped, and errors, of its links since you look'],
  ['blocked', 'the spanning tree passes nothing on there, or not yet'],
  ['IMPAIRED', '⇄ both ways, → ← in that direction only'],
  ['on the map', '─ up, ╌ nothing passes, ┅ impaired, ━ saturated'],
  ['mouse', 'a click selects, one more opens; on a key: presses it; the wheel scrolls'],
]

/** Every key, by where it works: first where the user is. */
export function helpLines(help: HelpOverlay, place: Place): Line[] {
  const { controller, width, height } = place
  controller.areas.push({ ...place, press: () => void (controller.overlay = undefined) })
  const here = new Set(
    BINDINGS.filter(({ on, section }) => section === 'Everywhere' || on?.(controller) === true).map(({ section }) => section),
  )
  const sections = [...SECTIONS.filter((section) => here.has(section)), ...SECTIONS.filter((section) => !here.has(section))]
  const lines = [
    ...sections.flatMap((section): Line[] => [
      [{ text: ` ${section}`, bold: true, color: 'cyan' }],
      ...BINDINGS.filter((binding) => binding.section === section).map(bindingLine),
    ]),
    [{ text: ' What is shown', bold: true, color: 'cyan' as const }],
    ...LEGEND.map(([sign, words]): Line => [{ text: `   ${fitText(sign, KEY_WIDTH)} `, bold: true }, { text: words }]),
  ]
  const columns = width >= 2 * COLUMN_WIDTH ? 2 : 1
  const perColumn = Math.ceil(lines.length / columns)
  const columnWidth = Math.floor(width / columns)
  const rows = Array.from({ length: perColumn }, (_, row): Line => {
    const parts = Array.from({ length: columns }, (_unused, column) => lines[column * perColumn + row] ?? [])
    return parts.flatMap((part, column) => (column < columns - 1 ? fitLine(part, columnWidth) : part))
  })
  help.scroll = Math.min(help.scroll, Math.max(0, rows.length - (height - 1)))
  const more = rows.length > height - 1 ? '↑↓ scroll, any other key closes' : 'any key closes'
  return padLines([titleLine('Keys', more, width, true), ...rows.slice(help.scroll)], height)
}

function bindingLine({ keys, words }: Binding): Line {
  const names = keys.map((key) => ({ ' ': 'Space', 'page down': 'PgDn', 'page up': 'PgUp' })[key] ?? key.replace('ctrl-', '^'))
  return [{ text: `   ${fitText(names.join(' '), KEY_WIDTH)} `, bold: true }, { text: words }]
}
