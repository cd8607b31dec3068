// Nodes and bridges as the overview lists them.
import { isRouter } from '../export/graph-node.ts'
import { bridgeName, type LiveNamespace, type LiveNetwork } from '../lab/live-network.ts'
import type { LiveLink } from '../state/live.ts'
import { FABRIC, type NetworkState } from '../state/network.ts'
import type { LabModel } from './model.ts'
import type { Color } from './span.ts'

export type Role = 'host' | 'router' | 'bridge'

export interface NodeRow {
  readonly name: string
  readonly role: Role
  /** The namespace that it is, or is in. */
  readonly netns: string
  /** ifname of the bridge, where it is one. */
  readonly bridge?: string
  readonly links: readonly LiveLink[]
  /** Its power is off. */
  readonly isStopped: boolean
  /** How many of its interfaces, or ports, carry nothing. */
  readonly linksDown: number
  readonly addrs: readonly string[]
  /** Bits a second, of all its interfaces. */
  readonly rx: number
  readonly tx: number
  readonly faultRate: number
  readonly faults: number
}

/** Nodes in the order of the file, then bridges. */
export function nodeRows({ network, record, desired, stopped }: LabModel): NodeRow[] {
  const order = record?.nodes ?? []
  const nodes = [...network.namespaces.values()].filter(({ kind }) => kind === 'node').map(({ name }) => name)
  const known = new Set(order)
  const names = [...order.filter((name) => network.namespaces.has(name)), ...nodes.filter((name) => !known.has(name))]
  const rows = names.map((name) => nodeRow(network, network.namespaces.get(name)!, desired, stopped.has(name)))
  return [...rows, ...[...network.namespaces.values()].flatMap((namespace) => bridgeRows(network, namespace))]
}

interface Known {
  readonly version: number
  readonly desired: NetworkState | undefined
  readonly isStopped: boolean
  readonly row: NodeRow
}

/** Of a large lab, most is as it was a second ago. */
const known = new WeakMap<LiveNamespace, Known>()

function nodeRow(network: LiveNetwork, namespace: LiveNamespace, desired: NetworkState | undefined, isStopped: boolean): NodeRow {
  const before = known.get(namespace)
  const { version } = namespace
  if (before?.version === version && before.desired === desired && before.isStopped === isStopped) return before.row
  const row = makeNodeRow(network, namespace, desired, isStopped)
  known.set(namespace, { version, desired, isStopped, row })
  return row
}

function makeNodeRow(network: LiveNetwork, namespace: LiveNamespace, desired: NetworkState | undefined, isStopped: boolean): NodeRow {
  const links = [...namespace.links.values()].filter(({ kind }) => kind !== 'loopback')
  const addrs = [...namespace.addrs.values()].filter(({ ifname, local }) => ifname !== 'lo' && !local.startsWith('fe80:'))
  return {
    name: namespace.name,
    role: isRouter(desired?.namespaces.get(namespace.name)) ? 'router' : 'host',
    netns: namespace.name,
    links,
    isStopped,
    linksDown: links.filter(isDown).length,
    addrs: addrs.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
    ...trafficOf(network, namespace, links),
  }
}

function bridgeRows(network: LiveNetwork, namespace: LiveNamespace): NodeRow[] {
  if (namespace.kind === 'node') return []
  const links = [...namespace.links.values()]
  return links
    .filter(({ kind }) => kind === 'bridge')
    .map(({ ifname }) => {
      const ports = links.filter(({ master }) => master === ifname)
      const addrs = [...namespace.addrs.values()].filter((addr) => addr.ifname === ifname && !addr.local.startsWith('fe80:'))
      return {
        name: namespace.name === FABRIC ? bridgeName(namespace, ifname) : namespace.name,
        role: 'bridge' as const,
        netns: namespace.name,
        bridge: ifname,
        links: ports,
        isStopped: false,
        linksDown: ports.filter(isDown).length,
        addrs: addrs.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
        ...trafficOf(network, namespace, ports),
      }
    })
}

function isDown({ up, carrier }: LiveLink): boolean {
  return !up || !carrier
}

function trafficOf(
  network: LiveNetwork,
  namespace: LiveNamespace,
  links: readonly LiveLink[],
): Pick<NodeRow, 'rx' | 'tx' | 'faultRate' | 'faults'> {
  const sum = { rx: 0, tx: 0, faultRate: 0, faults: 0 }
  for (const { ifindex } of links) {
    const rates = network.rates(namespace.name, ifindex)
    sum.rx += rates.rxBytes * 8
    sum.tx += rates.txBytes * 8
    sum.faultRate += rates.rxErrors + rates.txErrors + rates.rxDropped + rates.txDropped
    sum.faults += namespace.traffic.get(ifindex)?.faults ?? 0
  }
  return sum
}

/** The traffic of a node in its last samples. */
export function nodeHistory(network: LiveNetwork, row: NodeRow, samples: number): number[] {
  const sum = Array<number>(samples).fill(0)
  for (const { ifindex } of row.links)
    network.history(row.netns, ifindex, samples).forEach((value, index) => (sum[index] = (sum[index] ?? 0) + value))
  return sum
}

/** How a node stands, in a word or two. */
export function nodeState({ links, linksDown, isStopped }: NodeRow): { readonly words: string; readonly color: Color } {
  if (isStopped) return { words: 'stopped', color: 'yellow' }
  if (links.length === 0) return { words: 'no links', color: 'yellow' }
  if (linksDown === 0) return { words: 'up', color: 'green' }
  if (linksDown === links.length) return { words: 'cut off', color: 'red' }
  return { words: `${linksDown} of ${links.length} down`, color: 'yellow' }
}
