// A lab as a picture has it: nodes, bridges, the cables and tunnels between them, and what is said at each. Every format draws this.
import { INTERNET, type NetworkState } from '../state/network.ts'
import { DrawnNetwork, type GraphSource, type Place, type Role, type State } from './drawn-network.ts'
import { cablesOf, type GraphCable } from './graph-cable.ts'
import { boxLines, roleOf, serviceLines } from './graph-node.ts'
import { tunnelsOf, type GraphTunnel } from './graph-tunnel.ts'
import { printable } from './printable.ts'

export interface GraphNode {
  readonly name: string
  readonly role: Role
  readonly state: State
  /** What is wrong with it, in a word or two. */
  readonly trouble?: string
  /** What stands below the name: interfaces that no cable makes, subnets of a bridge, services. */
  readonly lines: readonly string[]
}

export interface Graph {
  readonly lab: string
  /** Whether it shows the state of a lab that runs. */
  readonly isLive: boolean
  /** Nodes in the order of the file, then bridges. */
  readonly nodes: readonly GraphNode[]
  readonly cables: readonly GraphCable[]
  readonly tunnels: readonly GraphTunnel[]
}

/** The graph, all its texts safe to show. */
export function graphOf(source: GraphSource): Graph {
  return printable(graphAsNamed(source))
}

/** The same under the names that the network has: to look something up in it. */
export function graphAsNamed(source: GraphSource): Graph {
  const network = new DrawnNetwork(source)
  const places = network.nodes()
  const names = new Set(places.map(({ name }) => name))
  // A port that somebody has taken out of its bridge leads nowhere.
  const cables = cablesOf(network).filter(({ a, b }) => names.has(a.node) && names.has(b.node))
  const byNode = cablesByNode(cables)
  const nodes = places.map((place) => graphNode(network, place, byNode.get(place.name) ?? []))
  return { lab: source.lab, isLive: source.observed !== undefined, nodes, cables, tunnels: tunnelsOf(network) }
}

/** The cables of each node or bridge. */
export function cablesByNode(cables: readonly GraphCable[]): ReadonlyMap<string, readonly GraphCable[]> {
  const byNode = new Map<string, GraphCable[]>()
  for (const cable of cables)
    for (const node of new Set([cable.a.node, cable.b.node])) {
      const own = byNode.get(node)
      if (own === undefined) byNode.set(node, [cable])
      else own.push(cable)
    }
  return byNode
}

function graphNode(network: DrawnNetwork, place: Place, own: readonly GraphCable[]): GraphNode {
  return {
    name: place.name,
    role: place.netns === INTERNET ? 'internet' : roleOf(network.namespaceAt(place.netns), place),
    ...stateOf(network, place, own),
    lines: [...boxLines(network, place, own), ...serviceLines(network, place)],
  }
}

function stateOf(network: DrawnNetwork, { name, netns, bridge }: Place, own: readonly GraphCable[]): Pick<GraphNode, 'state' | 'trouble'> {
  const { desired, observed } = network
  if (observed === undefined) return { state: 'plain' }
  const isIn = ({ namespaces }: NetworkState): boolean =>
    bridge === undefined ? namespaces.has(netns) : namespaces.get(netns)?.links.has(bridge) === true
  if (!isIn(observed)) return { state: 'missing', trouble: 'not there' }
  if (!isIn(desired)) return { state: 'extra', trouble: 'not in the file' }
  const ends = own.flatMap(({ a, b }) => [a, b]).filter((end) => end.node === name)
  // What `netlab test` does to a node that it stops, and what a broken one looks like from outside.
  if (ends.length > 0 && ends.every(({ isUp }) => !isUp)) return { state: 'down', trouble: 'all interfaces down' }
  return { state: 'up' }
}
