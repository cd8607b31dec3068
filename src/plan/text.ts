/** A plan for people: one line an operation, what, where, why, and the line of the file that asked for it. */
import { relative } from 'node:path'
import type { Operation, Plan } from './operation.ts'
import { markOf, type Mark } from './mark.ts'
import { describe } from './words.ts'

export interface PlanTextOptions {
  /** ANSI colours. */
  readonly color?: boolean
  /** Columns of the terminal; lines are cut to it. Without it they are as long as they are. */
  readonly width?: number
  /** Files are named relative to it. */
  readonly cwd?: string
}

const COLORS: Readonly<Record<Mark, string>> = { '+': '\u001b[32m', '~': '\u001b[33m', '-': '\u001b[31m' }
const DIM = '\u001b[2m'
const RESET = '\u001b[0m'

/** Columns that a description gets before it pushes its cause to the right. */
const WIDEST_DESCRIPTION = 64

/** `+ h1   add addr 10.0.0.1/24 dev eth0   because: not there   lab.yaml:5`, and a last line that counts. */
export function formatPlanText(plan: Plan, options: PlanTextOptions = {}): string {
  if (plan.operations.length === 0) return 'Nothing to do: the network is as the file says.\n'
  const rows = plan.operations.map((operation) => ({
    mark: markOf(operation),
    netns: operation.netns,
    description: describe(operation),
    cause: `because: ${operation.cause}`,
    place: placeText(operation, options.cwd),
  }))
  const netnsWidth = widest(
    rows.map((row) => row.netns),
    Infinity,
  )
  const descriptionWidth = widest(
    rows.map((row) => row.description),
    WIDEST_DESCRIPTION,
  )
  const causeWidth = widest(
    rows.map((row) => row.cause),
    WIDEST_DESCRIPTION,
  )
  const lines = rows.map((row) => {
    const left = `${row.mark} ${row.netns.padEnd(netnsWidth)}  ${row.description.padEnd(descriptionWidth)}`
    const right = row.place === '' ? row.cause : `${row.cause.padEnd(causeWidth)}  ${row.place}`
    return paint(cut(left, options.width), cut(`  ${right}`.trimEnd(), rest(options.width, left)), row.mark, options.color === true)
  })
  return `${lines.join('\n')}\n\n${summary(plan)}\n`
}

/** `9 to add, 1 to change, 0 to remove` */
export function summary(plan: Plan): string {
  const count = (mark: Mark): number => plan.operations.filter((operation) => markOf(operation) === mark).length
  return `${count('+')} to add, ${count('~')} to change, ${count('-')} to remove`
}

function placeText({ origin }: Operation, cwd: string | undefined): string {
  if (origin === undefined) return ''
  const near = cwd === undefined ? origin.file : relative(cwd, origin.file)
  return `${near === '' || near.startsWith('../../..') ? origin.file : near}:${origin.line}`
}

function widest(words: readonly string[], most: number): number {
  return words.reduce((width, word) => (word.length <= most ? Math.max(width, word.length) : width), 0)
}

function rest(width: number | undefined, left: string): number | undefined {
  return width === undefined ? undefined : Math.max(0, width - left.length)
}

function cut(text: string, width: number | undefined): string {
  if (width === undefined || text.length <= width) return text
  return width < 1 ? '' : `${text.slice(0, width - 1)}…`
}

function paint(left: string, right: string, mark: Mark, color: boolean): string {
  if (!color) return `${left}${right}`.trimEnd()
  return `${COLORS[mark]}${left}${RESET}${DIM}${right}${RESET}`
}
