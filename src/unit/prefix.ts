/** Address prefixes: `10.0.0.1/24` is an address and the network it lies in. RFC 4632, RFC 4291. */
import { addressBits, addressValue, formatAddress, parseAddress } from './address.ts'

export interface Prefix {
  readonly family: 4 | 6
  /** The address as it was given, canonical text; equal to `network` where no host bit is set. */
  readonly address: string
  readonly prefixlen: number
  /** First address of the network, canonical text. */
  readonly network: string
}

/** `10.0.0.1/24`, `fd00::/64`. With `bare`, an address without a length is one of all its bits: `/32` or `/128`. */
export function parsePrefix(text: string, options?: { bare?: boolean }): Prefix | undefined {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const bits = addressBits(address.family)
  if (slash < 0) return options?.bare === true ? prefixOf(address.text, bits) : undefined
  const length = text.slice(slash + 1)
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > bits) return undefined
  return prefixOf(address.text, Number(length))
}

/** The prefix of an address in canonical text. */
export function prefixOf(address: string, prefixlen: number): Prefix {
  const family = address.includes(':') ? 6 : 4
  const bits = addressBits(family)
  if (prefixlen === bits) return { family, address, prefixlen, network: address }
  const hostBits = BigInt(bits - prefixlen)
  const value = addressValue(address)
  const first = (value >> hostBits) << hostBits
  return { family, address, prefixlen, network: first === value ? address : formatAddress(family, first) }
}

/** The network: `10.0.0.0/24` for 10.0.0.1/24. */
export function formatPrefix(prefix: Prefix): string {
  return `${prefix.network}/${prefix.prefixlen}`
}

/** The address with its length, as an interface has it: `10.0.0.1/24`. */
export function formatInterfaceAddress(prefix: Prefix): string {
  return `${prefix.address}/${prefix.prefixlen}`
}

/** `address` in any spelling that is an address. */
export function containsAddress(prefix: Prefix, address: string): boolean {
  if (address.includes(':') !== (prefix.family === 6)) return false
  const hostBits = BigInt(addressBits(prefix.family) - prefix.prefixlen)
  return addressValue(prefix.network) >> hostBits === addressValue(address) >> hostBits
}

/** Whether all of `inner` lies in `outer`; a prefix contains itself. */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  return inner.prefixlen >= outer.prefixlen && containsAddress(outer, inner.network)
}

/** Whether they share an address, that is, whether one contains the other. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return a.prefixlen <= b.prefixlen ? containsPrefix(a, b) : containsPrefix(b, a)
}

/** How many addresses `hostAddresses` gives. */
export function hostCount(prefix: Prefix): bigint {
  const { first, last } = hostRange(prefix)
  return last - first + 1n
}

/**
 * Addresses that hosts may have, in order.
 * IPv4: without network and broadcast, except in a /31 (RFC 3021) and a /32.
 * IPv6: without the subnet-router anycast address (RFC 4291 section 2.6.1), except in a /127 (RFC 6164) and a /128.
 */
export function* hostAddresses(prefix: Prefix): Generator<string, void, undefined> {
  const { first, last } = hostRange(prefix)
  for (let value = first; value <= last; value++) yield formatAddress(prefix.family, value)
}

/** The address `n` after the network's first one (which is 0); undefined outside the prefix. */
export function nthAddress(prefix: Prefix, n: number | bigint): string | undefined {
  const size = 1n << BigInt(addressBits(prefix.family) - prefix.prefixlen)
  const offset = BigInt(n)
  return offset < 0n || offset >= size ? undefined : formatAddress(prefix.family, addressValue(prefix.network) + offset)
}

/** The networks of `prefixlen` bits inside `prefix`, in order; none where it is shorter than the prefix or longer than an address. */
export function* subnets(prefix: Prefix, prefixlen: number): Generator<Prefix, void, undefined> {
  const bits = addressBits(prefix.family)
  if (prefixlen < prefix.prefixlen || prefixlen > bits) return
  const step = 1n << BigInt(bits - prefixlen)
  const first = addressValue(prefix.network)
  const end = first + (1n << BigInt(bits - prefix.prefixlen))
  for (let value = first; value < end; value += step) {
    const network = formatAddress(prefix.family, value)
    yield { family: prefix.family, address: network, prefixlen, network }
  }
}

/**
 * Whether the prefix's own address is one that no host may have: IPv4 network and broadcast, the IPv6 subnet-router anycast address.
 * The lengths without such addresses are those of `hostAddresses`.
 */
export function isNetworkOrBroadcast(prefix: Prefix): boolean {
  const { first, last } = hostRange(prefix)
  const value = addressValue(prefix.address)
  return value < first || value > last
}

function hostRange(prefix: Prefix): { first: bigint; last: bigint } {
  const hostBits = addressBits(prefix.family) - prefix.prefixlen
  const network = addressValue(prefix.network)
  const end = network + (1n << BigInt(hostBits)) - 1n
  if (hostBits < 2) return { first: network, last: end }
  return { first: network + 1n, last: prefix.family === 4 ? end - 1n : end }
}
