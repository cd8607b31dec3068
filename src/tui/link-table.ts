// The table of cables: its columns, orders and groups.
import type { ListKind } from './list.ts'
import { CABLE_COLORS, CABLE_STATES, endText, type Cable, type CableState } from './links.ts'
import type { LabModel } from './model.ts'
import { faultCell, FAULTS, rateCell } from './node-table.ts'
import { sparkline } from './rate-text.ts'
import type { Span } from './span.ts'
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

export function linkColumns({ network }: LabModel): Column<Cable>[] {
  return [
    { title: '', width: 1, rank: 0, cell: () => ({ text: ' ' }) },
    { title: 'FROM', width: 12, grow: 1, most: 30, rank: 0, cell: ({ a }) => ({ text: endText(a), bold: true }) },
    {
      title: 'TO',
      width: 12,
      grow: 1,
      most: 30,
      rank: 0,
      cell: ({ b }) => (b === undefined ? { text: '?', dim: true } : { text: endText(b) }),
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
