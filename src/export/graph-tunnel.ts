// Tunnels of a picture: two interfaces of one kind, each with the other for its far end.
import { isVirtual } from '../state/equal-link.ts'
import type { NamespaceState, VirtualLink } from '../state/network.ts'
import { publicKeyOf } from '../unit/wireguard-key.ts'
import type { DrawnNetwork } from './drawn-network.ts'
import { addressesOf, subnetOf } from './graph-cable.ts'
import { kindText } from './graph-node.ts'

export interface TunnelEnd {
  readonly node: string
  readonly ifname: string
}

export interface GraphTunnel {
  readonly key: string
  readonly a: TunnelEnd
  readonly b: TunnelEnd
  /** `wireguard`, `vxlan 100`, `gre` */
  readonly kind: string
  readonly subnets: readonly string[]
}

interface Candidate extends TunnelEnd {
  readonly link: VirtualLink
  readonly namespace: NamespaceState
  /** Where its packets go: addresses, or public keys. */
  readonly far: ReadonlySet<string>
  /** What others know it by. */
  readonly own: ReadonlySet<string>
}

/** Each once, in the order of the nodes. */
export function tunnelsOf(network: DrawnNetwork): GraphTunnel[] {
  const candidates = network.nodes().flatMap(({ netns, bridge }) => (bridge === undefined ? candidatesIn(network, netns) : []))
  const byOwn = new Map<string, Candidate[]>()
  for (const candidate of candidates) for (const name of candidate.own) byOwn.set(name, [...(byOwn.get(name) ?? []), candidate])
  const tunnels = new Map<string, GraphTunnel>()
  for (const one of candidates)
    for (const name of one.far)
      for (const other of byOwn.get(name) ?? []) {
        const key = [one, other]
          .map(({ node, ifname }) => `${node}/${ifname}`)
          .sort()
          .join(' ')
        if (tunnels.has(key) || !isPair(one, other)) continue
        tunnels.set(key, tunnelOf(key, one, other))
      }
  return [...tunnels.values()]
}

function isPair(one: Candidate, other: Candidate): boolean {
  const isSame = kindText(one.link) === kindText(other.link)
  return one.node !== other.node && isSame && [...other.far].some((name) => one.own.has(name))
}

function tunnelOf(key: string, a: Candidate, b: Candidate): GraphTunnel {
  const others = new Set(addressesOf(b.namespace, b.ifname).map(subnetOf))
  const subnets = [...new Set(addressesOf(a.namespace, a.ifname).map(subnetOf))].filter((subnet) => others.has(subnet))
  const end = ({ node, ifname }: Candidate): TunnelEnd => ({ node, ifname })
  return { key, a: end(a), b: end(b), kind: kindText(a.link), subnets }
}

function candidatesIn(network: DrawnNetwork, netns: string): Candidate[] {
  const namespace = network.namespaceAt(netns)
  if (namespace === undefined) return []
  return [...namespace.links].flatMap(([ifname, link]): Candidate[] => {
    if (!isVirtual(link)) return []
    const far = farOf(link)
    if (far.size === 0) return []
    const own = link.kind === 'wireguard' ? keysOf(link) : new Set([...namespace.addrs.values()].map(({ local }) => local))
    return [{ node: netns, ifname, link, namespace, far, own }]
  })
}

function keysOf({ wireguard }: VirtualLink): ReadonlySet<string> {
  return new Set(wireguard === undefined ? [] : [publicKeyOf(wireguard.privateKey)])
}

/** Far ends of a WireGuard are known by their keys, those of other tunnels by their addresses. */
function farOf({ wireguard, options, fdbs }: VirtualLink): ReadonlySet<string> {
  if (wireguard !== undefined) return new Set(wireguard.peers.keys())
  const { remote } = options
  const ends = [...(fdbs?.values() ?? [])].flatMap(({ dst }) => (dst === undefined ? [] : [dst]))
  return new Set([...(remote === undefined || remote === '0.0.0.0' || remote === '::' ? [] : [String(remote)]), ...ends])
}
