/** What can only be seen when all stations of a segment, or all segments, are looked at together. */
import type { Origin } from '../diagnostic/origin.ts'
import { hasParentLladdr } from '../state/kind.ts'
import { addressBits, isLinkLocal6 } from '../unit/address.ts'
import { formatPrefix } from '../unit/prefix.ts'
import type { Prefix } from '../unit/prefix.ts'
import type { Findings } from './findings.ts'
import type { Station } from './interfaces.ts'
import { spanOf } from './pool.ts'
import type { Segment } from './segments.ts'

/** RFC 8200 section 5; below it the kernel takes IPv6 off the link (addrconf_notify). */
const MIN_MTU_6 = 1280

export function checkSegments(segments: readonly Segment[], findings: Findings): void {
  for (const segment of segments) {
    findDuplicateAddresses(segment, findings)
    findDuplicateMacs(segment, findings)
    findMtuMismatch(segment, findings)
    for (const station of segment.stations) findSmallMtu(station, findings)
  }
  findOverlaps(segments, findings)
}

function nameOf(station: Station): string {
  return station.kind === 'bridge' ? station.definition.name : `${station.definition.name}:${station.ifname}`
}

function findDuplicateAddresses(segment: Segment, findings: Findings): void {
  const first = new Map<string, { station: Station; origin: Origin }>()
  for (const station of segment.stations) {
    for (const { prefix, origin } of station.addresses) {
      const before = first.get(prefix.address)
      if (before === undefined) {
        first.set(prefix.address, { station, origin })
        continue
      }
      const both =
        before.station === station ? `${nameOf(station)} has it twice` : `${nameOf(before.station)} and ${nameOf(station)} have it`
      findings.error('DUPLICATE_ADDRESS', origin, `${prefix.address} stands for one interface of a segment; ${both}.`, {
        related: [{ origin: before.origin, note: 'here first' }],
      })
    }
  }
}

function findDuplicateMacs(segment: Segment, findings: Findings): void {
  const first = new Map<string, Station>()
  const told = new Set<Station>()
  for (const station of segment.stations) {
    const owner = macOwner(station)
    const before = first.get(owner.mac)
    if (before === undefined) first.set(owner.mac, owner)
    if (before === undefined || before === owner || told.has(owner)) continue
    told.add(owner)
    const detail = `${nameOf(before)} and ${nameOf(owner)} both have ${owner.mac}: frames for one would reach the other.`
    findings.error('DUPLICATE_MAC', owner.macOrigin, detail, { related: [{ origin: before.macOrigin, note: 'here first' }] })
  }
}

/** What has the address of its parent shares it, and that is what it is for. */
function macOwner(station: Station): Station {
  const { mac, virtual } = station
  if (virtual?.parent === undefined || virtual.kind === 'bridge') return station
  return hasParentLladdr(virtual.kind, virtual.options) && mac === virtual.parent.mac ? macOwner(virtual.parent) : station
}

/** Once a segment: the first station that differs from the one before. */
function findMtuMismatch(segment: Segment, findings: Findings): void {
  const [first] = segment.stations
  const other = segment.stations.find((station) => station.mtu !== first?.mtu)
  if (first === undefined || other === undefined) return
  const detail = `${nameOf(first)} has MTU ${first.mtu} and ${nameOf(other)} has ${other.mtu}: packets larger than the smaller one are lost on the way.`
  findings.warning('MTU_MISMATCH', other.mtuOrigin, detail, { related: [{ origin: first.mtuOrigin, note: `MTU ${first.mtu}` }] })
}

function findSmallMtu(station: Station, findings: Findings): void {
  if (station.mtu >= MIN_MTU_6 || !station.addresses.some(({ prefix }) => prefix.family === 6)) return
  findings.error(
    'INVALID_VALUE',
    station.mtuOrigin,
    `${nameOf(station)} has IPv6 addresses; IPv6 needs an MTU of ${MIN_MTU_6} or more, and it has ${station.mtu}.`,
  )
}

interface Network {
  readonly prefix: Prefix
  readonly origin: Origin
  readonly segment: Segment
  readonly station: Station
}

/** Networks of different segments that share addresses. In ascending order, only those that are still open can overlap the next one. */
function findOverlaps(segments: readonly Segment[], findings: Findings): void {
  const networks = segments.flatMap(networksOf).map((network) => ({ ...network, ...spanOf(network.prefix) }))
  for (const family of [4, 6] as const) {
    const sorted = networks
      .filter((network) => network.prefix.family === family)
      .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.prefix.prefixlen - b.prefix.prefixlen))
    // Prefixes contain each other or are apart, so the open ones are a stack.
    const open: typeof sorted = []
    for (const network of sorted) {
      while ((open.at(-1)?.last ?? network.first) < network.first) open.pop()
      const around = open.at(-1)
      if (around !== undefined && around.segment !== network.segment && !isApart(around, network)) reportOverlap(around, network, findings)
      open.push(network)
    }
  }
}

/** VRFs are there to tell apart what has the same addresses. */
function isApart(one: Network, other: Network): boolean {
  return [one, other].some(({ segment }) => segment.stations.some(({ table }) => table !== undefined))
}

function networksOf(segment: Segment): Network[] {
  const networks = new Map<string, Network>()
  for (const station of segment.stations) {
    for (const { prefix, origin } of station.addresses) {
      const name = formatPrefix(prefix)
      const isHost = prefix.prefixlen === addressBits(prefix.family)
      if (!networks.has(name) && !isHost && !isLinkLocal6(prefix.address)) networks.set(name, { prefix, origin, segment, station })
    }
  }
  return [...networks.values()]
}

function reportOverlap(around: Network, network: Network, findings: Findings): void {
  const [a, b] = [formatPrefix(around.prefix), formatPrefix(network.prefix)]
  const same = a === b ? `Both use ${a}` : `${b} lies in ${a}`
  const detail = `${same}: ${nameOf(around.station)} and ${nameOf(network.station)} are on different segments, and no router can tell them apart.`
  findings.warning('OVERLAPPING_SUBNETS', network.origin, detail, { related: [{ origin: around.origin, note: 'the other one' }] })
}
