/**
 * Addresses of stations: those of the file, then the next free ones of the segment's subnets, in the order of the links.
 * An address that the file gives is never given to another; a link at the end of the file changes no address before it.
 */
import type { Origin } from '../diagnostic/origin.ts'
import { addressBits, isLinkLocal6, isMulticast, parseAddress } from '../unit/address.ts'
import { containsAddress, formatPrefix, isNetworkOrBroadcast, parsePrefix } from '../unit/prefix.ts'
import type { Prefix } from '../unit/prefix.ts'
import type { Damage } from './damage.ts'
import type { Findings } from './findings.ts'
import type { PluggedCable, Station } from './interfaces.ts'
import { createAddressPool } from './pool.ts'
import { DEFAULT_VLAN } from './ports.ts'
import type { AddressPool } from './pool.ts'
import { frontOf } from './segments.ts'
import type { BridgeVlanRef, Segment, Segments } from './segments.ts'
import type { Addressing, PoolName, Subnet } from './subnets.ts'
import type { InterfaceAddress } from './topology.ts'
import { itemsOf, mapAt, valueAt } from './value.ts'
import type { ScalarValue } from './value.ts'
import type { NodeStations } from './virtuals.ts'

type Fixed = Extract<Subnet, { prefix: Prefix }>

interface Wish {
  /** Subnets to take an address from, where the file gives none of that family. */
  readonly from: readonly Subnet[]
  /** All subnets of the segment: an address of the file may lie in any. */
  readonly within: readonly Subnet[]
}

const NO_WISH: Wish = { from: [], within: [] }

/** Fills in the addresses of all stations. `loopbacks` are prefixes that `auto` passes over. */
export function assignAddresses(
  cables: readonly PluggedCable[],
  segments: Segments,
  nodeStations: NodeStations,
  addressing: Addressing,
  loopbacks: readonly Prefix[],
  findings: Findings,
  damage: Damage,
): void {
  const front = (station: Station): Station => frontOf(station, nodeStations)
  const wishes = collectWishes(segments, front, addressing)
  for (const station of segments.ofStation.keys()) readExplicit(station, wishes.get(station) ?? NO_WISH, findings, damage)
  const taken = [...takenPrefixes(segments, wishes), ...loopbacks]
  const automatic = settleAutomatic(cables, segments, front, wishes, addressing, taken, findings, damage)
  for (const segment of segments.all) {
    const pools = new Map<string, AddressPool>()
    const exhausted = new Set<string>()
    const explicit = new Set(segment.stations.flatMap((station) => station.addresses.map((address) => address.prefix.address)))
    for (const station of segment.stations) {
      const { from, within } = wishes.get(station) ?? NO_WISH
      const settled = (subnet: Subnet): readonly Fixed[] =>
        'prefix' in subnet ? [subnet] : (automatic.get(segment)?.get(subnet.auto) ?? [])
      findOutside(station, within.flatMap(settled), findings)
      if (!isAutomatic(station)) continue
      const given = new Set(station.addresses.map((address) => address.prefix.family))
      for (const subnet of from.flatMap(settled)) {
        if (given.has(subnet.prefix.family)) continue
        const key = formatPrefix(subnet.prefix)
        const pool = pools.get(key) ?? createAddressPool(subnet.prefix, explicit)
        pools.set(key, pool)
        const prefix = pool.next()
        if (prefix !== undefined) station.addresses.push({ prefix, origin: subnet.origin })
        else reportExhausted(station, subnet, exhausted, findings, damage)
      }
    }
  }
}

/** An empty list of addresses says that there are to be none; a bridge has only those that it is given. */
function isAutomatic(station: Station): boolean {
  return station.kind === 'node' && !(station.address?.kind === 'list' && station.address.items.length === 0)
}

/** A station takes addresses from its link's subnet, else its bridge's, else another's on the segment, by family; the default is for links without any. */
function collectWishes(segments: Segments, front: (station: Station) => Station, addressing: Addressing): Map<Station, Wish> {
  const wishes = new Map<Station, Wish>()
  for (const segment of segments.all) {
    const common = distinct(segment.bridges.flatMap((bridge) => bridgeSubnets(bridge, addressing)))
    // What no link makes, a MACVLAN say, is on the subnet of the link that it hears.
    const heard = distinct(segment.cables.flatMap(({ draft }) => addressing.subnetsOf(draft.link.subnet)))
    const unsaid: Wish = { from: common.length > 0 ? common : heard, within: [...common, ...heard] }
    for (const station of segment.stations) wishes.set(station, station.virtual === undefined ? { from: common, within: common } : unsaid)
    for (const { draft, ends } of segment.cables) {
      const bridge = ends.find((end) => end.kind === 'port')?.bridge
      const own = addressing.subnetsOf(draft.link.subnet)
      const bridgeOwn = segment.bridges.flatMap((one) => (one.definition === bridge ? bridgeSubnets(one, addressing) : []))
      const isUnsaid = draft.link.subnet === undefined && common.length === 0
      const chain = isUnsaid ? [addressing.linkDefault] : [own, bridgeOwn, common]
      const wish = { from: firstOfEachFamily(chain), within: [...new Set(chain.flat())] }
      for (const end of ends) if (end.kind !== 'port' && segments.ofStation.get(front(end)) === segment) wishes.set(front(end), wish)
    }
  }
  return wishes
}

/** Several switches of one VLAN may all name its subnet. */
function distinct(subnets: readonly Subnet[]): Subnet[] {
  const keyOf = (subnet: Subnet): string => ('prefix' in subnet ? formatPrefix(subnet.prefix) : `auto ${subnet.auto}`)
  return [...new Map([...subnets].reverse().map((subnet) => [keyOf(subnet), subnet])).values()].reverse()
}

/** What a bridge says of one VLAN; its own `subnet` is that of the VLAN in which ports are that say nothing. */
function bridgeSubnets({ definition, vlan }: BridgeVlanRef, addressing: Addressing): readonly Subnet[] {
  const ofVlan = valueAt(mapAt(mapAt(definition.settings, 'vlans'), String(vlan)), 'subnet')
  const own = vlan === 0 || vlan === DEFAULT_VLAN ? valueAt(definition.settings, 'subnet') : undefined
  return addressing.subnetsOf(ofVlan ?? own)
}

/** The subnets of the first list that has any of the family, for each family. */
function firstOfEachFamily(lists: readonly (readonly Subnet[])[]): Subnet[] {
  return ([4, 6] as const).flatMap((family) => {
    const list = lists.find((subnets) => subnets.some((subnet) => familyOf(subnet) === family)) ?? []
    return list.filter((subnet) => familyOf(subnet) === family)
  })
}

function familyOf(subnet: Subnet): 4 | 6 {
  return 'prefix' in subnet ? subnet.prefix.family : subnet.auto
}

function readExplicit(station: Station, wish: Wish, findings: Findings, damage: Damage): void {
  for (const item of itemsOf(station.address)) {
    if (item.kind !== 'scalar') continue
    const prefix = readInterfaceAddress(item, wish.within, findings)
    if (prefix === undefined) damage.add(station.definition.name)
    else station.addresses.push({ prefix, origin: item.origin })
  }
}

/** `10.0.0.1/24`, or `10.0.0.1` where a subnet tells the length. */
function readInterfaceAddress(item: ScalarValue, subnets: readonly Subnet[], findings: Findings): Prefix | undefined {
  const bare = parseAddress(item.text)
  const subnet =
    bare && subnets.find((candidate): candidate is Fixed => 'prefix' in candidate && containsAddress(candidate.prefix, bare.text))
  const prefix = bare === undefined ? parsePrefix(item.text) : subnet && { ...subnet.prefix, address: bare.text }
  if (prefix !== undefined) return checkUsable(item.text, prefix, item.origin, findings) ? prefix : undefined
  if (bare !== undefined) {
    const hint = `Write it with a length, e.g. ${bare.text}/${bare.family === 4 ? 24 : 64}.`
    findings.error('INVALID_VALUE', item.origin, `${bare.text} has no prefix length, and no subnet of its link tells one.`, { hint })
  } else {
    findings.error('INVALID_VALUE', item.origin, `"${item.text}" is not an address with a prefix length, e.g. 10.0.0.1/24 or fd00:1::1/64.`)
  }
  return undefined
}

/** Reports addresses that the kernel refuses, or that nobody could reach. */
export function checkUsable(text: string, prefix: Prefix, origin: Origin, findings: Findings): boolean {
  const { address, family } = prefix
  if (isMulticast(address) || address === '0.0.0.0' || address === '::') {
    findings.error(
      'ADDRESS_UNUSABLE',
      origin,
      `${text} is ${isMulticast(address) ? 'a multicast' : 'the unspecified'} address, which no interface can have.`,
    )
    return false
  }
  if (isNetworkOrBroadcast(prefix)) {
    const sort =
      address !== prefix.network
        ? 'the broadcast address'
        : family === 4
          ? 'the address of the network itself'
          : 'the subnet-router anycast address'
    findings.warning('ADDRESS_UNUSABLE', origin, `${address} is ${sort} of ${formatPrefix(prefix)}: no host should have it.`)
  }
  return true
}

function findOutside(station: Station, subnets: readonly Fixed[], findings: Findings): void {
  for (const { prefix, origin } of station.addresses) {
    const same = subnets.filter((subnet) => subnet.prefix.family === prefix.family)
    const [first] = same
    if (first === undefined || isLinkLocal6(prefix.address) || same.some((subnet) => containsAddress(subnet.prefix, prefix.address)))
      continue
    const names = same.map((subnet) => formatPrefix(subnet.prefix)).join(' and ')
    findings.error(
      'ADDRESS_OUTSIDE_SUBNET',
      origin,
      `${prefix.address} of ${station.definition.name}:${station.ifname} is not in ${names}.`,
      {
        related: [{ origin: first.origin, note: 'the subnet of the link' }],
      },
    )
  }
}

function takenPrefixes(segments: Segments, wishes: ReadonlyMap<Station, Wish>): Prefix[] {
  const taken: Prefix[] = []
  for (const segment of segments.all) {
    const fixed = new Set<Prefix>()
    for (const station of segment.stations) {
      for (const subnet of wishes.get(station)?.within ?? []) if ('prefix' in subnet) fixed.add(subnet.prefix)
      for (const { prefix } of station.addresses) fixed.add(prefix)
    }
    taken.push(...fixed)
  }
  return taken
}

/**
 * What `auto` stands for on each segment, by family. Bridges that want a subnet come first, whether or not they have a cable yet,
 * then links in their order: so nothing that is added at the end takes a subnet before others.
 */
function settleAutomatic(
  cables: readonly PluggedCable[],
  segments: Segments,
  front: (station: Station) => Station,
  wishes: ReadonlyMap<Station, Wish>,
  addressing: Addressing,
  taken: readonly Prefix[],
  findings: Findings,
  damage: Damage,
): Map<Segment, Map<4 | 6, readonly Fixed[]>> {
  const settled = new Map<Segment, Map<4 | 6, readonly Fixed[]>>()
  const pools = addressing.pools(taken)

  const settle = (segment: Segment, wish: Subnet): void => {
    const own = settled.get(segment) ?? new Map<4 | 6, readonly Fixed[]>()
    settled.set(segment, own)
    if ('prefix' in wish || own.has(wish.auto)) return
    const family = wish.auto
    // An address of the file tells the subnet better than a pool could.
    const given = segment.stations.flatMap((station) => station.addresses).find(({ prefix }) => isNetwork(prefix, family))
    if (given !== undefined) {
      own.set(family, [{ prefix: { ...given.prefix, address: given.prefix.network }, origin: wish.origin }])
      return
    }
    const name: PoolName = `${segment.bridges.length > 0 ? 'lan' : 'p2p'}${family === 6 ? '6' : ''}`
    const length = lengthFor(segment, family)
    const prefix = pools[name].next(length)
    own.set(family, prefix === undefined ? [] : [{ prefix, origin: wish.origin }])
    if (prefix !== undefined) return
    const detail = `The pool ${name} (${formatPrefix(addressing.prefixes[name])}) has no free subnet of /${length} left.`
    findings.error('POOL_EXHAUSTED', wish.origin, detail, { hint: `Set a larger one: addressing: { ${name}: … }` })
    for (const station of segment.stations) damage.add(station.definition.name)
  }

  for (const segment of segments.all) {
    if (segment.bridges.length === 0) break
    const common = segment.bridges.flatMap((bridge) => bridgeSubnets(bridge, addressing))
    for (const wish of common.length > 0 ? common : addressing.linkDefault) settle(segment, wish)
  }
  for (const cable of cables) {
    for (const end of cable.ends) {
      if (end.kind === 'port') continue
      const station = front(end)
      const segment = segments.ofStation.get(station)
      if (segment !== undefined) for (const wish of wishes.get(station)?.from ?? []) settle(segment, wish)
    }
  }
  return settled
}

function isNetwork(prefix: Prefix, family: 4 | 6): boolean {
  return prefix.family === family && prefix.prefixlen < addressBits(family) && !isLinkLocal6(prefix.address)
}

/** /30 for a cable, /24 for a bridge or shorter where its stations need it; /64 in IPv6. */
function lengthFor(segment: Segment, family: 4 | 6): number {
  if (family === 6) return 64
  if (segment.bridges.length === 0) return 30
  return Math.min(24, 32 - Math.ceil(Math.log2(segment.stations.length + 2)))
}

/** Says once for each subnet that it is too small. */
function reportExhausted(station: Station, subnet: Fixed, exhausted: Set<string>, findings: Findings, damage: Damage): void {
  damage.add(station.definition.name)
  const name = formatPrefix(subnet.prefix)
  if (exhausted.has(name)) return
  exhausted.add(name)
  const detail = `${name} has no address left for ${station.definition.name}:${station.ifname}.`
  findings.error('SUBNET_EXHAUSTED', subnet.origin, detail, { hint: 'Use a shorter prefix length, or give fewer interfaces an address.' })
}

/** Addresses of `lo`, from `loopback` and `interfaces.lo.address`; a bare one stands for itself alone. */
export function readLoopback(items: readonly ScalarValue[], findings: Findings): InterfaceAddress[] {
  const addresses: InterfaceAddress[] = []
  const seen = new Set<string>()
  for (const item of items) {
    const prefix = parsePrefix(item.text, { bare: true })
    if (prefix === undefined) findings.error('INVALID_VALUE', item.origin, `"${item.text}" is not an address, e.g. 10.255.0.1/32.`)
    else if (seen.has(prefix.address))
      findings.error('DUPLICATE_ADDRESS', item.origin, `${prefix.address} stands twice on the loopback interface.`)
    else if (checkUsable(item.text, prefix, item.origin, findings)) addresses.push({ prefix, origin: item.origin })
    seen.add(prefix?.address ?? item.text)
  }
  return addresses
}
