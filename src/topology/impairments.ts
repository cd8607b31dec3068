/**
 * What links do to packets: rate, delay, loss and the like. Said of a link, of one direction, of an interface, of a bridge's segment or of a
 * profile; each end of a cable gets the disciplines of the direction that leaves by it.
 */
import type { Origin } from '../diagnostic/origin.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { IMPAIRMENT_KEYS, mergeImpairments, parseImpairment } from '../state/impairment-words.ts'
import type { ImpairmentKey } from '../state/impairment-words.ts'
import { findProblems, findWarnings } from '../state/impairment-problem.ts'
import { qdiscsOf } from '../state/impairment.ts'
import type { Impairment, ImpairmentChange, ImpairmentOrigins } from '../state/impairment.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import type { Parsed } from '../unit/parsed.ts'
import type { Findings } from './findings.ts'
import { wordsOfImpairment } from './impairment-map.ts'
import { LINK_PROFILES } from './link-profiles.ts'
import { asMap, scalarAt, valueAt } from './value.ts'
import type { MapValue, Value } from './value.ts'

export type ImpairmentTexts = Readonly<Partial<Record<ImpairmentKey, string>>>

export type Direction = 'forward' | 'backward'

export interface ImpairmentReader {
  /** The disciplines of an interface; `layers` are the maps that speak of it, the weakest first. */
  chainOf(layers: readonly (MapValue | undefined)[], direction: Direction, mtu: number): QdiscChain | undefined
}

/** One key's say. */
interface Said {
  readonly key: ImpairmentKey
  readonly origin: Origin
  readonly change: ImpairmentChange
  /** It was found fault with, and changes nothing. */
  readonly isRefused?: true
}

const KEYS: ReadonlySet<string> = new Set<string>(IMPAIRMENT_KEYS)

export function createImpairmentReader(findings: Findings): ImpairmentReader {
  const known = new WeakMap<MapValue, Record<Direction, readonly Said[]>>()
  // Many links say the same: findings and disciplines are worked out once for each combination.
  const chains = new Map<string, QdiscChain | undefined>()
  const numbers = new WeakMap<readonly Said[], number>()
  let nextNumber = 1

  const saidIn = (layer: MapValue, direction: Direction): readonly Said[] => {
    const before = known.get(layer)
    if (before !== undefined) return before[direction]
    const both = { forward: readLayer(layer, 'forward', findings), backward: readLayer(layer, 'backward', findings) }
    known.set(layer, both)
    for (const said of [both.forward, both.backward]) numbers.set(said, nextNumber++)
    return both[direction]
  }

  return {
    chainOf: (layers, direction, mtu) => {
      const said = layers.flatMap((layer) => (layer === undefined ? [] : [saidIn(layer, direction)])).filter((one) => one.length > 0)
      if (said.length === 0) return undefined
      const key = `${mtu} ${said.map((one) => numbers.get(one)).join(' ')}`
      if (!chains.has(key)) chains.set(key, chainOfAll(said.flat(), mtu, findings))
      return chains.get(key)
    },
  }
}

/** The keys of an impairment that a map has, as texts that have been looked at one by one. */
export function impairmentTextsIn(map: MapValue, findings: Findings): ImpairmentTexts {
  readKeys(map, findings)
  return Object.fromEntries(
    IMPAIRMENT_KEYS.flatMap((key) => {
      const value = valueAt(map, key)
      return value === undefined ? [] : [[key, wordsOfImpairment(key, value).value ?? '']]
    }),
  )
}

/** What one map says of a direction: its profile, its own keys, then those of the direction alone. */
function readLayer(layer: MapValue, direction: Direction, findings: Findings): readonly Said[] {
  const inner = asMap(valueAt(layer, direction))
  return [
    ...readProfile(layer, direction, findings),
    ...readKeys(layer, findings),
    ...(inner === undefined ? [] : [...readProfile(inner, direction, findings), ...readKeys(inner, findings)]),
  ]
}

function readProfile(map: MapValue, direction: Direction, findings: Findings): readonly Said[] {
  const name = scalarAt(map, 'profile')
  if (name === undefined) return []
  const profile = LINK_PROFILES.get(name.text)
  if (profile === undefined) {
    const names = [...LINK_PROFILES.keys()]
    findings.error('UNKNOWN_PROFILE', name.origin, `There is no link profile "${name.text}".${didYouMean(name.text, names)}`, {
      hint: `Known: ${names.join(', ')}.`,
    })
    return []
  }
  return Object.entries({ ...profile.both, ...profile[direction] }).map(([key, text]) => ({
    key: key as ImpairmentKey,
    origin: name.origin,
    change: parseImpairment(key as ImpairmentKey, text).value ?? {},
  }))
}

function readKeys(map: MapValue, findings: Findings): readonly Said[] {
  const said: Said[] = []
  // In the order of the keys, not of the file: `delay: 20ms 5ms` gives way to `jitter: 2ms`, wherever it stands.
  for (const key of IMPAIRMENT_KEYS) {
    const value = valueAt(map, key)
    if (value === undefined) continue
    const change = readValue(key, value)
    if (change.problem === undefined) said.push({ key, origin: value.origin, change: change.value })
    else {
      findings.error('INVALID_VALUE', value.origin, `${key}: ${change.problem}.`)
      said.push({ key, origin: value.origin, change: {}, isRefused: true })
    }
  }
  return said
}

function readValue(key: ImpairmentKey, value: Value): Parsed<ImpairmentChange> {
  const words = wordsOfImpairment(key, value)
  return words.problem === undefined ? parseImpairment(key, words.value) : words
}

function chainOfAll(said: readonly Said[], mtu: number, findings: Findings): QdiscChain | undefined {
  let impairment: Impairment = {}
  const origins: ImpairmentOrigins = {}
  for (const { change, origin } of said) {
    impairment = mergeImpairments(impairment, change)
    for (const name of Object.keys(change)) if (KEYS.has(name)) origins[name as keyof Impairment] = origin
  }
  // That another key lacks it, or does not fit what is left, would follow from that.
  if (said.some(({ isRefused }) => isRefused)) return undefined
  const problems = findProblems(impairment, mtu)
  for (const { key, detail, hint } of problems) findings.error('INVALID_VALUE', origins[key], detail, hint === undefined ? {} : { hint })
  if (problems.length > 0) return undefined
  for (const { code, key, detail, hint } of findWarnings(impairment, mtu)) {
    findings.warning(code, origins[key], detail, hint === undefined ? {} : { hint })
  }
  return qdiscsOf(impairment, mtu, origins)
}
