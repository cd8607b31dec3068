// The table of nodes: its columns, orders and groups.
import type { ListKind } from './list.ts'
import type { LabModel } from './model.ts'
import { nodeHistory, nodeState, type NodeRow } from './nodes.ts'
import { countText, rateText, sparkline } from './rate-text.ts'
import { fitText, type Span } from './span.ts'
import type { Column } from './table.ts'

/** The head of the column of drops and errors. */
export const FAULTS = 'DROP+ERR'

export const NODE_LIST: ListKind<NodeRow> = {
  key: ({ name, role }) => `${role === 'bridge' ? 'bridge' : 'node'} ${name}`,
  text: (row) => [row.name, row.role, nodeState(row).words, ...row.addrs].join(' '),
  orders: [
    { words: 'as in the file' },
    { words: 'most traffic first', compare: (a, b) => b.rx + b.tx - (a.rx + a.tx) },
    { words: 'most drops and errors first', compare: (a, b) => b.faults - a.faults },
    { words: 'most links down first', compare: (a, b) => b.linksDown - a.linksDown },
    { words: 'by name', compare: (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) },
  ],
  groupings: [
    { words: 'not grouped' },
    { words: 'by role', of: ({ role }) => `${role}s` },
    { words: 'by state', of: (row) => nodeState(row).words },
  ],
}

/** `longest`: columns of the longest name. */
export function nodeColumns({ network }: LabModel, marked: ReadonlySet<string>, longest: number): Column<NodeRow>[] {
  return [
    { title: '', width: 1, rank: 0, cell: ({ name }) => ({ text: marked.has(name) ? '*' : ' ', bold: true }) },
    { title: 'NAME', width: nameWidth(10, longest), grow: 1, most: 28, rank: 0, cell: ({ name }) => ({ text: name, bold: true }) },
    { title: 'STATE', width: 14, rank: 0, cell: stateCell },
    { title: 'ROLE', width: 6, rank: 3, cell: ({ role }) => ({ text: role, dim: role === 'host' }) },
    { title: 'ADDRESSES', width: 14, grow: 2, most: 48, rank: 2, cell: ({ addrs }, width) => ({ text: addrsText(addrs, width) }) },
    { title: 'RX', width: 5, align: 'right', rank: 1, cell: ({ rx }) => rateCell(rx) },
    { title: 'TX', width: 5, align: 'right', rank: 1, cell: ({ tx }) => rateCell(tx) },
    {
      title: 'TRAFFIC',
      width: 8,
      grow: 1,
      most: 30,
      rank: 4,
      cell: (row, width) => ({ text: sparkline(nodeHistory(network, row, width)), color: 'cyan' }),
    },
    { title: FAULTS, width: FAULTS.length, align: 'right', rank: 3, cell: ({ faults, faultRate }) => faultCell(faults, faultRate) },
  ]
}

/** For names other columns give way, up to where names would be all that is seen. */
export function nameWidth(least: number, longest: number): number {
  return Math.max(least, Math.min(MOST_FOR_NAMES, longest))
}

const MOST_FOR_NAMES = 24

/** As many addresses as there is room for, and how many more there are. */
export function addrsText(addrs: readonly string[], width: number): string {
  for (let count = addrs.length; count > 1; count--) {
    const text = [...addrs.slice(0, count), ...(count < addrs.length ? [`+${addrs.length - count}`] : [])].join(' ')
    if (text.length <= width) return text
  }
  const [first = '', ...others] = addrs
  const more = others.length === 0 ? '' : ` +${others.length}`
  return `${fitText(first, Math.min(first.length, width - more.length))}${more}`
}

function stateCell(row: NodeRow): Span {
  const { words, color } = nodeState(row)
  return { text: `${row.isStopped ? '■' : row.linksDown > 0 ? '▼' : '●'} ${words}`, color }
}

/** Nothing is dim: what passes is what one looks for. */
export function rateCell(bitsPerSecond: number): Span {
  return bitsPerSecond < 0.5 ? { text: '0', dim: true } : { text: rateText(bitsPerSecond) }
}

/** Errors and drops since the watch began, red while more are coming. */
export function faultCell(faults: number, rate: number): Span {
  if (faults < 0.5) return { text: '0', dim: true }
  return { text: countText(Math.round(faults)), color: rate > 0 ? 'red' : 'yellow' }
}
