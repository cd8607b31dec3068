/** Values of words that routes and rules have in common. Each reads the word after `keyword`, and gives undefined where it reported a problem. */
import { parseAddress } from '../../unit/address.ts'
import type { Address } from '../../unit/address.ts'
import { ifnameProblem } from '../../unit/ifname.ts'
import type { Parsed } from '../../unit/parsed.ts'
import { formatPrefix, parsePrefix } from '../../unit/prefix.ts'
import type { Prefix } from '../../unit/prefix.ts'
import type { Word, WordCursor } from './cursor.ts'

export const MAX_U32 = 0xffff_ffff

/** /etc/iproute2/rt_tables as it is shipped. */
const TABLES: ReadonlyMap<string, number> = new Map([
  ['default', 253],
  ['main', 254],
  ['local', 255],
])

/** RT_TABLE_MAIN */
export const MAIN_TABLE = 254

/** A routing table: 1 to 4294967295, or the name of one that every system has. Not 0, which is RT_TABLE_UNSPEC. */
export function parseTable(text: string): Parsed<number> {
  const named = TABLES.get(text)
  if (named !== undefined) return { value: named }
  const number = parseInteger(text, 1, MAX_U32)
  return number === undefined
    ? { problem: `"${text}" is not a table: main, local, default, or 1 to ${MAX_U32} is wanted` }
    : { value: number }
}

/** Decimal or 0x…; undefined outside min to max. Octal, which strtoul(3) reads in `010`, is left out: nobody means it. */
export function parseInteger(text: string, min: number, max: number): number | undefined {
  if (!/^(?:0x[0-9a-f]{1,8}|0|[1-9]\d{0,9})$/i.test(text)) return undefined
  const number = Number(text)
  return number >= min && number <= max ? number : undefined
}

export function readInteger(cursor: WordCursor, keyword: Word, min: number, max: number): number | undefined {
  const word = cursor.valueOf(keyword, `a number from ${min} to ${max}`)
  if (word === undefined) return undefined
  const number = parseInteger(word.text, min, max)
  if (number === undefined) cursor.problem(word, `"${word.text}" is not a ${keyword.text}: a number from ${min} to ${max} is wanted.`)
  return number
}

export function readTable(cursor: WordCursor, keyword: Word): number | undefined {
  const word = cursor.valueOf(keyword, 'a table')
  if (word === undefined) return undefined
  const { value, problem } = parseTable(word.text)
  if (problem !== undefined) cursor.problem(word, `${problem}.`)
  return value
}

export function readIfname(cursor: WordCursor, keyword: Word): Word | undefined {
  const word = cursor.valueOf(keyword, 'the name of an interface')
  if (word === undefined) return undefined
  const problem = ifnameProblem(word.text)
  if (problem === undefined) return word
  cursor.problem(word, `"${word.text}" ${problem}.`)
  return undefined
}

export function readAddress(cursor: WordCursor, keyword: Word): (Address & { readonly word: Word }) | undefined {
  const word = cursor.valueOf(keyword, 'an address')
  if (word === undefined) return undefined
  const address = parseAddress(word.text)
  if (address !== undefined) return { ...address, word }
  const prefix = parsePrefix(word.text)
  cursor.problem(
    word,
    prefix === undefined
      ? `"${word.text}" is not an address.`
      : `"${keyword.text}" wants an address without a prefix length: write ${prefix.address}.`,
  )
  return undefined
}

/** The prefix that `word` says; an address stands for itself alone. Words for all addresses must have been tried before. */
export function prefixOfWord(cursor: WordCursor, word: Word): Prefix | undefined {
  const prefix = parsePrefix(word.text, { bare: true })
  if (prefix === undefined) cursor.problem(word, `"${word.text}" is not a prefix, e.g. 10.0.0.0/8 or fd00::/64.${fullForm(word.text)}`)
  return prefix
}

/** iproute2 fills up `10/8`; here every address is written in full. */
function fullForm(text: string): string {
  const match = /^(\d{1,3}(?:\.\d{1,3}){0,2})\/(\d{1,2})$/.exec(text)
  if (match === null) return ''
  const octets = (match[1] ?? '').split('.')
  const full = parsePrefix(`${[...octets, '0', '0', '0'].slice(0, 4).join('.')}/${match[2] ?? ''}`)
  return full === undefined ? '' : ` Write ${formatPrefix(full)}.`
}

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Sets what was read; a value that could not be was reported. */
export function assign<T extends object, Key extends keyof T>(target: T, key: Key, value: T[Key] | undefined): void {
  if (value !== undefined) target[key] = value
}
