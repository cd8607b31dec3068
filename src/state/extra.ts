/**
 * Which objects that the kernel has and the file does not name belong to the lab all the same, so that they differ from the file.
 * The kernel's own objects, links that netlab did not make with all that stands on them, what setup commands left, and addresses in a node with
 * services are not.
 */
import { RTPROT_BOOT, RTPROT_STATIC } from '../unit/route-names.ts'
import { addrKey, neighKey, objectKey, routeKey, ruleKey } from './key.ts'
import { FABRIC } from './network.ts'
import type {
  AddrState,
  LinkState,
  NamespaceState,
  NeighState,
  NetworkState,
  RouteState,
  RuleState,
  RulesetTool,
  ServiceState,
} from './network.ts'
import type { QdiscChain } from './qdisc.ts'

/** What is known of the lab beside the file and the kernel. */
export interface Standing {
  /** Desired state of the last `up`: tells what the file no longer has from what netlab never made. */
  readonly previous?: NetworkState | undefined
  /** `objectKey`s that setup commands of the last `up` left behind: not in the file, yet no difference. See `extraKeys`. */
  readonly tolerated?: ReadonlySet<string> | undefined
}

/** Objects of one namespace that are there and should not be. */
export interface Extras {
  readonly links: readonly (readonly [ifname: string, link: LinkState])[]
  readonly qdiscs: readonly (readonly [ifname: string, chain: QdiscChain])[]
  readonly addrs: readonly AddrState[]
  readonly routes: readonly RouteState[]
  readonly rules: readonly RuleState[]
  readonly neighs: readonly NeighState[]
}

/** What of a namespace can hold objects that the file does not name. */
export type Inhabitants = Pick<NamespaceState, 'links' | 'qdiscs' | 'addrs' | 'routes' | 'rules' | 'neighs' | 'services'>

/** 127.0.0.1/8 and ::1/128 on lo: the kernel makes them when lo comes up. */
export function isLoopbackAddr(addr: AddrState): boolean {
  return addr.ifname === 'lo' && (addr.local === '127.0.0.1' || addr.local === '::1')
}

/** fe80::/64: the kernel makes one for each link that comes up. */
export function isLinkLocalAddr(addr: AddrState): boolean {
  return addr.family === 6 && addr.local.startsWith('fe80:')
}

/** Extra objects of the namespace `netns`. What stands on an extra link is not listed: it goes with the link. */
export function findExtras(netns: string, desired: Inhabitants, observed: Inhabitants, standing: Standing = {}): Extras {
  const previous = standing.previous?.namespaces.get(netns)
  const isTolerated = (key: string): boolean => standing.tolerated?.has(key) === true
  /** Whether netlab may have made a link: in a node the user makes veths and bridges too, in the fabric nobody else does. */
  const wasOurs = (ifname: string): boolean => standing.previous === undefined || netns === FABRIC || previous?.links.has(ifname) === true
  /** Links that netlab made and the file still has. */
  const isOurs = (ifname: string): boolean => desired.links.has(ifname) && observed.links.get(ifname)?.kind !== 'other'
  /** A router of VRRP has the address of both or has not, and routing daemons set addresses as they are told: what the file never had is theirs. */
  const hasServices = desired.services.size > 0

  const links = missingFrom(desired.links, observed.links).filter(
    ([ifname, link]) =>
      link.kind !== 'other' && link.kind !== 'loopback' && wasOurs(ifname) && !isTolerated(objectKey(netns, 'link', ifname)),
  )
  const goes = new Set(links.map(([ifname]) => ifname))

  const qdiscs = missingFrom(desired.qdiscs, observed.qdiscs).filter(
    ([ifname]) => isOurs(ifname) && !isTolerated(objectKey(netns, 'qdisc', ifname)),
  )
  const addrs = missingFrom(desired.addrs, observed.addrs).filter(
    ([key, addr]) =>
      isOurs(addr.ifname) &&
      !isLoopbackAddr(addr) &&
      ((!isLinkLocalAddr(addr) && !hasServices) || previous?.addrs.has(key) === true) &&
      !isTolerated(objectKey(netns, 'addr', key)),
  )
  const routes = missingFrom(desired.routes, observed.routes).filter(
    ([key, route]) =>
      route.nexthops.every((nexthop) => isOurs(nexthop.dev) || goes.has(nexthop.dev)) &&
      (route.nexthops.length === 0 || !route.nexthops.every((nexthop) => goes.has(nexthop.dev))) &&
      (isByHand(route) || previous?.routes.has(key) === true) &&
      !isTolerated(objectKey(netns, 'route', key)),
  )
  const rules = missingFrom(desired.rules, observed.rules).filter(([key]) => !isTolerated(objectKey(netns, 'rule', key)))
  const neighs = missingFrom(desired.neighs, observed.neighs).filter(
    ([key, neigh]) =>
      isOurs(neigh.ifname) && (isByHand(neigh) || previous?.neighs.has(key) === true) && !isTolerated(objectKey(netns, 'neigh', key)),
  )
  return { links, qdiscs, addrs: values(addrs), routes: values(routes), rules: values(rules), neighs: values(neighs) }
}

/** Not by a routing daemon, whose routes are its own, and the neighbours that they lead to (RFC 5549). */
function isByHand({ protocol = RTPROT_BOOT }: Pick<RouteState | NeighState, 'protocol'>): boolean {
  return protocol === RTPROT_BOOT || protocol === RTPROT_STATIC
}

/** Tools whose rules the file no longer has. A tool that the file never had is left to the user. */
export function droppedRulesets(
  netns: string,
  desired: Pick<NamespaceState, 'rulesets'>,
  observed: Pick<NamespaceState, 'rulesets'>,
  standing: Standing = {},
): readonly RulesetTool[] {
  const previous = standing.previous?.namespaces.get(netns)
  return missingFrom(desired.rulesets, observed.rulesets)
    .filter(([tool, ruleset]) => previous?.rulesets.has(tool) === true && ruleset.canonical.trim() !== '')
    .map(([tool]) => tool)
}

/** Files that the last `up` wrote, that are still there, and that the file no longer has. */
export function droppedFiles(
  netns: string,
  desired: Pick<NamespaceState, 'files'>,
  observed: Pick<NamespaceState, 'files'>,
  standing: Standing = {},
): readonly string[] {
  const previous = standing.previous?.namespaces.get(netns)
  return missingFrom(desired.files, observed.files)
    .map(([path]) => path)
    .filter((path) => previous?.files.has(path) === true)
}

/** Services that run and that the file does not have: nobody but netlab makes any. */
export function droppedServices(desired: Pick<NamespaceState, 'services'>, observed: Pick<NamespaceState, 'services'>): readonly string[] {
  return missingFrom(desired.services, observed.services).map(([name]) => name)
}

/** The subnet of an address that no route leads to any more, unless that is tolerated. */
export function lostSubnetOf(
  netns: string,
  key: string,
  observed: Pick<NamespaceState, 'addrs'>,
  { tolerated }: Standing,
): string | undefined {
  return tolerated?.has(objectKey(netns, 'subnet', key)) === true ? undefined : observed.addrs.get(key)?.lostSubnet
}

const NO_SERVICES: ReadonlyMap<string, ServiceState> = new Map()

/** Keys of all extra objects of a lab, and of routes that are gone: what setup commands left, and the next `up` is to tolerate. */
export function extraKeys(desired: NetworkState, observed: NetworkState): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const [netns, namespace] of desired.namespaces) {
    const there = observed.namespaces.get(netns)
    if (there === undefined) continue
    const extras = findExtras(netns, { ...namespace, services: NO_SERVICES }, there)
    for (const [ifname] of extras.links) keys.add(objectKey(netns, 'link', ifname))
    for (const [ifname] of extras.qdiscs) keys.add(objectKey(netns, 'qdisc', ifname))
    for (const addr of extras.addrs) keys.add(objectKey(netns, 'addr', addrKey(addr)))
    for (const [key, addr] of there.addrs) if (addr.lostSubnet !== undefined) keys.add(objectKey(netns, 'subnet', key))
    for (const route of extras.routes) keys.add(objectKey(netns, 'route', routeKey(route)))
    for (const rule of extras.rules) keys.add(objectKey(netns, 'rule', ruleKey(rule)))
    for (const neigh of extras.neighs) keys.add(objectKey(netns, 'neigh', neighKey(neigh)))
  }
  return keys
}

function missingFrom<K, V>(desired: ReadonlyMap<K, V>, observed: ReadonlyMap<K, V>): readonly (readonly [K, V])[] {
  const missing: (readonly [K, V])[] = []
  for (const entry of observed) if (!desired.has(entry[0])) missing.push(entry)
  return missing
}

function values<V>(entries: readonly (readonly [string, V])[]): V[] {
  return entries.map(([, value]) => value)
}
