// A request as a list of rows, each a few bytes and what they mean: written to expected.hex, and compared row by row.
import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { constantName, familyOf, type Attributes, type Field, type Nest } from './layout.ts'

/** A few bytes of a message. */
export interface Row {
  readonly bytes: Buffer
  /** What they mean, for readers. */
  readonly meaning: string
  /** What is compared, and where it stands: `IFLA_LINKINFO/IFLA_INFO_KIND`. Absent for what follows from the rest, lengths and padding. */
  readonly value?: { readonly path: string; readonly hex: string }
}

const HEADER: readonly Field[] = [
  ['nlmsg_len', 4],
  ['nlmsg_type', 2],
  ['nlmsg_flags', 2],
  ['nlmsg_seq', 4],
  ['nlmsg_pid', 4],
]
const DERIVED = /^(nlmsg_len|nlmsg_seq|rtnh_len)$/
const MODIFIERS = /^NLM_F_(REQUEST|ACK|REPLACE|EXCL|CREATE)$/
const NLA_F_NESTED = 0x8000
const NLA_TYPE_MASK = 0x3fff

/** Takes a whole request apart. */
export function rowsOf(message: Buffer): Row[] {
  const { struct, attributes } = familyOf(message.readUInt16LE(4), message)
  const fixed = 16 + sizeOf(struct)
  return [
    ...structRows(message.subarray(0, 16), HEADER, ''),
    ...structRows(message.subarray(16, fixed), struct, ''),
    ...attributeRows(message.subarray(fixed), attributes, ''),
  ]
}

function sizeOf(struct: readonly Field[]): number {
  return struct.reduce((sum, [, bytes]) => sum + bytes, 0)
}

function structRows(bytes: Buffer, struct: readonly Field[], path: string): Row[] {
  let at = 0
  return struct.map(([name, length]) => {
    const part = bytes.subarray(at, (at += length))
    const meaning = `${indent(path)}${name} ${fieldMeaning(name, part.readUIntLE(0, length))}`
    return { bytes: part, meaning, ...(!DERIVED.test(name) && { value: { path: path + name, hex: hexOf(part) } }) }
  })
}

function fieldMeaning(name: string, value: number): string {
  if (name === 'nlmsg_type') return constantName(/^RTM_(NEW|DEL)/, value)
  if (name.endsWith('family')) return constantName(/^AF_/, value)
  if (name !== 'nlmsg_flags') return String(value)
  const bits = [0x1, 0x4, 0x100, 0x200, 0x400].filter((bit) => value & bit)
  return bits.map((bit) => constantName(MODIFIERS, bit).replace('NLM_F_', '')).join('|')
}

function attributeRows(bytes: Buffer, attributes: Attributes, path: string): Row[] {
  const rows: Row[] = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt16LE(at)
    const type = bytes.readUInt16LE(at + 2)
    const name = constantName(attributes.names, type & NLA_TYPE_MASK)
    const here = `${path}${name}`
    const nest = attributes.nests?.[name]
    const nested = type & NLA_F_NESTED ? ' | NLA_F_NESTED' : ''
    const value = nest && { value: { path: here, hex: nested === '' ? 'nest' : 'nest, NLA_F_NESTED' } }
    rows.push({ bytes: bytes.subarray(at, at + 4), meaning: `${indent(path)}nla_len ${length}, ${name}${nested}`, ...value })
    const payload = bytes.subarray(at + 4, at + length)
    at += (length + 3) & ~3
    if (nest !== undefined) rows.push(...nestRows(payload, nest, `${here}/`))
    else {
      const padded = bytes.subarray(at - ((length + 3) & ~3) + 4, at)
      const meaning = `${indent(path)}  ${valueMeaning(name, payload, attributes)}`
      rows.push({ bytes: padded, meaning, value: { path: here, hex: shortHexOf(payload) } })
    }
  }
  return rows
}

function nestRows(payload: Buffer, { struct = [], attributes, isList }: Nest, path: string): Row[] {
  const size = sizeOf(struct)
  const oneNest = (bytes: Buffer, here: string): Row[] => [
    ...structRows(bytes.subarray(0, size), struct, here),
    ...attributeRows(bytes.subarray(size), attributes, here),
  ]
  if (!isList) return oneNest(payload, path)
  const rows: Row[] = []
  for (let at = 0, index = 0; at < payload.length; index++) {
    const entry = payload.subarray(at, at + payload.readUInt16LE(at))
    rows.push(...oneNest(entry, `${path}${index}/`))
    at += (entry.length + 3) & ~3
  }
  return rows
}

function indent(path: string): string {
  return '  '.repeat(path.split('/').length - 1)
}

function valueMeaning(name: string, payload: Buffer, { text, address }: Attributes): string {
  if (text?.test(name) && isUtf8(payload)) return `"${payload.toString().replace(/\0$/, '\\0')}"`
  if (address?.test(name)) return addressText(payload)
  return payload.length === 1 || payload.length === 2 || payload.length === 4 ? String(payload.readUIntLE(0, payload.length)) : ''
}

/** IPv4, IPv6, link-layer, or struct rtvia: a family of two bytes before the address. */
function addressText(payload: Buffer): string {
  if (payload.length === 4 || payload.length === 16) return ipaddr.fromByteArray([...payload]).toString()
  if (payload.length === 6) return hexOf(payload).replaceAll(' ', ':')
  return `${constantName(/^AF_/, payload.readUInt16LE(0))} ${addressText(payload.subarray(2))}`
}

/** A table of some size is told by its digest. */
function shortHexOf(bytes: Buffer): string {
  if (bytes.length <= 128) return hexOf(bytes)
  return `${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`
}

function hexOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/(..)(?!$)/g, '$1 ')
}

/** Rows in two columns: at most four bytes, and what they mean. Small fields share a line. */
export function formatRows(rows: readonly Row[]): string {
  const lines: { bytes: Buffer; meaning: string }[] = []
  for (const { bytes, meaning } of rows) {
    const last = lines.at(-1)
    if (last !== undefined && last.bytes.length + bytes.length <= 4 && bytes.length < 4) {
      last.bytes = Buffer.concat([last.bytes, bytes])
      last.meaning += `, ${meaning.trim()}`
      continue
    }
    for (let at = 0; at < bytes.length; at += 4) lines.push({ bytes: bytes.subarray(at, at + 4), meaning: at === 0 ? meaning : '' })
  }
  return lines.map(({ bytes, meaning }) => `${hexOf(bytes).padEnd(14)}${meaning}`.trimEnd()).join('\n')
}

/** What the second request has otherwise than the first, in whatever order the attributes stand: `- PATH BYTES` and `+ PATH BYTES`. */
export function differences(theirs: readonly Row[], ours: readonly Row[]): string[] {
  const [before, after] = [valuesOf(theirs), valuesOf(ours)]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)]
    if (was === is) return []
    return [...(was === undefined ? [] : [`- ${path} ${was}`]), ...(is === undefined ? [] : [`+ ${path} ${is}`])]
  })
}

function valuesOf(rows: readonly Row[]): Map<string, string> {
  return new Map(rows.flatMap(({ value }) => (value === undefined ? [] : [[value.path, value.hex] as const])))
}
