/** Lengths of time: `20ms`, `1.5s`, `100us`, `2m`, with tc's `20msec` too. Kept in nanoseconds, the kernel's finest unit (TCA_NETEM_LATENCY64). */
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

/** Nanoseconds, exactly: a duration that is not a whole number of them is a problem. */
export function parseDuration(text: string): Parsed<bigint> {
  const match = /^(\d{1,19})(?:\.(\d{1,19}))? ?([a-zµμ]*)$/.exec(text)
  if (match === null) return { problem: `"${text}" is not a duration, e.g. 20ms or 1.5s` }
  const [whole = '', fraction = '', unit = ''] = match.slice(1)
  if (unit === '' && /^0*$/.test(whole + fraction)) return { value: 0n }
  if (unit === '') return { problem: `"${text}" has no unit: write ${text}ms or ${text}s` }
  const unitNs = NS_PER_UNIT.get(unit.replace('μ', 'µ'))
  if (unitNs === undefined) return { problem: `"${text}" has an unknown unit "${unit}": ns, us, ms, s, m and h are known` }
  const scale = 10n ** BigInt(fraction.length)
  const scaledNs = BigInt(whole + fraction) * unitNs
  if (scaledNs % scale !== 0n) return { problem: `"${text}" is finer than a nanosecond` }
  const ns = scaledNs / scale
  return ns > MAX_NS ? { problem: `"${text}" is longer than 292 years, the most the kernel can say` } : { value: ns }
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
