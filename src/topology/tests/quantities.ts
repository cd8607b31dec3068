/** Quantities that expectations bound. */
import { parseDuration } from '../../unit/duration.ts'
import type { Parsed } from '../../unit/parsed.ts'

/** `38ms` in milliseconds. */
export function millisecondsOf(text: string): Parsed<number> {
  const parsed = parseDuration(text)
  return parsed.problem === undefined ? { value: Number(parsed.value) / 1e6 } : parsed
}

const BITS: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 }

/** `10mbit` in bits a second; tc(8) writes rates so. */
export function rateOf(text: string): Parsed<number> {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmg]?bit)$/i.exec(text) ?? []
  return number === undefined ? { problem: `"${text}" is not a rate, e.g. 10mbit` } : { value: Number(number) * BITS[unit.toLowerCase()]! }
}
