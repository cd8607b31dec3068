/** Bounds of a measured value: `< 2%`, `>= 5ms`, `38ms..46ms`, `0`. */
import type { Parsed } from './parsed.ts'

export interface Bound {
  /** As written. */
  readonly text: string
  readonly min?: number
  readonly max?: number
  /** Whether the bound itself is outside: `<` and `>`. */
  readonly isStrict: boolean
}

/** `parseValue` reads one value, unit and all. */
export function parseBound(text: string, parseValue: (text: string) => Parsed<number>): Parsed<Bound> {
  const trimmed = text.trim()
  const range = /^(.+?)\s*\.\.\s*(.+)$/.exec(trimmed)
  if (range !== null) {
    const [min, max] = [parseValue(range[1]!), parseValue(range[2]!)]
    if (min.problem !== undefined) return min
    if (max.problem !== undefined) return max
    if (min.value > max.value) return { problem: `"${text}" goes backwards: write ${range[2]}..${range[1]}` }
    return { value: { text: trimmed, min: min.value, max: max.value, isStrict: false } }
  }
  const [, sign = '', rest = ''] = /^([<>]=?)?\s*(.*)$/.exec(trimmed) ?? []
  const value = parseValue(rest)
  if (value.problem !== undefined) return value
  const isStrict = sign === '<' || sign === '>'
  if (sign === '') return { value: { text: trimmed, min: value.value, max: value.value, isStrict } }
  return { value: { text: trimmed, isStrict, ...(sign.startsWith('<') ? { max: value.value } : { min: value.value }) } }
}

/** Whether the value lies inside. */
export function isWithin({ min, max, isStrict }: Bound, value: number): boolean {
  if (min !== undefined && (isStrict ? value <= min : value < min)) return false
  return max === undefined || (isStrict ? value < max : value <= max)
}

/** `2%`, `0.5 %`. */
export function parsePercent(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?) ?%$/.exec(text)
  if (match === null || Number(match[1]) > 100) return { problem: `"${text}" is not a percentage, e.g. 2% or 0.5%` }
  return { value: Number(match[1]) }
}

/** A plain number. */
export function parsePlain(text: string): Parsed<number> {
  return /^\d+(?:\.\d+)?$/.test(text) ? { value: Number(text) } : { problem: `"${text}" is not a number` }
}
