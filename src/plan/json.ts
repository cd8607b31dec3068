/** A plan for programs. Keys and their order are stable: `version` counts up when they change. */
import type { Origin } from '../diagnostic/origin.ts'
import type { Operation, Plan } from './operation.ts'
import { markOf } from './mark.ts'
import { describe, sameAs } from './words.ts'

export interface PlanJson {
  readonly version: 1
  readonly lab: string
  readonly operations: readonly OperationJson[]
}

export interface OperationJson {
  /** As in `Operation`. */
  readonly type: Operation['type']
  readonly netns: string
  readonly effect: 'add' | 'change' | 'remove'
  /** What is done, in words. */
  readonly text: string
  readonly cause: string
  readonly origin?: Origin
  /** Shell commands for the same effect. */
  readonly sameAs: string
  /** The other fields of the operation: link, addr, route … Binary contents of files are `{ "base64": … }`. */
  readonly detail: Readonly<Record<string, unknown>>
}

const EFFECTS = { '+': 'add', '~': 'change', '-': 'remove' } as const

export function planJson(plan: Plan): PlanJson {
  return { version: 1, lab: plan.lab, operations: plan.operations.map((operation) => operationJson(operation, plan.lab)) }
}

/** JSON text, indented, with a newline at its end. */
export function formatPlanJson(plan: Plan): string {
  return `${JSON.stringify(planJson(plan), undefined, 2)}\n`
}

function operationJson(operation: Operation, lab: string): OperationJson {
  const { type, netns, cause, origin, undo: _, ...detail } = operation
  return {
    type,
    netns,
    effect: EFFECTS[markOf(operation)],
    text: describe(operation),
    cause,
    ...(origin !== undefined && { origin }),
    sameAs: sameAs(operation, lab),
    detail: plain(detail) as Readonly<Record<string, unknown>>,
  }
}

/** Without origins of parts, which `origin` says for the whole; with keys in alphabetical order. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const keys = Object.keys(value).filter((key) => key !== 'origin' && key !== 'lineOrigins' && key !== 'facts')
  return Object.fromEntries(keys.sort().map((key) => [key, plain((value as Record<string, unknown>)[key])]))
}
