// The table of cables: its columns, orders and groups.
import type { ListKind } from './list.ts'
import { CABLE_COLORS, CABLE_STATES, endText, type Cable, type CableEnd, type CableState } from './links.ts'
import type { LabModel } from './model.ts'
import { faultCell, FAULTS, nameWidth, rateCell } from './node-table.ts'
import { sparkline } from './rate-text.ts'
import { fitText, type Span } from './span.ts'
import type { Column } from './table.ts'

export const LINK_LIST: ListKind<Cable> = {
  key: ({ key }) => key,
  text: (cable) => [endText(cable.a), cable.b === undefined ? '' : endText(cable.b), cable.state, impairedWords(cable)].join(' '),
  orders: [
    { words: 'as in the lab' },
    { words: 'most traffic first', compare: (x, y) => y.forward + y.backward - (x.forward + x.backward) },
    { words: 'most drops and errors first', compare: (x, y) => y.faults - x.faults },
    { words: 'worst state first', compare: (x, y) => CABLE_STATES.indexOf(y.state) - CABLE_STATES.indexOf(x.state) },
  ],
  groupings: [
    { words: 'not grouped' },
    { words: 'by state', of: ({ state }) => state },
    { words: 'by far end', of: ({ b }) => b?.place ?? 'outside the lab' },
  ],
}

/** `longest`: columns of the longest name of an end. */
export function linkColumns({ network }: LabModel, longest: number): Column<Cable>[] {
  const width = nameWidth(12, longest)
  return [
    { title: '', width: 1, rank: 0, cell: () => ({ text: ' ' }) },
    { title: 'FROM', width, grow: 1, most: 30, rank: 0, cell: ({ a }, room) => ({ text: endWithin(a, room), bold: true }) },
    {
      title: 'TO',
      width,
      grow: 1,
      most: 30,
      rank: 0,
      cell: ({ b }, room) => (b === undefined ? { text: '?', dim: true } : { text: endWithin(b, room) }),
    },
    { title: 'STATE', width: 16, rank: 0, cell: stateCell },
    { title: '→', width: 5, align: 'right', rank: 1, cell: ({ forward }) => rateCell(forward) },
    { title: '←', width: 5, align: 'right', rank: 1, cell: ({ backward }) => rateCell(backward) },
    {
      title: 'TRAFFIC',
      width: 8,
      grow: 1,
      most: 30,
      rank: 4,
      cell: ({ a }, width) => ({ text: sparkline(network.history(a.netns, a.link.ifindex, width)), color: 'cyan' }),
    },
    { title: 'IMPAIRED', width: 12, grow: 2, most: 44, rank: 5, cell: (cable) => ({ text: impairedWords(cable), color: 'yellow' }) },
    { title: FAULTS, width: FAULTS.length, align: 'right', rank: 3, cell: ({ faults, faultRate }) => faultCell(faults, faultRate) },
  ]
}

/** The end in so much room: of a name that is too long a part is left out, and the interface stays. */
function endWithin(end: CableEnd, room: number): string {
  const text = endText(end)
  const ifname = text.slice(end.place.length)
  return text.length <= room ? text : `${fitText(end.place, room - ifname.length)}${ifname}`
}

/** `→ rate 10mbit ← delay 20ms`, or `⇄ …` where it is the same both ways. */
export function impairedWords({ impaired: { forward, backward } }: Cable): string {
  if (forward !== undefined && forward.words === backward?.words) return `⇄ ${forward.words}`
  return [...(forward === undefined ? [] : [`→ ${forward.words}`]), ...(backward === undefined ? [] : [`← ${backward.words}`])].join(' ')
}

const CARRIES: ReadonlySet<CableState> = new Set(['up', 'impaired', 'saturated'])

/** What keeps a cable from carrying, and at which end. */
function stateCell({ state, a, b }: Cable): Span {
  const color = CABLE_COLORS[state]
  if (state !== 'down') return { text: `${CARRIES.has(state) ? '●' : '▼'} ${state}`, color }
  const ends = [a, b].flatMap((end) => (end === undefined || end.link.up ? [] : [end.place]))
  return { text: `▼ ${ends.length === 2 ? 'both ends down' : `down: ${ends[0] ?? ''}`}`, color }
}
