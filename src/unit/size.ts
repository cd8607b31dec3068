/** Amounts of data as tc(8) reads them: `32kb`, `1600`, `64kbit`. Kept in bytes. Every prefix is a power of 1024, also that of bits. */
import type { Parsed } from './parsed.ts'

/** Bytes by unit, lower case. tc(8) "SIZES". */
const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['k', 1024],
  ['kb', 1024],
  ['m', 1024 ** 2],
  ['mb', 1024 ** 2],
  ['g', 1024 ** 3],
  ['gb', 1024 ** 3],
  ['kbit', 1024 / 8],
  ['mbit', 1024 ** 2 / 8],
  ['gbit', 1024 ** 3 / 8],
])

const MAX_U32 = 0xffff_ffff

/** Bytes, a fraction cut off as tc does it; at most what 32 bits hold. */
export function parseSize(text: string): Parsed<number> {
  const { value, problem } = parseBytes(text)
  if (problem !== undefined) return { problem }
  return value > MAX_U32 ? { problem: `"${text}" is more than 4 GiB, the most the kernel can say` } : { value }
}

/** The same without a bound. */
export function parseBytes(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?|\.\d+) ?([a-z]*)$/i.exec(text.trim())
  if (match === null) return { problem: `"${text}" is not a size, e.g. 32kb or 1600` }
  const [, number = '', unit = ''] = match
  const bytes = BYTES_PER_UNIT.get(unit.toLowerCase())
  if (bytes === undefined) return { problem: `"${text}" has an unknown unit "${unit}": b, kb, mb, gb, kbit, mbit and gbit are known` }
  return { value: Math.floor(Number(number) * bytes) }
}

/** `32kb`: the shortest exact form that tc reads. */
export function formatSize(bytes: number): string {
  if (bytes > 0 && bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2}mb`
  return bytes > 0 && bytes % 1024 === 0 ? `${bytes / 1024}kb` : `${bytes}b`
}
