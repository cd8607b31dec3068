/** Free addresses of a subnet, and free subnets of a pool, in ascending order: the same file gives the same ones on every run. */
import { addressBits, addressValue, formatAddress } from '../unit/address.ts'
import { hostAddresses, prefixOf } from '../unit/prefix.ts'
import type { Prefix } from '../unit/prefix.ts'

export interface AddressPool {
  /** The next address that is neither taken nor given out; undefined when there is none left. */
  next(): Prefix | undefined
}

export function createAddressPool(subnet: Prefix, taken: ReadonlySet<string>): AddressPool {
  const addresses = hostAddresses(subnet)
  return {
    next: () => {
      for (let step = addresses.next(); step.done !== true; step = addresses.next()) {
        if (!taken.has(step.value))
          return { family: subnet.family, address: step.value, prefixlen: subnet.prefixlen, network: subnet.network }
      }
      return undefined
    },
  }
}

export interface SubnetPool {
  /** The next subnet of that length that overlaps nothing taken or given out; undefined when there is none left. */
  next(prefixlen: number): Prefix | undefined
}

interface Span {
  readonly first: bigint
  readonly last: bigint
}

export function createSubnetPool(pool: Prefix, taken: readonly Prefix[]): SubnetPool {
  const spans = mergedSpans(taken.filter((prefix) => prefix.family === pool.family).map(spanOf))
  const { first, last } = spanOf(pool)
  let cursor = first
  let index = 0
  return {
    next: (prefixlen) => {
      if (prefixlen < pool.prefixlen) return undefined
      const size = 1n << BigInt(addressBits(pool.family) - prefixlen)
      for (;;) {
        const start = ((cursor + size - 1n) / size) * size
        if (start + size - 1n > last) return undefined
        for (let span = spans[index]; span !== undefined && span.last < start; span = spans[index]) index++
        const obstacle = spans[index]
        if (obstacle === undefined || obstacle.first > start + size - 1n) {
          cursor = start + size
          return prefixOf(formatAddress(pool.family, start), prefixlen)
        }
        cursor = obstacle.last + 1n
      }
    },
  }
}

/** First and last address of a network, as numbers. */
export function spanOf(prefix: Prefix): Span {
  const first = addressValue(prefix.network)
  return { first, last: first + (1n << BigInt(addressBits(prefix.family) - prefix.prefixlen)) - 1n }
}

/** In ascending order, those that touch or overlap made one. */
function mergedSpans(spans: readonly Span[]): Span[] {
  const merged: { first: bigint; last: bigint }[] = []
  for (const span of [...spans].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const before = merged.at(-1)
    if (before === undefined || span.first > before.last + 1n) merged.push({ ...span })
    else if (span.last > before.last) before.last = span.last
  }
  return merged
}
