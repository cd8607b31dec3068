// The table of cables: its columns, orders and groups.
import type { ListKind } from './list.ts'
import { CABLE_COLORS, endText, type Cable } from './links.ts'
import type { LabModel } from './model.ts'
import { faultCell, rateCell } from './node-table.ts'
import { sparkline } from './rate-text.ts'
import type { Span } from './span.ts'
import type { Column } from './table.ts'

export const LINK_LIST: ListKind<Cable> = {
  key: ({ key }) => key,
  text: ({ a, b, state }) => [endText(a), b === undefined ? '' : endText(b), state].join(' '),
  orders: [
    { words: 'as in the lab' },
    { words: 'most traffic first', compare: (x, y) => y.forward + y.backward - (x.forward + x.backward) },
    { words: 'most faults first', compare: (x, y) => y.faults - x.faults },
    { words: 'down first', compare: (x, y) => Number(x.state === 'up') - Number(y.state === 'up') },
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
    { title: 'FAULTS', width: 6, align: 'right', rank: 3, cell: ({ faults, faultRate }) => faultCell(faults, faultRate) },
  ]
}

/** What keeps a cable from carrying, and at which end. */
function stateCell({ state, a, b }: Cable): Span {
  const color = CABLE_COLORS[state]
  if (state !== 'down') return { text: `${state === 'up' ? '●' : '▼'} ${state}`, color }
  const ends = [a, b].flatMap((end) => (end === undefined || end.link.up ? [] : [end.place]))
  return { text: `▼ ${ends.length === 2 ? 'both ends down' : `down: ${ends[0] ?? ''}`}`, color }
}
