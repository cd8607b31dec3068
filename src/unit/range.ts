/**
 * Ranges of names: `h[1-3]` is h1, h2, h3; `h[01-12]` keeps its zeros; in `r[1-3]-[1-2]` the first range varies slowest.
 * A range may stand anywhere in a text: `web[1-2].example`, `sw:eth[0-3]`.
 */
import type { Parsed } from './parsed.ts'

/** More names than this in one range are a slip of the keyboard, and would only fill the memory. */
export const RANGE_MAX_NAMES = 100_000

interface Span {
  readonly first: number
  readonly last: number
  /** Digits of each number, padded with zeros; 0 where nothing is padded. */
  readonly width: number
}

/** Whether a text has a bracket, so that it is a range or a mistaken one. */
export function hasRange(text: string): boolean {
  return text.includes('[') || text.includes(']')
}

/** The names a text stands for; a text without brackets stands for itself. */
export function expandRange(text: string): Parsed<readonly string[]> {
  if (!hasRange(text)) return { value: [text] }
  const literals: string[] = []
  const spans: Span[] = []
  let count = 1
  let rest = text
  for (let open = rest.indexOf('['); open >= 0; open = rest.indexOf('[')) {
    const close = rest.indexOf(']', open)
    if (close < 0) return { problem: `"${text}" has a "[" without a "]"` }
    const span = parseSpan(rest.slice(open, close + 1))
    if (span.problem !== undefined) return span
    literals.push(rest.slice(0, open))
    spans.push(span.value)
    count *= span.value.last - span.value.first + 1
    if (count > RANGE_MAX_NAMES) return { problem: `"${text}" stands for more than ${RANGE_MAX_NAMES.toLocaleString('en')} names` }
    rest = rest.slice(close + 1)
  }
  if ([...literals, rest].some((literal) => literal.includes(']'))) return { problem: `"${text}" has a "]" without a "["` }
  let names = ['']
  spans.forEach((span, index) => {
    const literal = literals[index] ?? ''
    const numbers = spanTexts(span)
    names = names.flatMap((name) => numbers.map((number) => name + literal + number))
  })
  return { value: names.map((name) => name + rest) }
}

/** `[1-3]`, `[01-12]` */
function parseSpan(text: string): Parsed<Span> {
  const match = /^\[(\d{1,9})-(\d{1,9})\]$/.exec(text)
  if (match === null) return { problem: `"${text}" is not a range: two numbers are wanted, as in [1-3]` }
  const [from = '', to = ''] = match.slice(1)
  const [first, last] = [Number(from), Number(to)]
  if (first > last) return { problem: `"${text}" goes backwards: write [${to}-${from}]` }
  const isPadded = (digits: string): boolean => digits.length > 1 && digits.startsWith('0')
  if (!isPadded(from) && !isPadded(to)) return { value: { first, last, width: 0 } }
  if (from.length === to.length) return { value: { first, last, width: from.length } }
  const width = Math.max(from.length, to.length)
  return {
    problem: `"${text}" pads one number only: write [${from.padStart(width, '0')}-${to.padStart(width, '0')}] or [${first}-${last}]`,
  }
}

function spanTexts(span: Span): string[] {
  return Array.from({ length: span.last - span.first + 1 }, (_, index) => String(span.first + index).padStart(span.width, '0'))
}
