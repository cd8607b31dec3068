/** Addresses and routes of the model kernel: net/ipv4/devinet.c, fib_semantics.c, net/ipv6/addrconf.c, route.c. */
import ipaddr from 'ipaddr.js'
import type { Operation } from '../../src/plan/operation.ts'
import { addrKey } from '../../src/state/key.ts'
import type { AddrState, NeighState, Nexthop, RouteState } from '../../src/state/network.ts'
import { refuse } from './model-netns.ts'
import type { Netns } from './model-netns.ts'

/** fib_sync_down_addr: routes of the main table only. */
export function forgetSource4(netns: Netns, local: string): void {
  if (netns.addrs.some((addr) => addr.local === local)) return
  netns.routes = netns.routes.filter((route) => route.src !== local || route.table !== 254)
}

export function subnetOf(addr: AddrState): string {
  return `${addr.ifname} ${ipaddr.IPv4.networkAddressFromCIDR(`${addr.local}/${addr.prefixlen}`).toString()}/${addr.prefixlen}`
}

export function hasIpv6(netns: Netns, ifname: string): boolean {
  const link = netns.links.get(ifname)?.link
  const disabled = netns.sysctls.get(`net.ipv6.conf.${ifname}.disable_ipv6`) ?? netns.sysctls.get('net.ipv6.conf.all.disable_ipv6')
  return link !== undefined && link.mtu >= 1280 && (disabled ?? '0') === '0'
}

/** __inet_insert_ifa, inet6_addr_add */
export function addAddr(netns: Netns, addr: AddrState, operation: Operation): void {
  if (!netns.links.has(addr.ifname)) refuse('ENODEV', operation)
  const others = netns.addrs.filter((other) => other.ifname === addr.ifname)
  if (addr.family === 6 && !hasIpv6(netns, addr.ifname)) refuse('EACCES', operation)
  const clashes = others.some((other) => other.local === addr.local && (addr.family === 6 || other.prefixlen === addr.prefixlen))
  if (clashes) refuse('EEXIST', operation)
  netns.addrs.push(addr)
}

/** inet_del_ifa with promote_secondaries = 0; ipv6_del_addr */
export function delAddr(netns: Netns, addr: AddrState, operation: Operation): void {
  const found = netns.addrs.find((other) => addrKey(other) === addrKey(addr)) ?? refuse('EADDRNOTAVAIL', operation)
  const gone = [found]
  if (addr.family === 4) {
    const subnet = netns.addrs.filter((other) => other.family === 4 && subnetOf(other) === subnetOf(addr))
    if (subnet[0] === found) gone.push(...subnet.slice(1))
  }
  netns.addrs = netns.addrs.filter((other) => !gone.includes(other))
  for (const { local, family } of gone) {
    if (family === 4) forgetSource4(netns, local)
    else if (!netns.addrs.some((other) => other.local === local)) forgetSource6(netns, local)
  }
  if (addr.family === 4 && !netns.addrs.some((other) => other.family === 4 && other.ifname === addr.ifname)) {
    netns.routes = netns.routes.filter((route) => route.family !== 4 || !isAllOn(route, addr.ifname))
    flushNeighs(netns, (neigh) => neigh.family === 4 && neigh.ifname === addr.ifname)
  }
}

export function forgetSource6(netns: Netns, local: string): void {
  netns.routes = netns.routes.map((route) => {
    if (route.src !== local) return route
    const { src: _, ...rest } = route
    return rest
  })
}

/** fib_create_info, ip6_route_info_create */
export function checkRoute(netns: Netns, route: RouteState, operation: Operation): void {
  if (route.type !== 'unicast') return
  if (route.nexthops.length === 0) refuse('EINVAL', operation)
  if (route.family === 'mpls') return checkByLabel(netns, route, operation)
  // "Device only routes can not be added for IPv6 using the multipath API."
  if (route.family === 6 && route.nexthops.length > 1 && route.nexthops.some(({ via }) => via === undefined)) refuse('EINVAL', operation)
  for (const nexthop of route.nexthops) checkNexthop(netns, route, nexthop, operation)
  if (route.src !== undefined && !netns.addrs.some((addr) => addr.local === route.src)) refuse('EINVAL', operation)
}

/** mpls_label_ok, find_outdev: no gateway is looked up, and a link that is down will do. */
function checkByLabel(netns: Netns, route: RouteState, operation: Operation): void {
  if (Number(route.dst) >= Number(netns.sysctls.get('net.mpls.platform_labels') ?? 0)) refuse('EINVAL', operation)
  for (const { dev } of route.nexthops) if (!netns.links.has(dev)) refuse('ENODEV', operation)
}

function checkNexthop(netns: Netns, route: RouteState, nexthop: Nexthop, operation: Operation): void {
  const { link } = netns.links.get(nexthop.dev) ?? refuse('ENODEV', operation)
  if (!link.up) refuse('ENETDOWN', operation)
  if (route.family === 6 && !hasIpv6(netns, nexthop.dev)) refuse('ENODEV', operation)
  if (nexthop.via === undefined) return
  if (isLocal(netns, nexthop.via)) refuse('EINVAL', operation)
  // Without a table "local" every gateway passes for a broadcast address: "Nexthop has invalid gateway" (__inet_dev_addr_type).
  if (nexthop.onlink && !nexthop.via.includes(':') && !netns.hasLocalTable) refuse('EINVAL', operation)
  if (nexthop.onlink && isOnOther(netns, nexthop, nexthop.via)) refuse('EINVAL', operation)
  if (!nexthop.onlink && !isOnLink(netns, route.table, nexthop, nexthop.via)) refuse('ENETUNREACH', operation)
}

/** Whether a link with an IPv4 address is up, and so there is a table "local". */
export function fillsLocalTable({ addrs, links }: Pick<Netns, 'addrs' | 'links'>): boolean {
  return addrs.some(({ ifname, family }) => family === 4 && links.get(ifname)?.link.up === true)
}

/** An address of the namespace; on lo the whole v4 subnet is local (fib_add_ifaddr, IFF_LOOPBACK). */
function isLocal(netns: Netns, via: string): boolean {
  return netns.addrs.some((addr) => {
    if (addr.local === via) return true
    if (addr.ifname !== 'lo' || addr.family === 6 || via.includes(':')) return false
    return ipaddr.IPv4.parse(via).match(ipaddr.IPv4.parseCIDR(`${addr.local}/${addr.prefixlen}`))
  })
}

/** The longest match for a gateway is a subnet of the link, or a route without a gateway there. */
function isOnLink(netns: Netns, table: number, nexthop: Nexthop, via: string): boolean {
  if (via.startsWith('fe80:')) return true
  const best = longestMatch(netns, [table, 254], nexthop, via)
  return best.direct && best.dev === nexthop.dev
}

/**
 * Whether the table "main" leads to an IPv6 gateway over another link, by a route other than the default one: "Nexthop has invalid gateway
 * or device mismatch" (ip6_route_check_nh_onlink). The kernel lets it pass as long as the other link has no carrier.
 */
function isOnOther(netns: Netns, nexthop: Nexthop, via: string): boolean {
  if (!via.includes(':') || via.startsWith('fe80:')) return false
  const { length, dev } = longestMatch(netns, [254], nexthop, via)
  return length > 0 && dev !== undefined && dev !== nexthop.dev
}

/** Of routes and connected subnets of the same length that of the next hop's own link counts. */
function longestMatch(netns: Netns, tables: readonly number[], nexthop: Nexthop, via: string): Match {
  const address = ipaddr.parse(via)
  let best: Match = { length: -1, dev: undefined, direct: false }
  const consider = (prefix: string, dev: string | undefined, direct: boolean): void => {
    const [network, length] = ipaddr.parseCIDR(prefix)
    if (network.kind() !== address.kind() || !address.match([network, length] as [ipaddr.IPv4, number]) || length < best.length) return
    if (length > best.length || dev === nexthop.dev) best = { length, dev, direct }
  }
  for (const addr of netns.addrs)
    if (netns.links.get(addr.ifname)?.link.up === true) consider(`${addr.local}/${addr.prefixlen}`, addr.ifname, true)
  for (const route of netns.routes) {
    if (route.family === 'mpls' || !tables.includes(route.table)) continue
    if (route.nexthops.length === 0) consider(route.dst, undefined, false)
    for (const { via: gateway, dev } of route.nexthops) consider(route.dst, dev, gateway === undefined)
  }
  return best
}

interface Match {
  readonly length: number
  readonly dev: string | undefined
  readonly direct: boolean
}

export function isAllOn(route: RouteState, ifname: string): boolean {
  // A v6 blackhole hangs on lo.
  if (route.type !== 'unicast') return route.family === 6 && ifname === 'lo'
  return route.nexthops.every((nexthop) => nexthop.dev === ifname)
}

export function flushNeighs(netns: Netns, goes: (neigh: NeighState) => boolean): void {
  netns.neighs = netns.neighs.filter((neigh) => !goes(neigh))
}
