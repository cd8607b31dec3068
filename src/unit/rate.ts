/** Rates as tc(8) reads them: `10mbit`, `1.5gbit`, `64kbit`, `2MBps`. Kept in whole bytes a second, which is what the kernel counts in. */
import type { Parsed } from './parsed.ts'

/** Bits a second by unit, lower case. tc(8) "RATES": `kbit` is 1000, `kibit` 1024; `bps` are bytes. A `k` alone tc does not read: it could be either. */
const BITS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['bit', 1],
  ...(['k', 'm', 'g', 't'] as const).flatMap((prefix, index): [string, number][] => [
    [`${prefix}bit`, 1000 ** (index + 1)],
    [`${prefix}ibit`, 1024 ** (index + 1)],
    [`${prefix}bps`, 8 * 1000 ** (index + 1)],
    [`${prefix}ibps`, 8 * 1024 ** (index + 1)],
  ]),
  ['bps', 8],
])

/** Bytes a second, a fraction cut off as tc does it. */
export function parseRate(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?|\.\d+) ?([a-z]*)$/i.exec(text.trim())
  if (match === null) return { problem: `"${text}" is not a rate, e.g. 10mbit or 1.5gbit` }
  const [, number = '', unit = ''] = match
  const bits = BITS_PER_UNIT.get(unit.toLowerCase())
  if (bits === undefined)
    return { problem: `"${text}" has an unknown unit "${unit}": bit, kbit, mbit, gbit, bps, kbps, mbps and gbps are known` }
  const bytesPerSec = Math.floor((Number(number) * bits) / 8)
  if (bytesPerSec < 1) return { problem: `"${text}" is less than a byte a second, the least that the kernel can say` }
  return bytesPerSec > Number.MAX_SAFE_INTEGER ? { problem: `"${text}" is more than any link has` } : { value: bytesPerSec }
}

/** `10mbit`: the shortest exact form that tc reads. */
export function formatRate(bytesPerSec: number): string {
  const bits = bytesPerSec * 8
  for (const [unit, size] of [
    ['gbit', 1e9],
    ['mbit', 1e6],
    ['kbit', 1e3],
  ] as const) {
    if (bits >= size && bits % (size / 1000) === 0) return `${bits / size}${unit}`
  }
  return `${bits}bit`
}
