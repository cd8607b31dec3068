/**
 * The source tree: what a YAML file says, each value with its origin. All stages before the Topology read it.
 * Aliases share subtrees, so a tree is never changed after `validate` has pruned it: merging makes new maps.
 */
import { Bug } from '../diagnostic/bug.ts'
import type { Origin } from '../diagnostic/origin.ts'

export type Value = ScalarValue | ListValue | MapValue

export interface ScalarValue {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  /** As written, without quotes: `0644` where the value is the number 644. */
  readonly text: string
  readonly origin: Origin
  /** Whether the file shows the text character for character on one line, which tells where its parts are. */
  readonly verbatim: boolean
  /** Of a `|` block, which keeps the lines of the file: the column in which its lines begin. */
  readonly blockColumn?: number
}

export interface ListValue {
  readonly kind: 'list'
  readonly items: Value[]
  readonly origin: Origin
}

export interface MapValue {
  readonly kind: 'map'
  readonly entries: Map<string, Entry>
  readonly origin: Origin
}

export interface Entry {
  /** Origin of the key. */
  readonly key: Origin
  readonly value: Value
}

/** A map without entries, e.g. in place of an empty `h1:`. */
export function emptyMap(origin: Origin): MapValue {
  return { kind: 'map', entries: new Map(), origin }
}

/** The map itself, or an empty one where the file leaves the value out or null. Anything else was pruned by `validate`. */
export function asMap(value: Value | undefined): MapValue | undefined {
  if (value === undefined || (value.kind === 'scalar' && value.value === null)) return undefined
  if (value.kind !== 'map') throw new Bug(`A ${value.kind} stands where the schema has a map`)
  return value
}

export function asScalar(value: Value): ScalarValue {
  if (value.kind !== 'scalar') throw new Bug(`A ${value.kind} stands where the schema has a scalar`)
  return value
}

/** Value of a key, or undefined where the map or the key is missing. */
export function valueAt(map: MapValue | undefined, key: string): Value | undefined {
  return map?.entries.get(key)?.value
}

export function scalarAt(map: MapValue | undefined, key: string): ScalarValue | undefined {
  const value = valueAt(map, key)
  return value === undefined ? undefined : asScalar(value)
}

/** Where a switch is on. */
export function switchAt(map: MapValue | undefined, key: string): Origin | undefined {
  const scalar = scalarAt(map, key)
  return scalar?.value === true ? scalar.origin : undefined
}

export function mapAt(map: MapValue | undefined, key: string): MapValue | undefined {
  return asMap(valueAt(map, key))
}

/** The items of a list; a single value counts as a list of one; none where the key is missing. */
export function itemsAt(map: MapValue | undefined, key: string): readonly Value[] {
  return itemsOf(valueAt(map, key))
}

export function itemsOf(value: Value | undefined): readonly Value[] {
  if (value === undefined) return []
  return value.kind === 'list' ? value.items : [value]
}

/** Items of a key that holds one text or a list of texts. */
export function textsAt(map: MapValue | undefined, key: string): readonly ScalarValue[] {
  return itemsAt(map, key).map(asScalar)
}

/** Plain data, as JSON.parse would give it. Objects have no prototype: a key `__proto__` is a key. */
export function plainOf(value: Value): unknown {
  if (value.kind === 'scalar') return value.value
  if (value.kind === 'list') return value.items.map(plainOf)
  const object = Object.create(null) as Record<string, unknown>
  for (const [key, entry] of value.entries) object[key] = plainOf(entry.value)
  return object
}

/** Whether two values say the same, wherever they stand. */
export function sameValue(a: Value, b: Value): boolean {
  return JSON.stringify(plainOf(a)) === JSON.stringify(plainOf(b))
}

/** Maps are merged key by key, `over` winning; everything else is replaced. */
export function mergeValues(under: Value, over: Value): Value {
  if (under.kind !== 'map' || over.kind !== 'map') return over.kind === 'scalar' && over.value === null ? under : over
  return mergeMaps(under, over, mergeValues)
}

/**
 * As `mergeValues`, but lists that stand directly in the map are put one after the other: a node's rules follow its profile's.
 * A single text counts as a list of one, so that a node's `setup: ip link …` does not silence the profile's list.
 */
export function mergeSettings(under: MapValue, over: MapValue, appended: ReadonlySet<string>): MapValue {
  return mergeMaps(under, over, (a, b, key) => {
    if (!appended.has(key) || a.kind === 'map' || b.kind === 'map') return mergeValues(a, b)
    return { kind: 'list', items: [...itemsOf(a), ...itemsOf(b)], origin: b.origin }
  })
}

function mergeMaps(under: MapValue, over: MapValue, merge: (under: Value, over: Value, key: string) => Value): MapValue {
  if (under.entries.size === 0) return over
  if (over.entries.size === 0) return { ...under, origin: over.origin }
  const entries = new Map(under.entries)
  for (const [key, entry] of over.entries) {
    const below = entries.get(key)
    entries.set(key, below === undefined ? entry : { key: entry.key, value: merge(below.value, entry.value, key) })
  }
  return { kind: 'map', entries, origin: over.origin }
}

/** Origin of a part of a scalar's text; of the whole scalar where the file does not show the text character for character. */
export function partOrigin(scalar: ScalarValue, offset: number, length: number): Origin {
  if (!scalar.verbatim || offset + length > scalar.text.length) return scalar.origin
  const quote = scalar.origin.length - scalar.text.length === 2 ? 1 : 0
  return { ...scalar.origin, column: scalar.origin.column + quote + offset, length: Math.max(1, length) }
}

/** Origin of a line of a text, counting from 0. */
export function lineOrigin(scalar: ScalarValue, index: number, line: string): Origin {
  if (scalar.blockColumn === undefined) return scalar.origin
  const indent = line.length - line.trimStart().length
  const length = Math.max(1, line.length - indent)
  return { file: scalar.origin.file, line: scalar.origin.line + 1 + index, column: scalar.blockColumn + indent, length }
}
