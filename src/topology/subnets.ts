/** `subnet` and `addressing`: which prefixes a station gets its addresses from. */
import type { Origin } from '../diagnostic/origin.ts'
import { formatPrefix, parsePrefix } from '../unit/prefix.ts'
import type { Prefix } from '../unit/prefix.ts'
import type { Findings } from './findings.ts'
import { createSubnetPool } from './pool.ts'
import type { SubnetPool } from './pool.ts'
import { itemsOf, mapAt, scalarAt, valueAt } from './value.ts'
import type { MapValue, Value } from './value.ts'

/** A prefix, or the wish for one of a family. */
export type Subnet = { readonly prefix: Prefix; readonly origin: Origin } | { readonly auto: 4 | 6; readonly origin: Origin }

export interface Addressing {
  /** Reads `subnet`; each value once, however many links of a range share it. */
  subnetsOf(value: Value | undefined): readonly Subnet[]
  /** Of `defaults.link`. */
  readonly linkDefault: readonly Subnet[]
  /** The pools, with these prefixes passed over. */
  pools(taken: readonly Prefix[]): Readonly<Record<PoolName, SubnetPool>>
  /** What the pool was made from, for findings. */
  readonly prefixes: Readonly<Record<PoolName, Prefix>>
}

export type PoolName = 'p2p' | 'lan' | 'p2p6' | 'lan6'

const DEFAULT_POOLS: Readonly<Record<PoolName, string>> = {
  p2p: '10.255.0.0/16',
  lan: '10.0.0.0/9',
  p2p6: 'fd00:ffff::/32',
  lan6: 'fd00::/32',
}

export function readAddressing(root: MapValue, findings: Findings): Addressing {
  const settings = mapAt(root, 'addressing')
  const isDual = settings?.entries.has('p2p6') === true || settings?.entries.has('lan6') === true
  const prefixes = {
    p2p: readPool(settings, 'p2p', findings),
    lan: readPool(settings, 'lan', findings),
    p2p6: readPool(settings, 'p2p6', findings),
    lan6: readPool(settings, 'lan6', findings),
  }
  const known = new Map<Value, readonly Subnet[]>()
  const subnetsOf = (value: Value | undefined): readonly Subnet[] => {
    if (value === undefined) return []
    const before = known.get(value)
    if (before !== undefined) return before
    const subnets = itemsOf(value).flatMap((item) => (item.kind === 'scalar' ? readSubnet(item.text, item.origin, isDual, findings) : []))
    known.set(value, subnets)
    return subnets
  }
  return {
    prefixes,
    subnetsOf,
    linkDefault: subnetsOf(valueAt(mapAt(mapAt(root, 'defaults'), 'link'), 'subnet')),
    pools: (taken) => ({
      p2p: createSubnetPool(prefixes.p2p, taken),
      lan: createSubnetPool(prefixes.lan, taken),
      p2p6: createSubnetPool(prefixes.p2p6, taken),
      lan6: createSubnetPool(prefixes.lan6, taken),
    }),
  }
}

function readPool(settings: MapValue | undefined, name: PoolName, findings: Findings): Prefix {
  const scalar = scalarAt(settings, name)
  const fallback = parsePrefix(DEFAULT_POOLS[name]) as Prefix
  if (scalar === undefined) return fallback
  const pool = readNetwork(scalar.text, scalar.origin, findings)
  if (pool === undefined) return fallback
  if (pool.family === fallback.family) return pool
  findings.error('INVALID_VALUE', scalar.origin, `The pool ${name} takes an IPv${fallback.family} prefix, e.g. ${DEFAULT_POOLS[name]}.`)
  return fallback
}

function readSubnet(text: string, origin: Origin, isDual: boolean, findings: Findings): readonly Subnet[] {
  if (text === 'auto')
    return isDual
      ? [
          { auto: 4, origin },
          { auto: 6, origin },
        ]
      : [{ auto: 4, origin }]
  if (text === 'auto6') return [{ auto: 6, origin }]
  const prefix = readNetwork(text, origin, findings)
  return prefix === undefined ? [] : [{ prefix, origin }]
}

/** A prefix without host bits. */
function readNetwork(text: string, origin: Origin, findings: Findings): Prefix | undefined {
  const prefix = parsePrefix(text)
  if (prefix === undefined) {
    findings.error('INVALID_VALUE', origin, `"${text}" is not a prefix, e.g. 10.0.1.0/24 or fd00:1::/64.`)
    return undefined
  }
  if (prefix.address !== prefix.network) {
    findings.error('INVALID_VALUE', origin, `"${text}" has bits set behind its prefix length.`, {
      hint: `The subnet is ${formatPrefix(prefix)}.`,
    })
  }
  return prefix
}
