/**
 * IPv4 and IPv6 addresses. What is read is what inet_pton(3) reads, and no more: no `10.1`, no leading zeros, no zone ids.
 * What is written is RFC 5952, IPv4-mapped addresses with dots (its section 5), as inet_ntop(3) and `ip` print them.
 */
import { isIP } from 'node:net'

export interface Address {
  readonly family: 4 | 6
  /** Canonical. Two addresses are equal when their texts are. */
  readonly text: string
}

/** Bits of an address: 32 or 128. */
export function addressBits(family: 4 | 6): number {
  return family === 4 ? 32 : 128
}

/** An address without a prefix length; undefined where the text is none. */
export function parseAddress(text: string): Address | undefined {
  const family = isIP(text)
  if (family === 4) return { family: 4, text }
  if (family === 6 && !text.includes('%')) return { family: 6, text: formatAddress(6, addressValue(text)) }
  return undefined
}

/** The number an address stands for, most significant byte first. `text` must be an address. */
export function addressValue(text: string): bigint {
  return text.includes(':') ? value6(text) : BigInt(value4(text))
}

/** Canonical text of a number below 2^32 or 2^128. */
export function formatAddress(family: 4 | 6, value: bigint): string {
  return family === 4 ? format4(Number(value)) : format6(value)
}

/** Whether it is in fe80::/10, which means something only together with a link. */
export function isLinkLocal6(text: string): boolean {
  return /^fe[89ab]/.test(text)
}

/** Whether it is in 224.0.0.0/4 or ff00::/8. `text` must be canonical. */
export function isMulticast(text: string): boolean {
  return text.includes(':') ? /^ff..:/.test(text) : value4(text) >>> 28 === 14
}

function value4(text: string): number {
  let value = 0
  for (const part of text.split('.')) value = value * 256 + Number(part)
  return value
}

function format4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`
}

function value6(text: string): bigint {
  const dotted = text.includes('.') ? text.lastIndexOf(':') + 1 : -1
  const hex = dotted < 0 ? text : text.slice(0, dotted) + hexPair(value4(text.slice(dotted)))
  const gap = hex.indexOf('::')
  const left = groupsOf(gap < 0 ? hex : hex.slice(0, gap))
  const right = groupsOf(gap < 0 ? '' : hex.slice(gap + 2))
  const word = (index: number): number => left[index] ?? right[index - 8 + right.length] ?? 0
  let value = 0n
  for (let index = 0; index < 8; index += 2) value = (value << 32n) | BigInt(word(index) * 0x10000 + word(index + 1))
  return value
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => parseInt(group, 16))
}

function hexPair(value: number): string {
  return `${(value >>> 16).toString(16)}:${(value & 0xffff).toString(16)}`
}

function format6(value: bigint): string {
  const groups: number[] = []
  for (let shift = 96n; shift >= 0n; shift -= 32n) {
    const pair = Number(BigInt.asUintN(32, value >> shift))
    groups.push(pair >>> 16, pair & 0xffff)
  }
  if (value >> 32n === 0xffffn) return `::ffff:${format4(Number(BigInt.asUintN(32, value)))}`
  const run = longestZeroRun(groups)
  const texts = groups.map((group) => group.toString(16))
  if (run.length < 2) return texts.join(':')
  return `${texts.slice(0, run.start).join(':')}::${texts.slice(run.start + run.length).join(':')}`
}

/** RFC 5952 section 4.2.3: the longest run, the first of several equal ones. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  })
  return best
}
