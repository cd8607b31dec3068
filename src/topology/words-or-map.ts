/**
 * Routes and rules are written in iproute2's words or as maps. A map is written out as words here, so that one reader has the last say
 * about both; each word remembers the value that it came from.
 */
import type { Origin } from '../diagnostic/origin.ts'
import type { Findings } from './findings.ts'
import type { ParsedWords } from './words/cursor.ts'
import { asMap, asScalar, partOrigin, scalarAt } from './value.ts'
import type { MapValue, Value } from './value.ts'

export interface Located<T> {
  readonly value: T
  /** Of the whole line or map. */
  readonly origin: Origin
  /** Where a part stands, by the keys of `ParsedWords.places`; the whole where it has no place of its own. */
  originOf(key: string): Origin
}

/** A line that is being put together from the values of a map. */
export interface Line {
  /** A bare word, `onlink`. */
  word(text: string, origin: Origin): void
  /** `keyword value`, where the map has the key. */
  pair(keyword: string, map: MapValue, key: string): void
}

interface Span {
  readonly start: number
  readonly end: number
  readonly origin: Origin
}

/** Undefined after findings. `write` puts a map into words. */
export function readWords<T>(
  item: Value,
  write: (map: MapValue, line: Line) => void,
  parse: (text: string) => ParsedWords<T>,
  findings: Findings,
): Located<T> | undefined {
  const source = item.kind === 'map' ? lineOfMap(item, write, findings) : lineOfText(item)
  if (source === undefined) return undefined
  const { value, places, problems } = parse(source.text)
  for (const problem of problems) findings.error('INVALID_VALUE', source.originAt(problem.offset, problem.length), problem.message)
  if (value === undefined) return undefined
  const originOf = (key: string): Origin => {
    const place = places.get(key)
    return place === undefined ? item.origin : source.originAt(place.offset, place.length)
  }
  return { value, origin: item.origin, originOf }
}

interface Source {
  readonly text: string
  originAt(offset: number, length: number): Origin
}

function lineOfText(item: Value): Source {
  const scalar = asScalar(item)
  return { text: scalar.text, originAt: (offset, length) => partOrigin(scalar, offset, length) }
}

function lineOfMap(item: Value, write: (map: MapValue, line: Line) => void, findings: Findings): Source | undefined {
  const map = asMap(item)
  if (map === undefined) return undefined
  let text = ''
  let isGood = true
  const spans: Span[] = []
  const word = (added: string, origin: Origin): void => {
    if (text !== '') text += ' '
    spans.push({ start: text.length, end: text.length + added.length, origin })
    text += added
  }
  const pair = (keyword: string, owner: MapValue, key: string): void => {
    const scalar = scalarAt(owner, key)
    if (scalar === undefined) return
    if (/^\S+$/.test(scalar.text)) {
      word(keyword, scalar.origin)
      word(scalar.text, scalar.origin)
      return
    }
    isGood = false
    findings.error('INVALID_VALUE', scalar.origin, `"${key}" takes one word without spaces.`)
  }
  write(map, { word, pair })
  const originAt = (offset: number): Origin => spans.find((span) => offset >= span.start && offset < span.end)?.origin ?? item.origin
  return isGood ? { text, originAt: (offset) => (offset === 0 && text === '' ? item.origin : originAt(offset)) } : undefined
}
