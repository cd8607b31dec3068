/**
 * Texts that YAML reads otherwise than they were meant: a rule with `--log-prefix "drop: "` in it, an address that ends with `::`.
 * To YAML a colon before a blank ends a key. What the parser then says is about a quote that is not closed at the end of the file, or a
 * key that nobody wrote; here it is about the line.
 */

/** Stands for a colon that was not meant to end a key while YAML is parsed. From the private use area, as the brackets of a range. */
export const COLON = '\ue03a'

export interface Slip {
  /** Of the whole text that wants quotes, in UTF-16 units. */
  readonly start: number
  readonly end: number
  /** Of the colons in it. */
  readonly colons: readonly number[]
}

/** `key: `, `- ` and `[` before a value: the places where one may begin. */
const ITEM = /^\s*(?:- +|(?:[\w.\-/]+|"[^"]*"|'[^']*'): +)*/
/** A command that begins with an option: `-A FORWARD …`, `! -i eth0 …`. Nobody has a key of that form. */
const OPTION = /^(?:! )?--?[A-Za-z]/
/** A colon that ends a key: behind it is a blank, or nothing. */
const KEY_END = /:(?=\s|$)/g
/** An IPv6 address that ends with "::", which ends a key too. */
const ADDRESS = /(?<![\w:"'])[0-9a-f]{0,4}(?::[0-9a-f]{1,4})*::(?=[\s,\]}]|$)/gi
const BLOCK_SCALAR = /(?:^|[:-])\s+(?:[|>][-+\d]*)\s*(?:#.*)?$/

/** The slips of a text that is no YAML, line by line. Lines of `|` blocks are text and have none. */
export function findSlips(text: string): Slip[] {
  const slips: Slip[] = []
  let blockIndent: number | undefined
  let offset = 0
  for (const line of text.split('\n')) {
    const indent = line.length - line.trimStart().length
    if (blockIndent !== undefined && (line.trim() === '' || indent > blockIndent)) {
      offset += line.length + 1
      continue
    }
    blockIndent = BLOCK_SCALAR.test(line) ? indent : undefined
    slips.push(...slipsOfLine(withoutComment(line), offset))
    offset += line.length + 1
  }
  return slips
}

/** A "#" after a blank begins a comment, but not within quotes. */
function withoutComment(line: string): string {
  let isQuoted = false
  for (const { 0: sign, index } of line.matchAll(/"|(?<!\S)#/g)) {
    if (sign === '"') isQuoted = !isQuoted
    else if (!isQuoted) return line.slice(0, index)
  }
  return line
}

function slipsOfLine(line: string, offset: number): Slip[] {
  const start = ITEM.exec(line)?.[0].length ?? 0
  const value = line.slice(start).trimEnd()
  if (OPTION.test(value)) {
    const colons = [...value.matchAll(KEY_END)].map((match) => offset + start + match.index)
    return colons.length === 0 ? [] : [{ start: offset + start, end: offset + start + value.length, colons }]
  }
  const found: { start: number; end: number; colons: number[] }[] = []
  let around = { start: 0, end: 0, isQuoted: false }
  for (const { 0: address, index } of line.matchAll(ADDRESS)) {
    const isFirst = index >= around.end
    if (isFirst) around = valueAround(line, index)
    if (around.isQuoted) continue
    if (isFirst) found.push({ start: offset + around.start, end: offset + around.end, colons: [] })
    found.at(-1)?.colons.push(offset + index + address.length - 1)
  }
  return found
}

/** How far the plain text around a place reaches. */
function valueAround(line: string, index: number): { start: number; end: number; isQuoted: boolean } {
  let start = index
  const isBegin = (): boolean =>
    /[[{,"'#]/.test(line[start - 1] ?? '"') || /(?:(?<!:):|-) $/.test(line.slice(Math.max(0, start - 3), start))
  while (start > 0 && !isBegin()) start--
  let end = index
  while (end < line.length && !/[,\]}"'#]/.test(line[end] ?? '')) end++
  const text = line.slice(start, end)
  const lead = text.length - text.trimStart().length
  return { start: start + lead, end: start + text.trimEnd().length, isQuoted: /["'#]/.test(line[start - 1] ?? ' ') }
}

/** The text with the slips' colons out of the parser's way; all positions stay. */
export function withoutSlips(text: string, slips: readonly Slip[]): string {
  const units = text.split('')
  for (const { colons } of slips) for (const colon of colons) units[colon] = COLON
  return units.join('')
}

/** Whether a key that YAML found is a part of a text that was meant as a whole: `fd00:` is, `fd00::` is one that was written `fd00:::`. */
export function isSlippedKey(key: string): boolean {
  return OPTION.test(key) || /(?:^|\s)(?:[0-9a-f:]*[0-9a-f])?:$/i.test(key)
}

export const SLIP_DETAIL = 'YAML takes the colon before a blank for the end of a key.'

/** How to write the text instead. */
export function slipHint(text: string): string {
  const quoted = text.includes("'") ? `"${text.replace(/[\\"]/g, '\\$&')}"` : `'${text}'`
  return `Put the whole text in quotes: ${quoted}`
}
