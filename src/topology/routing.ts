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
import type { Router } from './next-hop.ts'
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
  /** Where its routes are: that of a VRF, which is a router of its own in the node. */
  readonly table: number
}

/** One address of a node on a network: the way from the network into the node and back. */
interface Attachment {
  readonly node: number
  readonly dev: string
  readonly address: string
  readonly network: Network
  /** Next hops that lead out of here, by the attachment that they lead to. */
  readonly hops: Map<Attachment, Nexthop[]>
}

/** A prefix on a segment. Two segments with the same prefix are two networks. */
interface Network {
  readonly index: number
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
  readonly networkCount: number
}

/** Adds routes to `routes` of every node that takes part. */
export function computeRoutes(nodes: readonly RoutedNode[], wiring: Wiring): void {
  if (nodes.every((node) => node.mode === 'none')) return
  const graph = buildGraph(nodes, wiring)
  nodes.forEach((node, index) => {
    for (const family of [4, 6] as const)
      if (node.mode !== 'none' && !node.forwards[family]) addDefault(node, graph.attachments[index] ?? [], family)
  })
  graph.destinations.forEach(createSearch(graph, nodes))
}

function buildGraph(nodes: readonly RoutedNode[], wiring: Wiring): Graph {
  const networks = new Map<Segment, Map<string, Network>>()
  const destinations = new Map<string, Destination>()
  let networkCount = 0
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
      network = { index: networkCount++, prefix, routers: [] }
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
        const attachment = { node: index, dev: station.ifname, address: prefix.address, network, hops: new Map<Attachment, Nexthop[]>() }
        own.push(attachment)
        if (node.forwards[prefix.family]) network.routers.push(attachment)
      }
    }
    for (const { prefix } of node.loopback) destinationOf(prefix).owners.add(index)
    return own
  })
  return { attachments, destinations: [...destinations.values()], networkCount }
}

/** A node that does not forward needs one way out. With ECMP, all routers next to it. */
function addDefault(node: RoutedNode, attachments: readonly Attachment[], family: 4 | 6): void {
  const dst = family === 4 ? '0.0.0.0/0' : '::/0'
  for (const route of node.routes.values()) if (route.dst === dst && route.table === node.table) return
  const own = attachments.filter((attachment) => attachment.network.prefix.family === family)
  const hops: Nexthop[] = []
  for (const { network, dev } of own) {
    // A router that is also on another of the node's networks may stand here again, by another address.
    const routers = [...network.routers].sort((a, b) => a.node - b.node)
    for (const router of routers) hops.push({ via: router.address, dev, weight: 1, onlink: false })
  }
  const [first] = hops
  if (first?.via === undefined || node.modeOrigin === undefined) return
  const route = defaultRoute(first.via, first.dev, node.modeOrigin, node.table)
  node.routes.set(routeKey(route), node.mode === 'ecmp' ? { ...route, nexthops: hops } : route)
}

/** Returns the search from one destination. Its tables are made once: a chain of 1,000 routers has a million routes. */
function createSearch(graph: Graph, nodes: readonly RoutedNode[]): (destination: Destination) => void {
  const isEcmp = nodes.some((node) => node.mode === 'ecmp')
  // Distance from the destination; -1 is not reached yet.
  const nodeLevel = new Int32Array(nodes.length)
  const networkLevel = new Int32Array(graph.networkCount)
  const hops: Nexthop[][] = []

  /** Crosses the network of `near`, a node at the distance before `level`; gives the routers that nobody reached before. */
  const cross = (near: Attachment, level: number): number[] => {
    const found: number[] = []
    networkLevel[near.network.index] = level
    for (const far of near.network.routers) {
      if (nodeLevel[far.node] === -1) {
        nodeLevel[far.node] = level
        found.push(far.node)
        hops[far.node] = isEcmp ? [...hopFrom(far, near)] : hopFrom(far, near)
      } else if (isEcmp && nodeLevel[far.node] === level) hops[far.node]?.push(...hopFrom(far, near))
    }
    return found
  }

  /** With ECMP, a network may be crossed again from the same distance. */
  const isOpen = (network: Network, level: number): boolean => {
    const crossed = networkLevel[network.index]
    return crossed === -1 || (isEcmp && crossed === level)
  }

  /** Nodes that have the destination, or are on one of its networks. */
  const start = (destination: Destination): number[] => {
    nodeLevel.fill(-1)
    networkLevel.fill(-1)
    for (const network of destination.networks) networkLevel[network.index] = 0
    const routers = destination.networks.flatMap((network) => network.routers.map((router) => router.node))
    const nodes = [...new Set([...destination.owners, ...routers])].sort(ascending)
    for (const node of nodes) nodeLevel[node] = 0
    return nodes
  }

  /** Whoever is reached for the first time gets a route back over the one that reached it. */
  return (destination) => {
    const { prefix } = destination
    const template = routeTo(prefix)
    const mainKey = routeKey(template)
    let frontier = start(destination)
    for (let level = 1; frontier.length > 0; level++) {
      const next: number[] = []
      for (const node of frontier) {
        for (const near of graph.attachments[node] ?? []) {
          if (near.network.prefix.family === prefix.family && isOpen(near.network, level)) next.push(...cross(near, level))
        }
      }
      frontier = next.sort(ascending)
      for (const node of frontier) addRoute(nodes[node], template, mainKey, hops[node] ?? [])
    }
  }
}

function ascending(a: number, b: number): number {
  return a - b
}

/** The next hop of `far` by way of `near`, the same object for all destinations behind it. */
function hopFrom(far: Attachment, near: Attachment): Nexthop[] {
  const before = far.hops.get(near)
  if (before !== undefined) return before
  const made = [{ via: near.address, dev: far.dev, weight: 1, onlink: false }]
  far.hops.set(near, made)
  return made
}

type RouteTemplate = Omit<RouteState, 'nexthops' | 'origin'>

function routeTo(prefix: Prefix): RouteTemplate {
  const { family } = prefix
  return { family, type: 'unicast', dst: formatPrefix(prefix), table: MAIN_TABLE, metric: metricOf(family, undefined) }
}

function addRoute(node: RoutedNode | undefined, template: RouteTemplate, mainKey: string, hops: readonly Nexthop[]): void {
  if (node === undefined || node.mode === 'none' || node.modeOrigin === undefined) return
  const { family, type, dst, metric } = template
  const { table } = node
  const key = table === MAIN_TABLE ? mainKey : routeKey({ dst, table, metric })
  if (node.routes.has(key)) return
  const nexthops = node.mode === 'ecmp' || hops.length === 1 ? hops : hops.slice(0, 1)
  node.routes.set(key, { family, type, dst, table, metric, nexthops, origin: node.modeOrigin })
}
