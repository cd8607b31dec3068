/** What all readers of expectations and actions share: values of a map in their units, pairs of who asks whom. */
import { parseBound, type Bound } from '../../unit/bound.ts'
import { parseMilliseconds } from '../../unit/duration.ts'
import type { Parsed } from '../../unit/parsed.ts'
import type { NetworkState } from '../../state/network.ts'
import type { Damage } from '../damage.ts'
import type { Findings } from '../findings.ts'
import type { Topology } from '../topology.ts'
import { asScalar, scalarAt, textsAt, valueAt } from '../value.ts'
import type { MapValue, ScalarValue, Value } from '../value.ts'
import { createPlaces, type Places } from './places.ts'
import type { Pair, Pattern } from './test.ts'

/** More pairs than this are a slip, or want `sample`. */
const MAX_PAIRS = 100_000

export interface Reader {
  readonly places: Places
  readonly topology: Topology
  readonly findings: Findings
  /** Whether a finding has taken a key of the map away, so that another about what it lacks would say the same again. */
  isTorn(map: MapValue): boolean
  durationMs(map: MapValue | undefined, key: string): number | undefined
  bound(map: MapValue | undefined, key: string, parseValue: (text: string) => Parsed<number>): Bound | undefined
  pattern(map: MapValue | undefined, key: string): Pattern | undefined
  patternOf(scalar: ScalarValue): Pattern
  /** Every `from` with every `to` but itself. Undefined where one of them is missing or unknown. */
  pairs(map: MapValue, kind: string): readonly Pair[] | undefined
  /** The nodes of `from`. */
  askers(map: MapValue, kind: string): readonly string[] | undefined
  argv(value: Value): string[]
}

/** `network`: that of the topology. */
export function createReader(topology: Topology, findings: Findings, damage: Damage, network: () => NetworkState): Reader {
  const places = createPlaces(topology, findings, damage, network)
  const missing = (map: MapValue, key: string, kind: string): undefined => {
    if (!damage.isTorn(map)) findings.error('MISSING_KEY', map.origin, `A test by "${kind}" has no key "${key}", which it needs.`)
    return undefined
  }
  const askers: Reader['askers'] = (map, kind) => {
    if (valueAt(map, 'from') === undefined) return missing(map, 'from', kind)
    const nodes = places.nodes(textsAt(map, 'from'))
    return nodes.length === 0 ? undefined : nodes
  }
  const patternOf = (scalar: ScalarValue): Pattern => {
    const [, source, flags = ''] = /^\/(.+)\/([imsu]*)$/s.exec(scalar.text) ?? []
    if (source === undefined) return { text: scalar.text }
    try {
      new RegExp(source, flags)
    } catch (error) {
      const why = error instanceof Error ? error.message : ''
      findings.error('INVALID_VALUE', scalar.origin, `"${scalar.text}" is not a regular expression: ${why}.`)
    }
    return { text: scalar.text, regExp: { source, flags } }
  }

  return {
    places,
    topology,
    findings,
    isTorn: damage.isTorn,
    durationMs: (map, key) => {
      const scalar = scalarAt(map, key)
      if (scalar === undefined) return undefined
      const parsed = parseMilliseconds(scalar.text)
      if (parsed.problem === undefined) return parsed.value
      findings.error('INVALID_VALUE', scalar.origin, `${parsed.problem}.`)
      return undefined
    },
    bound: (map, key, parseValue) => {
      const scalar = scalarAt(map, key)
      if (scalar === undefined) return undefined
      const parsed = parseBound(scalar.text, parseValue)
      if (parsed.problem !== undefined) findings.error('INVALID_VALUE', scalar.origin, `${parsed.problem}.`)
      return parsed.value
    },
    pattern: (map, key) => {
      const scalar = scalarAt(map, key)
      return scalar === undefined ? undefined : patternOf(scalar)
    },
    patternOf,
    askers,
    pairs: (map, kind) => {
      const froms = askers(map, kind)
      if (valueAt(map, 'to') === undefined) return missing(map, 'to', kind)
      const asked = places.targets(textsAt(map, 'to'))
      if (froms === undefined || asked.length === 0) return undefined
      if (froms.length * asked.length > MAX_PAIRS && scalarAt(map, 'sample') === undefined) {
        const count = (froms.length * asked.length).toLocaleString('en')
        findings.error('TOO_LARGE', map.origin, `That are ${count} pairs; ${MAX_PAIRS.toLocaleString('en')} are accepted.`, {
          hint: 'Ask a part of them: sample: 10000',
        })
        return undefined
      }
      const pairs: Pair[] = []
      for (const from of froms)
        for (const each of asked) {
          if (each.owner === from && each.address === undefined) continue
          const to = places.addressFor(from, each, familyAt(map))
          if (to !== undefined) pairs.push({ from, to })
          else if (each.owner !== undefined && damage.has(each.owner)) return undefined
          else {
            const family = familyAt(map)
            const sort = family === undefined ? 'address' : `IPv${family} address`
            findings.error('INVALID_VALUE', each.word.origin, `"${each.owner}" has no ${sort} by which it could be asked.`)
            return undefined
          }
        }
      if (pairs.length > 0) return pairs
      findings.error('INVALID_VALUE', map.origin, 'Nobody asks anybody here but itself.')
      return undefined
    },
    argv: (value) => (value.kind === 'list' ? value.items.map((word) => asScalar(word).text) : ['sh', '-c', asScalar(value).text]),
  }
}

/** The IP version that is asked for: by `family`, or by a question that only one of them knows. */
export function familyAt(map: MapValue): 4 | 6 | undefined {
  const value = scalarAt(map, 'family')?.value
  if (value === 4 || value === 6) return value
  return map.entries.has('nd') ? 6 : map.entries.has('arp') ? 4 : undefined
}
