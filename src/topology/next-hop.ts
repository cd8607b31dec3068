/** Where a next hop may lie: the interfaces of a node by name and by subnet. ip-route(8), NEXTHOP. */
import type { Origin } from '../diagnostic/origin.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { parsePrefix } from '../unit/prefix.ts'
import type { Prefix } from '../unit/prefix.ts'
import type { Damage } from './damage.ts'
import type { Definition } from './definitions.ts'
import type { Findings } from './findings.ts'
import type { Station } from './interfaces.ts'
import type { InterfaceAddress } from './topology.ts'
import type { Located } from './words-or-map.ts'
import type { RouteWords } from './words/route.ts'

/** What the routes of one node are made from. */
export interface Router {
  readonly definition: Definition
  readonly stations: readonly Station[]
  readonly loopback: readonly InterfaceAddress[]
}

/** `lo` leads to no gateway. */
export function candidatesFor(router: Router, dev: Station | 'lo' | undefined, table: number | undefined): readonly Station[] {
  if (dev === undefined) return stationsFor(router, table)
  return dev === 'lo' ? [] : [dev]
}

/** Where a gateway may be: in a VRF alone, where the route is in its table. */
function stationsFor({ stations }: Router, table: number | undefined): readonly Station[] {
  const inside = table === undefined ? [] : stations.filter((station) => station.table === table)
  return inside.length > 0 ? inside : stations
}

/** A route of the file that makes a prefix directly reachable: `10.9.0.0/16 dev eth0`. Gateways may lie in it. */
export interface Direct {
  readonly prefix: Prefix
  readonly dev: string
}

export function directOf(words: Located<RouteWords>): Direct[] {
  const { type, via, dev, to } = words.value
  const prefix = parsePrefix(to)
  return type === 'unicast' && via === undefined && dev !== undefined && prefix !== undefined ? [{ prefix, dev }] : []
}

/** `lo`, or the interface of that name. A name that is not there, or is down, is a finding; undefined then. */
export function findDevice(router: Router, dev: string, origin: Origin, findings: Findings, damage: Damage): Station | 'lo' | undefined {
  const { name } = router.definition
  if (dev === 'lo') return 'lo'
  const station = router.stations.find((candidate) => candidate.ifname === dev)
  if (station === undefined) {
    if (damage.has(name)) return undefined
    const names = router.stations.map((candidate) => candidate.ifname)
    findings.error(
      'UNKNOWN_INTERFACE',
      origin,
      `${name} has no interface "${dev}"; it has ${['lo', ...names].join(', ')}.${didYouMean(dev, names)}`,
    )
  } else if (!station.up) {
    findings.error('INVALID_VALUE', origin, `${name}:${dev} is down: the kernel takes no route through it.`)
    return undefined
  }
  return station
}

/** Whether the address is one of the node's own. */
export function hasAddress(router: Router, address: string): boolean {
  return [...router.stations.flatMap((station) => station.addresses), ...router.loopback].some(({ prefix }) => prefix.address === address)
}

/** A finding with the subnets that the node is on. */
export function reportNotConnected(
  router: Router,
  via: string,
  dev: string | undefined,
  origin: Origin,
  findings: Findings,
  damage: Damage,
): void {
  const { name } = router.definition
  if (damage.isCutOff(name)) return
  const family = via.includes(':') ? 6 : 4
  const subnets = router.stations
    .filter((station) => dev === undefined || station.ifname === dev)
    .flatMap((station) =>
      station.addresses
        .filter(({ prefix }) => prefix.family === family)
        .map(({ prefix }) => `${prefix.network}/${prefix.prefixlen} (${station.ifname})`),
    )
  const has = subnets.length === 0 ? `has no IPv${family} subnet${dev === undefined ? '' : ` on ${dev}`}` : `is on ${subnets.join(', ')}`
  findings.error('GATEWAY_NOT_CONNECTED', origin, `${via} is on no subnet of ${name}, which ${has}.`)
}
