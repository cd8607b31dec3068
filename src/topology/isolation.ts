/** `isolate` of a node: the namespaces that it has of its own beyond those that every node has. */
import { DEFAULT_ISOLATION, ISOLATED } from '../state/isolation.ts'
import type { Isolation } from '../state/isolation.ts'
import { parseDuration } from '../unit/duration.ts'
import type { Findings } from './findings.ts'
import { itemsAt, mapAt, scalarAt, valueAt } from './value.ts'
import type { MapValue, ScalarValue } from './value.ts'

export function readIsolation(settings: MapValue, findings: Findings): Isolation {
  if (valueAt(settings, 'isolate') === undefined) return DEFAULT_ISOLATION
  const items = itemsAt(settings, 'isolate')
  const names = new Set(
    items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : item.kind === 'map' ? [...item.entries.keys()] : [])),
  )
  const time = items.flatMap((item) => (item.kind === 'map' ? (mapAt(item, 'time') ?? []) : []))[0]
  return {
    namespaces: ISOLATED.filter((name) => names.has(name)),
    ...(time !== undefined && {
      boottimeMs: readOffset(scalarAt(time, 'boottime'), findings),
      monotonicMs: readOffset(scalarAt(time, 'monotonic'), findings),
    }),
  }
}

/** Forward alone: the kernel takes no offset that leads to a time before the machine's start, which is another on each machine. */
function readOffset(offset: ScalarValue | undefined, findings: Findings): number {
  if (offset === undefined) return 0
  const { value, problem } = parseDuration(offset.text)
  if (problem !== undefined) findings.error('INVALID_VALUE', offset.origin, `${problem}.`)
  return Number((value ?? 0n) / 1_000_000n)
}
