/** `isolate` of a node: the namespaces that it has of its own beyond those that every node has. */
import { didYouMean } from '../diagnostic/suggest.ts'
import { DEFAULT_ISOLATION, ISOLATED } from '../state/isolation.ts'
import type { Isolation } from '../state/isolation.ts'
import { parseDuration } from '../unit/duration.ts'
import type { Findings } from './findings.ts'
import { itemsAt, mapAt, scalarAt, valueAt } from './value.ts'
import type { MapValue, ScalarValue } from './value.ts'

export function readIsolation(settings: MapValue, findings: Findings): Isolation {
  if (valueAt(settings, 'isolate') === undefined) return DEFAULT_ISOLATION
  const items = itemsAt(settings, 'isolate')
  const maps = items.filter((item) => item.kind === 'map')
  const names = new Set<string>(maps.length === 0 ? [] : ['time'])
  for (const item of items) {
    if (item.kind !== 'scalar') continue
    names.add(item.text)
    if (ISOLATED.some((name) => name === item.text)) continue
    const known = `${ISOLATED.join(', ')} are accepted`
    findings.error('INVALID_VALUE', item.origin, `"${item.text}" is nothing to isolate: ${known}.${didYouMean(item.text, ISOLATED)}`)
  }
  const offsets = maps.map((map) => mapAt(map, 'time'))[0]
  return {
    namespaces: ISOLATED.filter((name) => names.has(name)),
    ...(offsets !== undefined && {
      boottimeMs: readOffset(scalarAt(offsets, 'boottime'), findings),
      monotonicMs: readOffset(scalarAt(offsets, 'monotonic'), findings),
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
