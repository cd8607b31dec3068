/**
 * What the kernel takes along when an operation is done: routes with their link, neighbours with IFF_UP, sources with their address.
 * Measured on 6.18; the functions named are the kernel's.
 */
import { isLoopbackAddr } from '../state/extra.ts'
import { addrKey } from '../state/key.ts'
import { linkLocalOf } from '../unit/mac.ts'
import { deletedWith, isCycled, shrunkWith, vlansOn } from './attachment.ts'
import type { AddrState, Family, LinkEnd, LinkState, NeighState, RouteState, VethLink } from '../state/network.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import type { Operation, SetLink } from './operation.ts'
import { disablesIpv6On, spreadsTo, sysctlFamily, sysctlIfname } from '../state/sysctl-name.ts'
import type { Working, WorkingNamespace } from './working.ts'

/** Something that goes, or is cut down, without an operation of its own. */
export type Loss =
  | { readonly noun: 'link'; readonly netns: string; readonly ifname: string; readonly link: LinkState; readonly peer?: VethLink }
  | { readonly noun: 'master'; readonly netns: string; readonly ifname: string; readonly link: LinkState }
  /** Address and MTU of a link that a bond lets go: it has those again that it had before, which nobody tells (bond_release). */
  | { readonly noun: 'released'; readonly netns: string; readonly ifname: string; readonly link: LinkState }
  /** Of what stands on such a link, and has shrunk with it. */
  | { readonly noun: 'mtu'; readonly netns: string; readonly ifname: string; readonly link: LinkState }
  /** Of a bond that has let its last member go (eth_hw_addr_random): until it is told, the next one gives it its own. */
  | { readonly noun: 'lladdr'; readonly netns: string; readonly ifname: string; readonly link: LinkState }
  | { readonly noun: 'qdisc'; readonly netns: string; readonly ifname: string; readonly chain: QdiscChain }
  /** What it was told as port of the bridge that it leaves. */
  | { readonly noun: 'port'; readonly netns: string; readonly ifname: string; readonly link: LinkState }
  /** VLANs of a port, or of a bridge itself, whose bridge begins or ceases to tell them apart. */
  | { readonly noun: 'vlans'; readonly netns: string; readonly ifname: string; readonly link: LinkState }
  | { readonly noun: 'addr'; readonly netns: string; readonly addr: AddrState }
  | { readonly noun: 'route'; readonly netns: string; readonly route: RouteState; readonly left?: RouteState }
  | { readonly noun: 'neigh'; readonly netns: string; readonly neigh: NeighState }
  | { readonly noun: 'sysctl'; readonly netns: string; readonly name: string; readonly value: string }

/** IPV6_MIN_MTU: below it a link has no IPv6 at all (addrconf_notify, NETDEV_CHANGEMTU). */
const IPV6_MIN_MTU = 1280
const RT_TABLE_MAIN = 254

/** What the operation would take along; its own object not counted. */
export function lossOf(working: Working, operation: Operation): Loss[] {
  const namespace = working.get(operation.netns)
  if (namespace === undefined) return []
  switch (operation.type) {
    case 'del netns':
      return lossOfNetns(working, operation.netns, namespace)
    case 'del link':
      return lossOfLink(working, operation.netns, operation.ifname)
    case 'set link':
      return lossOfChange(operation, namespace)
    case 'del addr':
      return lossOfAddr(operation.netns, namespace, operation.addr)
    case 'set sysctl':
      return lossOfSysctl(operation.netns, namespace, operation.name, operation.value)
    default:
      return []
  }
}

/** The cables, and what stood on their other ends. What was inside is restored from the namespace itself. */
function lossOfNetns(working: Working, netns: string, namespace: WorkingNamespace): Loss[] {
  const cables: Loss[] = []
  const ends: LinkEnd[] = []
  for (const [ifname, link] of namespace.links) {
    if (link.kind !== 'veth' || link.peer.netns === netns) continue
    const peer = working.get(link.peer.netns)?.links.get(link.peer.ifname)
    if (peer?.kind !== 'veth') continue
    cables.push({ noun: 'link', netns, ifname, link, peer })
    ends.push(link.peer)
  }
  return [...cables, ...lossOfEnds(working, ends)]
}

function lossOfLink(working: Working, netns: string, ifname: string): Loss[] {
  const link = working.get(netns)?.links.get(ifname)
  if (link === undefined) return []
  const end = { netns, ifname }
  return lossOfEnds(working, link.kind === 'veth' ? [end, link.peer] : [end])
}

/** Links on links that go, e.g. VLANs. */
function lossOfDependants(netns: string, namespace: WorkingNamespace, ifnames: ReadonlySet<string>): Loss[] {
  return deletedWith(namespace.links, ifnames).flatMap((ifname): Loss[] => {
    const link = namespace.links.get(ifname)
    return link === undefined ? [] : [{ noun: 'link', netns, ifname, link }]
  })
}

function lossOfEnds(working: Working, ends: readonly LinkEnd[]): Loss[] {
  const byNetns = new Map<string, Set<string>>()
  for (const { netns, ifname } of ends) {
    const ifnames = byNetns.get(netns)
    if (ifnames === undefined) byNetns.set(netns, new Set([ifname]))
    else ifnames.add(ifname)
  }
  return [...byNetns].flatMap(([netns, ifnames]) => {
    const namespace = working.get(netns)
    if (namespace === undefined) return []
    const dependants = lossOfDependants(netns, namespace, ifnames)
    const all = new Set([...ifnames, ...dependants.flatMap((loss) => (loss.noun === 'link' ? loss.ifname : []))])
    return [...dependants, ...lossOnDeletedLinks(netns, namespace, all)]
  })
}

/** NETDEV_UNREGISTER: addresses, neighbours, sysctls; a v4 route with any nexthop there; a v6 route, or one by label, loses the nexthop only. */
function lossOnDeletedLinks(netns: string, namespace: WorkingNamespace, ifnames: ReadonlySet<string>): Loss[] {
  const addrs = [...namespace.addrs.values()].filter((addr) => ifnames.has(addr.ifname))
  const routes: Loss[] = []
  for (const route of namespace.routes.values()) {
    const left = route.nexthops.filter((nexthop) => !ifnames.has(nexthop.dev))
    if (left.length < route.nexthops.length) routes.push(cutRoute(netns, route, route.family === 4 ? [] : left))
    else if (isStraySource(namespace, addrs, route)) routes.push({ noun: 'route', netns, route })
  }
  const ports = [...namespace.links].filter(
    ([ifname, link]) => link.master !== undefined && ifnames.has(link.master) && !ifnames.has(ifname),
  )
  const cycled = ports.flatMap(([ifname, link]) => (isCycled(namespace.links, link, null) ? closedWith(namespace, ifname) : []))
  return [
    ...[...new Set(cycled)].flatMap((ifname) => lossOfDown(netns, namespace, ifname)),
    ...ports.map(([ifname, link]) => ({ noun: 'master' as const, netns, ifname, link })),
    ...ports.flatMap(([ifname, link]) => lossOfReleased(netns, namespace, ifname, link)),
    ...lossOfEmptied(netns, namespace, ifnames),
    ...[...namespace.qdiscs].flatMap(([ifname, chain]): Loss[] => (ifnames.has(ifname) ? [{ noun: 'qdisc', netns, ifname, chain }] : [])),
    ...addrs.map((addr) => ({ noun: 'addr' as const, netns, addr })),
    ...routes,
    ...lossOfNeighs(netns, namespace, (neigh) => ifnames.has(neigh.ifname)),
    ...lossOfSysctls(netns, namespace, (name) => ifnames.has(sysctlIfname(name) ?? '')),
  ]
}

/** A link that goes down, with those that do so with it: VLANs that are down lose nothing more (vlan_device_event, NETDEV_DOWN). */
function closedWith({ links }: WorkingNamespace, ifname: string): string[] {
  return [ifname, ...vlansOn(links, ifname).filter((vlan) => links.get(vlan)?.up === true)]
}

function lossOfChange({ netns, ifname, set }: SetLink, namespace: WorkingNamespace): Loss[] {
  const link = namespace.links.get(ifname)
  if (link === undefined) return []
  if (set.up === false && link.up) {
    return closedWith(namespace, ifname).flatMap((one) => lossOfDown(netns, namespace, one))
  }
  if (set.vlan !== undefined) return lossOfVlans(netns, namespace, ifname, link, set.vlan !== null)
  if (set.master !== undefined) {
    if (set.master === link.master) return []
    const left: Loss[] = [
      ...(link.port === undefined ? [] : [{ noun: 'port' as const, netns, ifname, link }]),
      ...lossOfReleased(netns, namespace, ifname, link),
      ...lossOfEmptied(netns, namespace, new Set([ifname])),
    ]
    if (!isCycled(namespace.links, link, set.master)) return left
    return [...left, ...closedWith(namespace, ifname).flatMap((one) => lossOfDown(netns, namespace, one))]
  }
  if (set.lladdr !== undefined) return lossOfNeighs(netns, namespace, (neigh) => neigh.ifname === ifname)
  if (set.mtu !== undefined && set.mtu < IPV6_MIN_MTU && link.mtu >= IPV6_MIN_MTU) {
    const sysctls = lossOfSysctls(netns, namespace, (name) => sysctlIfname(name) === ifname && sysctlFamily(name) === 6)
    const cut = [...namespace.routes.values()]
      .filter((route) => route.family === 6 && route.nexthops.some((nexthop) => nexthop.dev === ifname))
      .map((route) =>
        cutRoute(
          netns,
          route,
          route.nexthops.filter((nexthop) => nexthop.dev !== ifname),
        ),
      )
    const others = lossOfFamily(netns, namespace, ifname, 6, true).filter((loss) => loss.noun !== 'route')
    return [...others, ...cut, ...sysctls]
  }
  return []
}

/** __bond_release_one */
function lossOfReleased(netns: string, namespace: WorkingNamespace, ifname: string, link: LinkState): Loss[] {
  if (namespace.links.get(link.master ?? '')?.kind !== 'bond') return []
  const above = shrunkWith(namespace.links, ifname).flatMap((other): Loss[] => {
    const child = namespace.links.get(other)
    return child === undefined ? [] : [{ noun: 'mtu', netns, ifname: other, link: child }]
  })
  return [{ noun: 'released', netns, ifname, link }, ...above]
}

/** Bonds that have no member but these. */
function lossOfEmptied(netns: string, namespace: WorkingNamespace, ifnames: ReadonlySet<string>): Loss[] {
  const masters = new Set([...ifnames].flatMap((ifname) => namespace.links.get(ifname)?.master ?? []))
  return [...masters].flatMap((ifname): Loss[] => {
    const link = namespace.links.get(ifname)
    if (link?.kind !== 'bond' || ifnames.has(ifname)) return []
    if ([...namespace.links].some(([other, { master }]) => master === ifname && !ifnames.has(other))) return []
    return [{ noun: 'lladdr', netns, ifname, link }, ...lossOfNeighs(netns, namespace, (neigh) => neigh.ifname === ifname)]
  })
}

/** br_vlan_filter_toggle and vlan_default_pvid 0; from one protocol to another they stay. */
function lossOfVlans(netns: string, namespace: WorkingNamespace, bridge: string, link: LinkState, filters: boolean): Loss[] {
  if (link.kind !== 'bridge' || (link.vlan !== undefined) === filters) return []
  const ports = [...namespace.links].filter(([ifname, { master }]) => master === bridge || ifname === bridge)
  return ports.map(([ifname, port]) => ({ noun: 'vlans' as const, netns, ifname, link: port }))
}

function lossOfDown(netns: string, namespace: WorkingNamespace, ifname: string): Loss[] {
  return [...lossOfFamily(netns, namespace, ifname, 4, false), ...lossOfFamily(netns, namespace, ifname, 6, true)]
}

/**
 * NETDEV_DOWN for one family: routes whose nexthops are all there (the dead nexthop of a multipath route comes back with the
 * link) and neighbours; addresses only of v6 (addrconf_ifdown).
 */
function lossOfFamily(netns: string, namespace: WorkingNamespace, ifname: string, family: Family, withAddrs: boolean): Loss[] {
  const keeps =
    family === 6 && ['all', ifname].some((of) => Number(namespace.sysctls.get(`net.ipv6.conf.${of}.keep_addr_on_down`)?.value) > 0)
  // lo loses ::1 as well, and gets it again by itself when it comes up, as a link does its link-local address (addrconf_addr_gen).
  const link = namespace.links.get(ifname)
  const made = link?.up === true && link.addrGenMode === 'eui64' && link.lladdr !== undefined ? linkLocalOf(link.lladdr) : undefined
  const isLost = (addr: AddrState): boolean =>
    addr.ifname === ifname && addr.family === family && !isLoopbackAddr(addr) && addr.local !== made
  const addrs = [...namespace.addrs.values()].filter((addr) => withAddrs && !keeps && isLost(addr))
  const routes = [...namespace.routes.values()].filter((route) => route.family === family && isAllOn(route, ifname))
  return [
    ...addrs.map((addr) => ({ noun: 'addr' as const, netns, addr })),
    ...routes.map((route) => ({ noun: 'route' as const, netns, route })),
    ...lossOfNeighs(netns, namespace, (neigh) => neigh.ifname === ifname && neigh.family === family),
  ]
}

/** Whether all of the route leads to the link. v6 hangs its blackholes and their like on lo (fib6_nh_init), v4 on none. */
function isAllOn(route: RouteState, ifname: string): boolean {
  if (route.nexthops.length === 0) return route.family === 6 && ifname === 'lo'
  return route.nexthops.every((nexthop) => nexthop.dev === ifname)
}

/** The last v4 address of a link takes all that v4 has there (fib_disable_ip); any takes the routes that name it as source. */
function lossOfAddr(netns: string, namespace: WorkingNamespace, addr: AddrState): Loss[] {
  const others = [...namespace.addrs.values()].filter((other) => other.ifname === addr.ifname && other.family === addr.family)
  if (addr.family === 4 && others.every((other) => addrKey(other) === addrKey(addr))) {
    const all = lossOfFamily(netns, namespace, addr.ifname, 4, false)
    const gone = new Set(all.map((loss) => (loss.noun === 'route' ? loss.route : undefined)))
    const sources = lossOfSource(netns, namespace, addr).filter((loss) => loss.noun !== 'route' || !gone.has(loss.route))
    return [...all, ...sources]
  }
  return lossOfSource(netns, namespace, addr)
}

function lossOfSource(netns: string, namespace: WorkingNamespace, addr: AddrState): Loss[] {
  return [...namespace.routes.values()].flatMap((route): Loss[] => {
    if (isStraySource(namespace, [addr], route)) return [{ noun: 'route', netns, route }]
    if (addr.family === 4 || !isLastSource(namespace, [addr], route)) return []
    const { src: _, ...left } = route
    return [{ noun: 'route', netns, route, left }]
  })
}

/** fib_sync_down_addr: a v4 route of the main table goes with its source address; v6 only forgets the source (rt6_remove_prefsrc). */
function isStraySource(namespace: WorkingNamespace, gone: readonly AddrState[], route: RouteState): boolean {
  return route.family === 4 && route.table === RT_TABLE_MAIN && isLastSource(namespace, gone, route)
}

/** Whether the route's source address is among those that go, and on no other link. */
function isLastSource(namespace: WorkingNamespace, gone: readonly AddrState[], route: RouteState): boolean {
  if (route.src === undefined || !gone.some((addr) => addr.local === route.src)) return false
  const keys = new Set(gone.map(addrKey))
  return ![...namespace.addrs.values()].some((addr) => addr.local === route.src && !keys.has(addrKey(addr)))
}

/** The table of labels has this many places; routes beyond its new end go (resize_platform_label_table). */
const PLATFORM_LABELS = 'net.mpls.platform_labels'

function lossOfSysctl(netns: string, namespace: WorkingNamespace, name: string, value: string): Loss[] {
  if (name === PLATFORM_LABELS) {
    const beyond = [...namespace.routes.values()].filter(({ family, dst }) => family === 'mpls' && Number(dst) >= Number(value))
    return beyond.map((route) => ({ noun: 'route', netns, route }))
  }
  const losses = lossOfSysctls(netns, namespace, (other) => spreadsTo(name, other))
  const ifname = disablesIpv6On(name, value)
  if (ifname === undefined) return losses
  const ifnames = ifname === 'all' ? [...namespace.links.keys()] : [ifname]
  return [...losses, ...ifnames.flatMap((one) => lossOfFamily(netns, namespace, one, 6, true))]
}

function lossOfSysctls(netns: string, namespace: WorkingNamespace, goes: (name: string) => boolean): Loss[] {
  return [...namespace.sysctls].filter(([name]) => goes(name)).map(([name, { value }]) => ({ noun: 'sysctl', netns, name, value }))
}

function lossOfNeighs(netns: string, namespace: WorkingNamespace, goes: (neigh: NeighState) => boolean): Loss[] {
  return [...namespace.neighs.values()].filter(goes).map((neigh) => ({ noun: 'neigh', netns, neigh }))
}

function cutRoute(netns: string, route: RouteState, left: RouteState['nexthops']): Loss {
  return left.length === 0 ? { noun: 'route', netns, route } : { noun: 'route', netns, route, left: { ...route, nexthops: left } }
}
