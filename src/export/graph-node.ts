// What stands in a node's box, or a bridge's: its role, interfaces that no cable makes, subnets, services.
import { statusText } from '../state/equal.ts'
import { isVirtual } from '../state/equal-link.ts'
import type { LinkState, NamespaceState, VirtualLink } from '../state/network.ts'
import type { DrawnNetwork, Place, Role } from './drawn-network.ts'
import { addressesOf, addressWords, subnetOf, type GraphCable } from './graph-cable.ts'

const FORWARDING = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']

export function roleOf(namespace: NamespaceState | undefined, { bridge }: Place): Role {
  return bridge !== undefined ? 'bridge' : isRouter(namespace) ? 'router' : 'host'
}

/** Whether it passes on packets that are not for it. */
export function isRouter(namespace: NamespaceState | undefined): boolean {
  return FORWARDING.some((name) => namespace?.sysctls.get(name)?.value === '1')
}

/** Interfaces that no cable makes, each with its addresses; of a bridge its own addresses and the subnets of those on it. */
export function boxLines(network: DrawnNetwork, place: Place, cables: readonly GraphCable[]): string[] {
  const namespace = network.namespaceAt(place.netns)
  if (namespace === undefined) return []
  if (place.bridge !== undefined) return bridgeLines(network, namespace, place, cables)
  return [...namespace.links].flatMap(([ifname, link]) => {
    const addresses = addressWords(namespace, ifname)
    if (link.kind === 'veth') return []
    if (link.kind === 'loopback') return addresses.map((address) => `lo ${address}`)
    const words = kindWords(namespace, ifname, link)
    return words === undefined ? [] : [`${ifname} ${words}`, ...addresses.map((address) => `  ${address}`)]
  })
}

/** `vlan 10`, `vrf table 100: eth0 eth1`, `bond active-backup`; undefined for a link that nobody made on purpose. */
function kindWords(namespace: NamespaceState, ifname: string, link: LinkState): string | undefined {
  const members = [...namespace.links].filter(([, { master }]) => master === ifname).map(([name]) => name)
  const list = members.length === 0 ? '' : `: ${members.slice(0, 6).join(' ')}${members.length > 6 ? ' …' : ''}`
  if (link.kind === 'bridge') return `bridge${list}`
  if (!isVirtual(link)) return undefined
  return `${kindText(link)}${link.kind === 'vrf' ? list : ''}`
}

/** A kind with what tells it from others of its kind. */
export function kindText({ kind, options, parent }: VirtualLink): string {
  const said = [options['id'], options['mode'], options['key']].filter((value) => value !== undefined).map(String)
  if (kind === 'vrf') return `vrf table ${String(options['table'])}`
  const on = (kind === 'macvlan' || kind === 'ipvlan') && parent !== undefined ? ['on', parent] : []
  return [kind, ...said, ...on].join(' ')
}

function bridgeLines(network: DrawnNetwork, namespace: NamespaceState, place: Place, cables: readonly GraphCable[]): string[] {
  const link = namespace.links.get(place.bridge!)
  const own = addressWords(namespace, place.bridge!)
  const far = cables.flatMap(({ a, b }) => [a, b]).filter(({ node }) => node !== place.name)
  const subnets = new Set(far.flatMap(({ netns, ifname }) => stackedAddresses(network.namespaceAt(netns), ifname).map(subnetOf)))
  for (const address of own) subnets.delete(subnetOf(address))
  const shown = [...subnets].slice(0, 6)
  return [
    ...(link?.kind === 'bridge' && link.stp ? [`stp priority ${link.priority}`] : []),
    ...own,
    ...shown,
    ...(subnets.size > shown.length ? [`and ${subnets.size - shown.length} more subnets`] : []),
  ]
}

/** Addresses of an interface, of the bond that it is in, and of the VLANs and others that stand on these. */
function stackedAddresses(namespace: NamespaceState | undefined, ifname: string): string[] {
  if (namespace === undefined || namespace.kind !== 'node') return []
  const master = namespace.links.get(ifname)?.master
  const bond = master !== undefined && namespace.links.get(master)?.kind === 'bond' ? [master] : []
  const below = new Set([ifname, ...bond])
  const onTop = [...namespace.links].filter(([, link]) => isVirtual(link) && below.has(link.parent ?? '') && isSameEthernet(link.kind))
  return [...below, ...onTop.map(([name]) => name)].flatMap((name) => addressesOf(namespace, name))
}

function isSameEthernet(kind: string): boolean {
  return kind === 'vlan' || kind === 'macvlan' || kind === 'ipvlan'
}

/** What it runs, and what has ended of it. */
export function serviceLines(network: DrawnNetwork, { netns, bridge }: Place): string[] {
  if (bridge !== undefined) return []
  const asked = network.desired.namespaces.get(netns)?.services
  const names = [...(asked ?? [])].filter(([, { definition }]) => definition?.beside !== true).map(([name]) => name)
  const there = network.observed?.namespaces.get(netns)?.services
  const isRunning = (name: string): boolean => network.observed === undefined || there?.get(name)?.status?.state === 'running'
  const running = names.filter(isRunning)
  const others = names.filter((name) => !isRunning(name))
  return [
    ...(running.length === 0 ? [] : [`runs ${running.slice(0, 4).join(', ')}${running.length > 4 ? ' …' : ''}`]),
    ...others.map((name) => {
      const status = there?.get(name)?.status
      return `${name}: ${status === undefined ? 'lost' : statusText(status)}`
    }),
  ]
}
