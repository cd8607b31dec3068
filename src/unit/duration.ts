/**
 * Lengths of time: `20ms`, `1.5s`, `100us`, `2m`, with all that tc reads: `20msec`, `20MS`, `.5s`, `1e-3s`. But for a number alone, which tc takes for
 * microseconds and nobody else does. Kept in nanoseconds, the kernel's finest unit (TCA_NETEM_LATENCY64).
 */
import type { Parsed } from './parsed.ts'

const NS_PER_UNIT: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  // tc(8) "TIMES"
  ...['nsec', 'nsecs'].map((unit): [string, bigint] => [unit, 1n]),
  ...['usec', 'usecs'].map((unit): [string, bigint] => [unit, 1_000n]),
  ...['msec', 'msecs'].map((unit): [string, bigint] => [unit, 1_000_000n]),
  ...['sec', 'secs'].map((unit): [string, bigint] => [unit, 1_000_000_000n]),
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])

/** Largest number of nanoseconds in a signed 64-bit attribute: 292 years. */
const MAX_NS = 2n ** 63n - 1n

/** A number as strtod(3) reads it, but for signs, hexadecimal digits and exponents beyond need. */
const NUMBER = /^(?=\.?\d)(\d{0,19})(?:\.(\d{0,19}))?(?:e([+-]?\d{1,2}))?$/i

/** Nanoseconds, exactly: a duration that is not a whole number of them is a problem. */
export function parseDuration(text: string): Parsed<bigint> {
  const [, number = '', unit = ''] = /^(.*?) ?([a-zµμ]*)$/i.exec(text) ?? []
  const [isNumber, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(number) ?? []
  if (isNumber === undefined) return { problem: `"${text}" is not a duration, e.g. 20ms or 1.5s` }
  if (unit === '' && /^0*$/.test(whole + fraction)) return { value: 0n }
  if (unit === '') return { problem: `"${text}" has no unit: write ${text}ms or ${text}s` }
  const unitNs = unitOf(unit)
  if (unitNs === undefined) return { problem: `"${text}" has an unknown unit "${unit}": ns, us, ms, s, m and h are known` }
  const decimals = fraction.length - Number(exponent)
  const scale = 10n ** BigInt(Math.max(0, decimals))
  const scaledNs = BigInt(whole + fraction) * unitNs * 10n ** BigInt(Math.max(0, -decimals))
  if (scaledNs % scale !== 0n) return { problem: `"${text}" is finer than a nanosecond` }
  const ns = scaledNs / scale
  return ns > MAX_NS ? { problem: `"${text}" is longer than 292 years, the most the kernel can say` } : { value: ns }
}

/** tc heeds no case; but `20M` are no minutes. */
function unitOf(unit: string): bigint | undefined {
  return NS_PER_UNIT.get(unit === 'M' || unit === 'H' ? unit : unit.toLowerCase().replace('μ', 'µ'))
}

/** `20ms`: the largest unit in which it has three decimals at most, but no ns, which tc does not read everywhere (6.1). Exact. */
export function formatDuration(ns: number): string {
  if (ns === 0) return '0s'
  for (const [unit, unitNs] of [
    ['s', 1e9],
    ['ms', 1e6],
  ] as const) {
    if (ns >= unitNs && ns % (unitNs / 1000) === 0) return `${ns / unitNs}${unit}`
  }
  return `${ns / 1000}us`
}

/** `38ms` as milliseconds, with fractions. */
export function parseMilliseconds(text: string): Parsed<number> {
  const parsed = parseDuration(text)
  return parsed.problem === undefined ? { value: Number(parsed.value) / 1e6 } : parsed
}
