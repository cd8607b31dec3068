/**
 * Gives everybody other subnets: in a text, the private addresses (RFC 1918, RFC 4193) are moved by what is drawn from a seed. What lies in
 * one network before does so afterwards, whatever the prefix lengths, since bits are flipped and none are added.
 */
import { createHash } from 'node:crypto'
import { addressBits, addressValue, formatAddress, parseAddress } from '../unit/address.ts'

const V4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?![\w.]*\w)/g
const V6 = /(?<![\w:.])f[cd][0-9a-f]{2}:[0-9a-f:]+(?:\/\d{1,3})?/gi

/** The text with all private addresses moved; the same seed moves them the same way. */
export function shiftSubnets(text: string, seed: string): string {
  const digest = createHash('sha256').update(seed).digest()
  const moved = (word: string): string => shifted(word, digest)
  return text.replace(V4, moved).replace(V6, moved)
}

/** An address, or a prefix, of which the bits of its network alone are moved. */
function shifted(word: string, digest: Buffer): string {
  const [text = '', length] = word.split('/')
  const address = parseAddress(text)
  if (address === undefined) return word
  const bits = addressBits(address.family)
  const value = addressValue(address.text)
  const hostBits = BigInt(bits - Math.min(bits, Number(length ?? bits)))
  const isNetwork = value === (value >> hostBits) << hostBits
  const flips = flipsOf(address.family, value, digest)
  const own = isNetwork ? (flips >> hostBits) << hostBits : flips
  const moved = formatAddress(address.family, value ^ own)
  return length === undefined ? moved : `${moved}/${length}`
}

/** Bits to flip: the second byte of 10.0.0.0/8, the low half of that of 172.16.0.0/12, the third of 192.168.0.0/16, the second group of fc00::/7. */
function flipsOf(family: 4 | 6, value: bigint, digest: Buffer): bigint {
  // Never none: a student's subnets are not those of the text.
  const byte = BigInt(1 + (digest.readUInt16BE(0) % 255))
  if (family === 6) return (byte << 104n) | (BigInt(digest[2]!) << 96n)
  if (value >> 24n === 10n) return byte << 16n
  if (value >> 20n === 0xac1n) return (1n + (byte % 15n)) << 16n
  return value >> 16n === 0xc0a8n ? byte << 8n : 0n
}
