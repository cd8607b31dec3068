/**
 * `routing: auto`: static routes along the shortest paths, through the nodes that forward, to the prefix of every segment and every
 * loopback. One breadth-first search for each destination, from the destination outwards; ties go to the node that the file names first.
 */
import type { Origin } from '../diagnostic/origin.ts'
import { routeKey } from '../state/key.ts'
import type { Nexthop, RouteState } from '../state/network.ts'
import { addressBits, isLinkLocal6 } from '../unit/address.ts'
import { formatPrefix } from '../unit/prefix.ts'
import type { Prefix } from '../unit/prefix.ts'
import { defaultRoute, MAIN_TABLE, metricOf } from './routes.ts'
import type { Router } from './routes.ts'
import type { Segment } from './segments.ts'
import type { Wiring } from './wiring.ts'

export interface RoutedNode extends Router {
  /** Whether it gets routes, and over one path or all. Others may be routed through it in any case. */
  readonly mode: 'none' | 'auto' | 'ecmp'
  /** Of the `routing` key that wants the routes. */
  readonly modeOrigin: Origin | undefined
  readonly forwards: Readonly<Record<4 | 6, boolean>>
  /** Routes of the file, which win; the computed ones are added. */
  readonly routes: Map<string, RouteState>
}

/** One address of a node on a network: the way from the network into the node and back. */
interface Attachment {
  readonly node: number
  readonly dev: string
  readonly address: string
  readonly network: Network
}

/** A prefix on a segment. Two segments with the same prefix are two networks. */
interface Network {
  readonly prefix: Prefix
  /** Nodes that forward, in the order of the links. */
  readonly routers: Attachment[]
}

interface Destination {
  readonly prefix: Prefix
  readonly networks: Network[]
  /** Nodes that have the destination themselves, e.g. on their loopback. */
  readonly owners: Set<number>
}

interface Graph {
  readonly attachments: readonly (readonly Attachment[])[]
  /** In order of appearance, one for each prefix. */
  readonly destinations: readonly Destination[]
}

/** Adds routes to `routes` of every node that takes part. */
export function computeRoutes(nodes: readonly RoutedNode[], wiring: Wiring): void {
  if (nodes.every((node) => node.mode === 'none')) return
  const graph = buildGraph(nodes, wiring)
  nodes.forEach((node, index) => {
    for (const family of [4, 6] as const)
      if (node.mode !== 'none' && !node.forwards[family]) addDefault(node, graph.attachments[index] ?? [], family)
  })
  const isEcmp = nodes.some((node) => node.mode === 'ecmp')
  for (const destination of graph.destinations) spread(destination, graph, nodes, isEcmp)
}

function buildGraph(nodes: readonly RoutedNode[], wiring: Wiring): Graph {
  const networks = new Map<Segment, Map<string, Network>>()
  const destinations = new Map<string, Destination>()
  const destinationOf = (prefix: Prefix): Destination => {
    const key = formatPrefix(prefix)
    const destination = destinations.get(key) ?? { prefix, networks: [], owners: new Set() }
    destinations.set(key, destination)
    return destination
  }
  const networkOf = (segment: Segment, prefix: Prefix): Network => {
    const onSegment = networks.get(segment) ?? new Map<string, Network>()
    networks.set(segment, onSegment)
    const key = formatPrefix(prefix)
    let network = onSegment.get(key)
    if (network === undefined) {
      network = { prefix, routers: [] }
      onSegment.set(key, network)
      destinationOf(prefix).networks.push(network)
    }
    return network
  }

  const attachments = nodes.map((node, index) => {
    const own: Attachment[] = []
    for (const station of node.stations) {
      const segment = wiring.segmentOf(station)
      if (segment === undefined || !station.up) continue
      for (const { prefix } of station.addresses) {
        if (isLinkLocal6(prefix.address)) continue
        if (prefix.prefixlen === addressBits(prefix.family)) {
          destinationOf(prefix).owners.add(index)
          continue
        }
        const network = networkOf(segment, prefix)
        const attachment = { node: index, dev: station.ifname, address: prefix.address, network }
        own.push(attachment)
        if (node.forwards[prefix.family]) network.routers.push(attachment)
      }
    }
    for (const { prefix } of node.loopback) destinationOf(prefix).owners.add(index)
    return own
  })
  return { attachments, destinations: [...destinations.values()] }
}

/** A node that does not forward needs one way out. With ECMP, all routers next to it. */
function addDefault(node: RoutedNode, attachments: readonly Attachment[], family: 4 | 6): void {
  const dst = family === 4 ? '0.0.0.0/0' : '::/0'
  for (const route of node.routes.values()) if (route.dst === dst && route.table === MAIN_TABLE) return
  const own = attachments.filter((attachment) => attachment.network.prefix.family === family)
  const hops: Nexthop[] = []
  for (const { network, dev } of own) {
    // A router that is also on another of the node's networks may stand here again, by another address.
    const routers = [...network.routers].sort((a, b) => a.node - b.node)
    for (const router of routers) hops.push({ via: router.address, dev, weight: 1, onlink: false })
  }
  const [first] = hops
  if (first?.via === undefined || node.modeOrigin === undefined) return
  const route = defaultRoute(first.via, first.dev, node.modeOrigin)
  node.routes.set(routeKey(route), node.mode === 'ecmp' ? { ...route, nexthops: hops } : route)
}

/** Distance by distance from the destination: whoever is reached for the first time gets a route back over the one that reached it. */
function spread(destination: Destination, graph: Graph, nodes: readonly RoutedNode[], isEcmp: boolean): void {
  const { prefix } = destination
  const { family } = prefix
  const isReached = new Uint8Array(nodes.length)
  const visited = new Set<Network>(destination.networks)
  let frontier = [...destination.owners]
  for (const network of destination.networks) for (const router of network.routers) frontier.push(router.node)
  frontier = [...new Set(frontier)].sort((a, b) => a - b)
  for (const node of frontier) isReached[node] = 1
  while (frontier.length > 0) {
    const hops = new Map<number, Nexthop[]>()
    const crossed = new Set<Network>()
    for (const node of frontier) {
      for (const { network, address } of graph.attachments[node] ?? []) {
        if (network.prefix.family !== family || visited.has(network) || (crossed.has(network) && !isEcmp)) continue
        crossed.add(network)
        for (const router of network.routers) {
          if (isReached[router.node] === 1) continue
          const hop = { via: address, dev: router.dev, weight: 1, onlink: false }
          const before = hops.get(router.node)
          if (before === undefined) hops.set(router.node, [hop])
          else if (isEcmp) before.push(hop)
        }
      }
    }
    for (const network of crossed) visited.add(network)
    frontier = [...hops.keys()].sort((a, b) => a - b)
    for (const node of frontier) isReached[node] = 1
    for (const [node, nexthops] of hops) addRoute(nodes[node], prefix, nexthops)
  }
}

function addRoute(node: RoutedNode | undefined, prefix: Prefix, nexthops: readonly Nexthop[]): void {
  if (node === undefined || node.mode === 'none' || node.modeOrigin === undefined) return
  const { family } = prefix
  const route: RouteState = {
    family,
    type: 'unicast',
    dst: formatPrefix(prefix),
    table: MAIN_TABLE,
    metric: metricOf(family, undefined),
    nexthops: node.mode === 'ecmp' ? nexthops : nexthops.slice(0, 1),
    origin: node.modeOrigin,
  }
  const key = routeKey(route)
  if (!node.routes.has(key)) node.routes.set(key, route)
}
