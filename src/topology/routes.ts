/** `routes` and `gateway` of a node: every next hop gets its interface, and what the kernel would refuse is a finding. ip-route(8). */
import type { Origin } from '../diagnostic/origin.ts'
import { routeKey } from '../state/key.ts'
import { ROUTE_METRICS } from '../state/network.ts'
import type { Nexthop, RouteMetric, RouteState } from '../state/network.ts'
import { isLinkLocal6, parseAddress } from '../unit/address.ts'
import { containsAddress } from '../unit/prefix.ts'
import type { Damage } from './damage.ts'
import { isOutsider, nameHint } from './definitions.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import type { Station } from './interfaces.ts'
import { candidatesFor, directOf, findDevice, hasAddress, reportNotConnected } from './next-hop.ts'
import type { Direct, Router } from './next-hop.ts'
import { itemsAt, mapAt, scalarAt, textsAt } from './value.ts'
import type { MapValue, ScalarValue } from './value.ts'
import type { Wiring } from './wiring.ts'
import { destinationText } from '../state/words.ts'
import { readWords } from './words-or-map.ts'
import { writeMplsRoute, writeRoute } from './route-line.ts'
import type { Located } from './words-or-map.ts'
import { parseMplsWords } from './words/mpls.ts'
import type { MplsWords } from './words/mpls.ts'
import type { NexthopWords } from './words/nexthop.ts'
import { parseRouteWords } from './words/route.ts'
import type { RouteWords } from './words/route.ts'

/** RT_TABLE_MAIN */
export const MAIN_TABLE = 254
const RT_SCOPE_UNIVERSE = 0
const RT_SCOPE_LINK = 253

export interface RouteReader {
  /** Routes and default routes of a node or an addressed bridge, by `routeKey`. */
  routesOf(router: Router): Map<string, RouteState>
}

/** Metric of a route that names none: the kernel takes 0 in IPv4, and in IPv6 1024 for none and for 0 (IP6_RT_PRIO_USER). */
export function metricOf(family: 4 | 6, metric: number | undefined): number {
  return family === 4 ? (metric ?? 0) : metric === undefined || metric === 0 ? 1024 : metric
}

export function defaultRoute(via: string, dev: string, origin: Origin, table: number = MAIN_TABLE): RouteState {
  const family = via.includes(':') ? 6 : 4
  return {
    family,
    type: 'unicast',
    dst: defaultOf(via),
    table,
    metric: metricOf(family, undefined),
    nexthops: [{ via, dev, weight: 1, onlink: false }],
    origin,
  }
}

/** The prefix of everything. */
const DEFAULT_OF = { 4: '0.0.0.0/0', 6: '::/0' } as const

/** The same, in the family of an address. */
function defaultOf(via: string): string {
  return DEFAULT_OF[via.includes(':') ? 6 : 4]
}

export function createRouteReader(
  definitions: Definitions,
  wiring: Wiring,
  /** Whether packets for a prefix have come to the right place: the node passes them on, or the prefix is its own. */
  takes: (definition: Definition, family: 4 | 6, to: string) => boolean,
  findings: Findings,
  damage: Damage,
): RouteReader {
  const known = new WeakMap<MapValue, readonly Located<RouteWords>[]>()
  const notForwarding = new Set<string>()

  const wordsOf = (settings: MapValue): readonly Located<RouteWords>[] => {
    const before = known.get(settings)
    if (before !== undefined) return before
    const words = itemsAt(settings, 'routes').flatMap((item) => readWords(item, writeRoute, parseRouteWords, findings) ?? [])
    known.set(settings, words)
    return words
  }

  /** Nobody there, or somebody who drops what is not for him. Only told where the segment is as the user wrote it. */
  const checkGateway = (station: Station, via: string, to: string, origin: Origin): void => {
    const name = station.definition.name
    const segment = wiring.segmentOf(station)
    if (segment === undefined || segment.isOpen) return
    if (segment.stations.some(({ definition: { name: owner } }) => isOutsider(owner) || damage.isCutOff(owner))) return
    const holder = wiring.holderOf(station, via)
    if (holder === undefined) {
      // A program of a router may give it the address (VRRP).
      const mayMove = segment.stations.some(
        ({ definition }) => mapAt(definition.settings, 'services') !== undefined && takes(definition, via.includes(':') ? 6 : 4, to),
      )
      if (!isLinkLocal6(via) && !mayMove)
        findings.warning('UNREACHABLE_ROUTE', origin, `No interface on the segment of ${name}:${station.ifname} has the address ${via}.`)
      return
    }
    const [family, other] = via.includes(':') ? ([6, 4] as const) : ([4, 6] as const)
    const router = holder.definition
    if (notForwarding.has(router.name) || takes(router, family, to)) return
    notForwarding.add(router.name)
    const what = takes(router, other, DEFAULT_OF[other]) ? `IPv${family}` : 'packets'
    const detail = `${name} sends packets through ${router.name}, which does not forward ${what}.`
    findings.warning('GATEWAY_NOT_FORWARDING', origin, detail, {
      hint: holder.kind === 'node' ? `Give ${router.name} \`forwarding: true\`.` : 'A bridge does not route: use a node.',
    })
  }

  /** `to` undefined: the next hop is not to forward it as IP. */
  const readNexthop = (
    router: Router,
    hop: NexthopWords,
    to: string | undefined,
    originOf: (key: string) => Origin,
    direct: readonly Direct[],
    table?: number,
  ): Nexthop | undefined => {
    const { definition } = router
    const dev = hop.dev === undefined ? undefined : findDevice(router, hop.dev, originOf('dev'), findings, damage)
    if (hop.dev !== undefined && dev === undefined) return undefined
    const weight = hop.weight ?? 1
    if (hop.via === undefined) return hop.dev === undefined ? undefined : { dev: hop.dev, weight, onlink: false }
    const origin = originOf('via')
    const { via } = hop
    if (hasAddress(router, via)) {
      findings.error('INVALID_VALUE', origin, `${via} is an address of ${definition.name} itself: a gateway is another node.`)
      return undefined
    }
    const candidates = candidatesFor(router, dev, table)
    const station = hop.onlink === true || (isLinkLocal6(via) && dev !== undefined) ? candidates[0] : stationFor(candidates, via, direct)
    if (station === undefined) {
      reportNotConnected(router, via, hop.dev, origin, findings, damage)
      return undefined
    }
    if (!station.up) {
      findings.error('INVALID_VALUE', origin, `${definition.name}:${station.ifname} is down: the kernel takes no route through it.`)
      return undefined
    }
    if (reportOtherSubnet(router, hop, station, stationFor(candidatesFor(router, undefined, table), via, direct), origin)) return undefined
    if (to !== undefined) checkGateway(station, via, to, origin)
    return { via, dev: station.ifname, weight, onlink: hop.onlink === true }
  }

  /** ip6_route_check_nh_onlink: the kernel takes the route as long as the other interface has no carrier. */
  const reportOtherSubnet = (
    router: Router,
    { via, onlink }: NexthopWords,
    own: Station,
    other: Station | undefined,
    at: Origin,
  ): boolean => {
    if (onlink !== true || via?.includes(':') !== true || isLinkLocal6(via) || other?.up !== true || other === own) return false
    const detail = `${via} lies in a subnet of ${router.definition.name}:${other.ifname}: the kernel takes it "onlink" on no other interface.`
    findings.error('INVALID_VALUE', at, detail, { hint: `Write "dev ${other.ifname}", or a gateway that lies in no subnet.` })
    return true
  }

  const stationFor = (stations: readonly Station[], via: string, direct: readonly Direct[]): Station | undefined => {
    // An interface that is down has no connected route; it is named only where no other one has the subnet.
    const connected =
      wiring.connectedTo(
        stations.filter((station) => station.up),
        via,
      ) ?? wiring.connectedTo(stations, via)
    if (connected !== undefined) return connected.station
    const route = direct.find(({ prefix }) => containsAddress(prefix, via))
    return stations.find((station) => station.ifname === route?.dev)
  }

  const readRoute = (router: Router, words: Located<RouteWords>, direct: readonly Direct[]): RouteState | undefined => {
    const { family, type, to, table, metric, src, protocol, scope, nexthops } = words.value
    const nexthop = (hop: NexthopWords, prefix: string): Nexthop | undefined =>
      withLabels(
        hop,
        readNexthop(router, hop, hop.labels === undefined ? to : undefined, (key) => words.originOf(`${prefix}${key}`), direct, table),
      )
    const hops =
      type !== 'unicast'
        ? []
        : nexthops === undefined
          ? [nexthop(words.value, '')]
          : nexthops.map((hop, index) => nexthop(hop, `nexthops.${index}.`))
    if (src !== undefined && !hasAddress(router, src) && !damage.has(router.definition.name)) {
      findings.error(
        'INVALID_VALUE',
        words.originOf('src'),
        `${router.definition.name} has no address ${src}, so the kernel does not take it for a source.`,
      )
    }
    if (!hops.every((hop) => hop !== undefined)) return undefined
    const isDirect = type === 'unicast' && hops.every((hop) => hop.via === undefined)
    const isUsual = scope === undefined || scope === (isDirect ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE)
    return {
      family,
      type,
      dst: to,
      table: table ?? tableOf(router, hops),
      metric: metricOf(family, metric),
      nexthops: hops,
      ...(src !== undefined && { src }),
      ...(protocol !== undefined && { protocol }),
      ...(!isUsual && { scope }),
      ...metricsOf(words.value),
      origin: words.origin,
    }
  }

  const readByLabel = (router: Router, words: Located<MplsWords>): RouteState | undefined => {
    const { label, nexthops } = words.value
    const hops = nexthops.map((hop, index) => {
      const prefix = nexthops.length === 1 ? '' : `nexthops.${index}.`
      return withLabels(
        hop,
        readNexthop(router, hop, undefined, (key) => words.originOf(`${prefix}${key}`), []),
      )
    })
    if (!hops.every((hop) => hop !== undefined)) return undefined
    const { origin } = words
    return { family: 'mpls', type: 'unicast', dst: String(label), table: MAIN_TABLE, metric: 0, nexthops: hops, origin }
  }

  const readGateway = (router: Router, item: ScalarValue): RouteState[] => {
    const { definition } = router
    const address = parseAddress(item.text)
    if (address !== undefined) {
      const hop = readNexthop(router, { via: address.text }, defaultOf(address.text), () => item.origin, [])
      return hop?.via === undefined ? [] : [defaultRoute(hop.via, hop.dev, item.origin, tableOf(router, [hop]))]
    }
    const gateway = definitions.nodes.get(item.text) ?? definitions.bridges.get(item.text)
    if (gateway === undefined) {
      if (definitions.refused.has(item.text)) return []
      const hint = findings.isFull() ? undefined : nameHint(item.text, [...definitions.nodes.keys(), ...definitions.bridges.keys()])
      const detail = `The gateway "${item.text}" is neither a node nor an address.`
      findings.error('UNKNOWN_NODE', item.origin, detail, hint === undefined ? {} : { hint })
      return []
    }
    if (gateway === definition) {
      // A default or profile for all nodes reaches the gateway too, and means the others.
      if (definition.own.entries.has('gateway'))
        findings.error('INVALID_VALUE', item.origin, `${definition.name} cannot be its own gateway.`)
      return []
    }
    const routes = ([4, 6] as const).flatMap((family) => {
      const found = sharedAddress(router.stations, gateway, family, wiring)
      if (found === undefined) return []
      checkGateway(found.station, found.via, defaultOf(found.via), item.origin)
      return [defaultRoute(found.via, found.station.ifname, item.origin, found.station.table)]
    })
    if (routes.length === 0 && !damage.isCutOff(definition.name) && !damage.isCutOff(gateway.name)) {
      findings.error('GATEWAY_NOT_CONNECTED', item.origin, `${definition.name} and its gateway ${gateway.name} are on no common subnet.`)
    }
    return routes
  }

  return {
    routesOf: (router) => {
      const routes = new Map<string, RouteState>()
      const add = (route: RouteState): void => {
        const key = routeKey(route)
        const before = routes.get(key)
        if (before === undefined) routes.set(key, route)
        else {
          const related = before.origin === undefined ? [] : [{ origin: before.origin, note: 'here first' }]
          const isByLabel = route.family === 'mpls'
          const what = isByLabel
            ? `for the label ${route.dst}`
            : `to ${destinationText(route)}${tableWords(route)} with metric ${route.metric}`
          findings.error('DUPLICATE_ROUTE', route.origin, `${router.definition.name} has a route ${what} already.`, {
            related,
            hint: `${isByLabel ? 'Write' : 'Give one of them another metric, or write'} one route with several next hops.`,
          })
        }
      }
      const words = wordsOf(router.definition.settings)
      const direct = words.flatMap(directOf)
      for (const item of textsAt(router.definition.settings, 'gateway')) readGateway(router, item).forEach(add)
      for (const route of words) {
        const read = readRoute(router, route, direct)
        if (read !== undefined) add(read)
      }
      for (const item of itemsAt(router.definition.settings, 'mpls')) {
        if (item.kind === 'map' && scalarAt(item, 'label') === undefined) continue // told by the schema
        const line = readWords(item, writeMplsRoute, parseMplsWords, findings)
        const read = line && readByLabel(router, line)
        if (read !== undefined) add(read)
      }
      return routes
    },
  }
}

function withLabels({ labels }: NexthopWords, nexthop: Nexthop | undefined): Nexthop | undefined {
  return nexthop === undefined || labels === undefined ? nexthop : { ...nexthop, labels }
}

function metricsOf(words: RouteWords): Partial<Record<RouteMetric, number>> {
  const metrics: Partial<Record<RouteMetric, number>> = {}
  for (const metric of ROUTE_METRICS) {
    const value = words[metric]
    if (value !== undefined) metrics[metric] = value
  }
  return metrics
}

/** A route through an interface that is in a VRF belongs into the table of the VRF, where the file names no other. */
function tableOf(router: Router, hops: readonly Nexthop[]): number {
  const [first] = hops
  return router.stations.find(({ ifname }) => ifname === first?.dev)?.table ?? MAIN_TABLE
}

/** The gateway's address on the first subnet that both are on. Link-local addresses are on every link and say nothing. */
function sharedAddress(
  stations: readonly Station[],
  gateway: Definition,
  family: 4 | 6,
  wiring: Wiring,
): { readonly station: Station; readonly via: string } | undefined {
  for (const station of stations) {
    if (!station.up) continue
    const own = station.addresses.filter(({ prefix }) => prefix.family === family && !isLinkLocal6(prefix.address))
    for (const other of wiring.neighboursOf(station, gateway)) {
      const via = other.addresses.find(({ prefix }) => own.some((address) => containsAddress(address.prefix, prefix.address)))
      if (via !== undefined) return { station, via: via.prefix.address }
    }
  }
  return undefined
}

function tableWords({ table }: RouteState): string {
  return table === MAIN_TABLE ? '' : ` in table ${table}`
}
