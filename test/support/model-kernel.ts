/**
 * A kernel in memory: does operations to a network as Linux does (6.18), with what it takes along unasked, and refuses what Linux
 * refuses. Written from what the kernel was seen to do, apart from src/plan/loss.ts, so that the two prove one another.
 */
import ipaddr from 'ipaddr.js'
import type { Operation, SetLink } from '../../src/plan/operation.ts'
import { addrKey, neighKey, routeKey, ruleKey } from '../../src/state/key.ts'
import type {
  AddrState,
  FileState,
  LinkState,
  NamespaceState,
  NeighState,
  NetworkState,
  Nexthop,
  RouteState,
  RuleState,
  RulesetTool,
} from '../../src/state/network.ts'

export interface ModelKernel {
  /** Throws a Refusal where Linux would. */
  apply: (operation: Operation) => void
  /** What an observer would see. Unlike the input, without origins. */
  state: () => NetworkState
}

export class Refusal extends Error {}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

interface Link {
  link: Writable<LinkState>
  /** A bridge's mtu was set by hand: it no longer follows its ports. */
  ownMtu: boolean
}

interface Netns {
  readonly kind: NamespaceState['kind']
  hostname: string | undefined
  readonly links: Map<string, Link>
  /** In the order of ifa_list: of one v4 subnet the first is primary. */
  addrs: AddrState[]
  /** With nexthops that are dead for now. */
  routes: RouteState[]
  rules: RuleState[]
  neighs: NeighState[]
  readonly sysctls: Map<string, string>
  readonly files: Map<string, FileState>
  readonly tables: Map<RulesetTool, Map<string, string>>
}

export function createModelKernel(initial: NetworkState = { namespaces: new Map() }): ModelKernel {
  const world = new Map<string, Netns>()
  for (const [name, namespace] of initial.namespaces) world.set(name, netnsOf(namespace))
  return {
    apply: (operation) => applyTo(world, operation),
    state: () => ({ namespaces: new Map([...world].map(([name, netns]) => [name, stateOf(netns)])) }),
  }
}

function netnsOf(state: NamespaceState): Netns {
  const follows = (bridge: string, mtu: number): boolean => {
    const ports = [...state.links.values()].filter(({ master }) => master === bridge).map((port) => port.mtu)
    return mtu === (ports.length === 0 ? 1500 : Math.min(...ports))
  }
  return {
    kind: state.kind,
    hostname: state.hostname,
    links: new Map([...state.links].map(([ifname, { origin: _, ...link }]) => [ifname, { link, ownMtu: !follows(ifname, link.mtu) }])),
    addrs: [...state.addrs.values()],
    routes: [...state.routes.values()],
    rules: [...state.rules.values()],
    neighs: [...state.neighs.values()],
    sysctls: new Map([...state.sysctls].map(([name, { value }]) => [name, value])),
    files: new Map(state.files),
    tables: new Map([...state.rulesets].map(([tool, { canonical }]) => [tool, tablesOf(tool, canonical)])),
  }
}

function stateOf(netns: Netns): NamespaceState {
  const byKey = <V extends object>(objects: readonly V[], keyOf: (object: V) => string): Map<string, V> =>
    new Map(objects.map((object) => [keyOf(object), withoutOrigin(object)]))
  return {
    kind: netns.kind,
    ...(netns.hostname !== undefined && { hostname: netns.hostname }),
    links: new Map([...netns.links].map(([ifname, { link }]) => [ifname, { ...link }])),
    addrs: byKey(netns.addrs, addrKey),
    routes: byKey(netns.routes, routeKey),
    rules: byKey(netns.rules, ruleKey),
    neighs: byKey(netns.neighs, neighKey),
    sysctls: new Map([...netns.sysctls].map(([name, value]) => [name, { value }])),
    files: new Map([...netns.files].map(([path, { mode, sha256 }]) => [path, { mode, sha256 }])),
    rulesets: new Map(
      [...netns.tables]
        .map(([tool, tables]) => [tool, { canonical: [...tables.values()].join('') }] as const)
        .filter(([, { canonical }]) => canonical !== ''),
    ),
    setup: [],
  }
}

function withoutOrigin<V extends object>(object: V): V {
  const { origin: _, ...rest } = object as V & { origin?: unknown }
  return rest as V
}

function refuse(errno: string, operation: Operation): never {
  throw new Refusal(`${errno}: ${JSON.stringify(operation)}`)
}

function applyTo(world: Map<string, Netns>, operation: Operation): void {
  if (operation.type === 'add netns') {
    if (world.has(operation.netns)) refuse('EEXIST', operation)
    world.set(operation.netns, {
      kind: operation.kind,
      hostname: operation.hostname,
      links: new Map([['lo', { link: { kind: 'loopback', up: false, mtu: 65536 }, ownMtu: false }]]),
      addrs: [],
      routes: [],
      rules: [],
      neighs: [],
      sysctls: new Map(),
      files: new Map(),
      tables: new Map(),
    })
    return
  }
  const netns = world.get(operation.netns) ?? refuse('ESRCH', operation)
  switch (operation.type) {
    case 'del netns':
      for (const { link } of netns.links.values()) {
        const other = link.kind === 'veth' && link.peer.netns !== operation.netns ? world.get(link.peer.netns) : undefined
        if (link.kind === 'veth' && other !== undefined) unregister(other, link.peer.ifname)
      }
      world.delete(operation.netns)
      return
    case 'set hostname':
      netns.hostname = operation.hostname
      return
    case 'add bridge':
      if (netns.links.has(operation.ifname)) refuse('EEXIST', operation)
      netns.links.set(operation.ifname, { link: { ...withoutOrigin(operation.link), up: false, mtu: 1500 }, ownMtu: false })
      return
    case 'add veth': {
      const other = world.get(operation.link.peer.netns) ?? refuse('ESRCH', operation)
      const ends = [
        [netns, operation.ifname, operation.link],
        [other, operation.link.peer.ifname, operation.peer],
      ] as const
      for (const [where, ifname, link] of ends) {
        if (where.links.has(ifname)) refuse('EEXIST', operation)
        if (link.master !== undefined && where.links.get(link.master)?.link.kind !== 'bridge') refuse('ENODEV', operation)
      }
      for (const [where, ifname, link] of ends) {
        where.links.set(ifname, { link: { ...withoutOrigin(link), up: false, addrGenMode: 'eui64' }, ownMtu: false })
        adjustMtu(where, link.master)
      }
      return
    }
    case 'del link': {
      const { link } = netns.links.get(operation.ifname) ?? refuse('ENODEV', operation)
      unregister(netns, operation.ifname)
      const other = link.kind === 'veth' ? world.get(link.peer.netns) : undefined
      if (link.kind === 'veth' && other !== undefined) unregister(other, link.peer.ifname)
      return
    }
    case 'run setup':
      return
    default:
      applyInside(netns, operation)
  }
}

type InsideOperation = Exclude<
  Operation,
  { type: 'add netns' | 'del netns' | 'set hostname' | 'add bridge' | 'add veth' | 'del link' | 'run setup' }
>

function applyInside(netns: Netns, operation: InsideOperation): void {
  switch (operation.type) {
    case 'set link':
      return changeLink(netns, operation)
    case 'add addr':
      return addAddr(netns, operation.addr, operation)
    case 'del addr':
      return delAddr(netns, operation.addr, operation)
    case 'add route':
      if (netns.routes.some((route) => routeKey(route) === routeKey(operation.route))) refuse('EEXIST', operation)
      checkRoute(netns, operation.route, operation)
      netns.routes.push(operation.route)
      return
    case 'replace route':
      checkRoute(netns, operation.route, operation)
      netns.routes = [...netns.routes.filter((route) => routeKey(route) !== routeKey(operation.route)), operation.route]
      return
    case 'del route':
      if (!netns.routes.some((route) => routeKey(route) === routeKey(operation.route))) refuse('ESRCH', operation)
      netns.routes = netns.routes.filter((route) => routeKey(route) !== routeKey(operation.route))
      return
    case 'add rule':
      if (netns.rules.some((rule) => isFound(operation.rule, rule))) refuse('EEXIST', operation)
      netns.rules.push(operation.rule)
      return
    case 'del rule': {
      const found = netns.rules.findIndex((rule) => isFound(operation.rule, rule))
      if (found < 0) refuse('ENOENT', operation)
      netns.rules.splice(found, 1)
      return
    }
    case 'replace neigh':
      if (!netns.links.has(operation.neigh.ifname)) refuse('ENODEV', operation)
      if (operation.neigh.family === 6 && !hasIpv6(netns, operation.neigh.ifname)) refuse('EINVAL', operation)
      netns.neighs = [...netns.neighs.filter((neigh) => neighKey(neigh) !== neighKey(operation.neigh)), operation.neigh]
      return
    case 'del neigh':
      if (!netns.neighs.some((neigh) => neighKey(neigh) === neighKey(operation.neigh))) refuse('ENOENT', operation)
      netns.neighs = netns.neighs.filter((neigh) => neighKey(neigh) !== neighKey(operation.neigh))
      return
    case 'set sysctl':
      return setSysctl(netns, operation.name, operation.value, operation)
    case 'write file':
      if (operation.file.content === undefined) refuse('no content', operation)
      netns.files.set(operation.path, operation.file)
      return
    case 'remove file':
      if (!netns.files.delete(operation.path)) refuse('ENOENT', operation)
      return
    case 'set ruleset':
      return restoreRuleset(netns, operation.tool, operation.input)
  }
}

/** rtnl_setlink → do_setlink. */
function changeLink(netns: Netns, operation: SetLink): void {
  const entry = netns.links.get(operation.ifname) ?? refuse('ENODEV', operation)
  const { link } = entry
  const { up, mtu, lladdr, addrGenMode, master, alias, bridge } = operation.set
  if (addrGenMode !== undefined) link.addrGenMode = addrGenMode
  if (lladdr !== undefined) {
    link.lladdr = lladdr
    flushNeighs(netns, (neigh) => neigh.ifname === operation.ifname)
  }
  if (mtu !== undefined) {
    if (mtu < 1280 && link.mtu >= 1280) closeIpv6(netns, operation.ifname)
    // dev_set_mtu does nothing, and so marks nothing, where the value is the same.
    if (mtu !== link.mtu) entry.ownMtu = true
    link.mtu = mtu
    adjustMtu(netns, link.master)
  }
  if (master !== undefined) {
    const old = link.master
    if (master !== null && netns.links.get(master)?.link.kind !== 'bridge') refuse('EINVAL', operation)
    if (master === null) delete link.master
    else link.master = master
    adjustMtu(netns, old)
    adjustMtu(netns, master ?? undefined)
  }
  if (alias === '') delete link.alias
  else if (alias !== undefined) link.alias = alias
  if (bridge !== undefined) {
    if (link.kind !== 'bridge') refuse('EOPNOTSUPP', operation)
    Object.assign(link, bridge)
  }
  if (up === false && link.up) goDown(netns, operation.ifname)
  if (up === true && !link.up && operation.ifname === 'lo') giveLoopbackAddrs(netns)
  if (up !== undefined) link.up = up
}

function giveLoopbackAddrs(netns: Netns): void {
  const given: AddrState[] = [
    { ifname: 'lo', family: 4, local: '127.0.0.1', prefixlen: 8 },
    { ifname: 'lo', family: 6, local: '::1', prefixlen: 128 },
  ]
  for (const addr of given) if (!netns.addrs.some((one) => addrKey(one) === addrKey(addr))) netns.addrs.push(addr)
}

/** br_mtu_auto_adjust */
function adjustMtu(netns: Netns, bridge: string | undefined): void {
  const entry = bridge === undefined ? undefined : netns.links.get(bridge)
  if (entry === undefined || entry.ownMtu) return
  const ports = [...netns.links.values()].filter(({ link }) => link.master === bridge).map(({ link }) => link.mtu)
  entry.link.mtu = ports.length === 0 ? 1500 : Math.min(...ports)
}

/** fib_disable_ip, addrconf_ifdown(unregister = false), neigh_ifdown */
function goDown(netns: Netns, ifname: string): void {
  netns.addrs = netns.addrs.filter((addr) => addr.family === 4 || addr.ifname !== ifname)
  netns.routes = netns.routes.filter((route) => !isAllOn(route, ifname))
  flushNeighs(netns, (neigh) => neigh.ifname === ifname)
}

function isAllOn(route: RouteState, ifname: string): boolean {
  // A v6 blackhole hangs on lo.
  if (route.type !== 'unicast') return route.family === 6 && ifname === 'lo'
  return route.nexthops.every((nexthop) => nexthop.dev === ifname)
}

function flushNeighs(netns: Netns, goes: (neigh: NeighState) => boolean): void {
  netns.neighs = netns.neighs.filter((neigh) => !goes(neigh))
}

/** addrconf_ifdown(unregister = true) */
function closeIpv6(netns: Netns, ifname: string): void {
  netns.addrs = netns.addrs.filter((addr) => addr.family === 4 || addr.ifname !== ifname)
  cutIpv6Nexthops(netns, ifname)
  flushNeighs(netns, (neigh) => neigh.family === 6 && neigh.ifname === ifname)
  for (const name of [...netns.sysctls.keys()]) if (name.startsWith('net.ipv6.') && isSysctlOf(name, ifname)) netns.sysctls.delete(name)
}

function cutIpv6Nexthops(netns: Netns, ifname: string): void {
  netns.routes = netns.routes.flatMap((route) => {
    if (route.family === 4 || !route.nexthops.some((nexthop) => nexthop.dev === ifname)) return [route]
    const nexthops = route.nexthops.filter((nexthop) => nexthop.dev !== ifname)
    return nexthops.length === 0 ? [] : [{ ...route, nexthops }]
  })
}

function isSysctlOf(name: string, ifname: string): boolean {
  return name.includes(`.conf.${ifname.replaceAll('.', '/')}.`) || name.includes(`.neigh.${ifname.replaceAll('.', '/')}.`)
}

/** unregister_netdevice */
function unregister(netns: Netns, ifname: string): void {
  const entry = netns.links.get(ifname)
  if (entry === undefined) return
  goDown(netns, ifname)
  netns.links.delete(ifname)
  cutIpv6Nexthops(netns, ifname)
  netns.routes = netns.routes.filter((route) => !route.nexthops.some((nexthop) => nexthop.dev === ifname))
  const gone = netns.addrs.filter((addr) => addr.ifname === ifname)
  netns.addrs = netns.addrs.filter((addr) => addr.ifname !== ifname)
  for (const addr of gone) if (addr.family === 4) forgetSource4(netns, addr.local)
  for (const name of [...netns.sysctls.keys()]) if (isSysctlOf(name, ifname)) netns.sysctls.delete(name)
  for (const port of netns.links.values()) if (port.link.master === ifname) delete port.link.master
  adjustMtu(netns, entry.link.master)
}

/** fib_sync_down_addr: routes of the main table only. */
function forgetSource4(netns: Netns, local: string): void {
  if (netns.addrs.some((addr) => addr.local === local)) return
  netns.routes = netns.routes.filter((route) => route.src !== local || route.table !== 254)
}

function subnetOf(addr: AddrState): string {
  return `${addr.ifname} ${ipaddr.IPv4.networkAddressFromCIDR(`${addr.local}/${addr.prefixlen}`).toString()}/${addr.prefixlen}`
}

function hasIpv6(netns: Netns, ifname: string): boolean {
  const link = netns.links.get(ifname)?.link
  const disabled = netns.sysctls.get(`net.ipv6.conf.${ifname}.disable_ipv6`) ?? netns.sysctls.get('net.ipv6.conf.all.disable_ipv6')
  return link !== undefined && link.mtu >= 1280 && (disabled ?? '0') === '0'
}

/** __inet_insert_ifa, inet6_addr_add */
function addAddr(netns: Netns, addr: AddrState, operation: Operation): void {
  if (!netns.links.has(addr.ifname)) refuse('ENODEV', operation)
  const others = netns.addrs.filter((other) => other.ifname === addr.ifname)
  if (addr.family === 6 && !hasIpv6(netns, addr.ifname)) refuse('EACCES', operation)
  const clashes = others.some((other) => other.local === addr.local && (addr.family === 6 || other.prefixlen === addr.prefixlen))
  if (clashes) refuse('EEXIST', operation)
  netns.addrs.push(addr)
}

/** inet_del_ifa with promote_secondaries = 0; ipv6_del_addr */
function delAddr(netns: Netns, addr: AddrState, operation: Operation): void {
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
    netns.routes = netns.routes.filter((route) => route.family === 6 || !isAllOn(route, addr.ifname))
    flushNeighs(netns, (neigh) => neigh.family === 4 && neigh.ifname === addr.ifname)
  }
}

function forgetSource6(netns: Netns, local: string): void {
  netns.routes = netns.routes.map((route) => {
    if (route.src !== local) return route
    const { src: _, ...rest } = route
    return rest
  })
}

/** fib_create_info, ip6_route_info_create */
function checkRoute(netns: Netns, route: RouteState, operation: Operation): void {
  if (route.type !== 'unicast') return
  if (route.nexthops.length === 0) refuse('EINVAL', operation)
  // "Device only routes can not be added for IPv6 using the multipath API."
  if (route.family === 6 && route.nexthops.length > 1 && route.nexthops.some(({ via }) => via === undefined)) refuse('EINVAL', operation)
  for (const nexthop of route.nexthops) {
    const link = netns.links.get(nexthop.dev)?.link ?? refuse('ENODEV', operation)
    if (!link.up) refuse('ENETDOWN', operation)
    if (route.family === 6 && !hasIpv6(netns, nexthop.dev)) refuse('ENODEV', operation)
    if (netns.addrs.some((addr) => addr.local === nexthop.via)) refuse('EINVAL', operation)
    if (nexthop.via !== undefined && !nexthop.onlink && !isOnLink(netns, route.table, nexthop, nexthop.via))
      refuse('ENETUNREACH', operation)
  }
  if (route.src !== undefined && !netns.addrs.some((addr) => addr.local === route.src)) refuse('EINVAL', operation)
}

/** The longest match for a gateway is a subnet of the link, or a route without a gateway there. */
function isOnLink(netns: Netns, table: number, nexthop: Nexthop, via: string): boolean {
  if (via.startsWith('fe80:')) return true
  const address = ipaddr.parse(via)
  let best: { length: number; dev: string | undefined; direct: boolean } = { length: -1, dev: undefined, direct: false }
  const consider = (prefix: string, dev: string | undefined, direct: boolean): void => {
    const [network, length] = ipaddr.parseCIDR(prefix)
    if (network.kind() !== address.kind() || !address.match([network, length] as [ipaddr.IPv4, number]) || length < best.length) return
    if (length > best.length || dev === nexthop.dev) best = { length, dev, direct }
  }
  for (const addr of netns.addrs)
    if (netns.links.get(addr.ifname)?.link.up === true) consider(`${addr.local}/${addr.prefixlen}`, addr.ifname, true)
  for (const route of netns.routes) {
    if (route.table !== table && route.table !== 254) continue
    if (route.nexthops.length === 0) consider(route.dst, undefined, false)
    for (const { via: gateway, dev } of route.nexthops) consider(route.dst, dev, gateway === undefined)
  }
  return best.direct && best.dev === nexthop.dev
}

/** rule_find: what the request does not name is not compared. */
function isFound(request: RuleState, rule: RuleState): boolean {
  const named = ['table', 'src', 'dst', 'iif', 'oif', 'fwmark', 'ipproto', 'sport', 'dport'] as const
  if (request.family !== rule.family || request.priority !== rule.priority || request.action !== rule.action) return false
  return named.every((name) => request[name] === undefined || JSON.stringify(request[name]) === JSON.stringify(rule[name]))
}

function setSysctl(netns: Netns, name: string, value: string, operation: Operation): void {
  const parts = /^net\.(ipv4|ipv6)\.conf\.([^.]+)\.(.+)$/.exec(name === 'net.ipv4.ip_forward' ? 'net.ipv4.conf.all.forwarding' : name)
  const [, family, of = '', leaf = ''] = parts ?? []
  const isOfLink = parts !== null && of !== 'all' && of !== 'default'
  if (isOfLink && !netns.links.has(of)) refuse('ENOENT', operation)
  if (isOfLink && family === 'ipv6' && (netns.links.get(of)?.link.mtu ?? 0) < 1280) refuse('ENOENT', operation)
  netns.sysctls.set(name, value)
  const spreads = of === 'all' && (leaf === 'forwarding' || (family === 'ipv6' && leaf === 'disable_ipv6'))
  if (spreads) {
    for (const other of netns.sysctls.keys()) {
      if (other.startsWith(`net.${family ?? ''}.conf.`) && other.endsWith(`.${leaf}`)) netns.sysctls.set(other, value)
    }
  }
  if (leaf !== 'disable_ipv6' || value === '0' || of === 'default') return
  for (const ifname of of === 'all' ? netns.links.keys() : [of]) {
    netns.addrs = netns.addrs.filter((addr) => addr.family === 4 || addr.ifname !== ifname)
    netns.routes = netns.routes.filter((route) => route.family === 4 || !isAllOn(route, ifname))
    flushNeighs(netns, (neigh) => neigh.family === 6 && neigh.ifname === ifname)
  }
}

/** `*table … COMMIT` sections, or `table FAMILY NAME …` lines; by table. */
function tablesOf(tool: RulesetTool, text: string): Map<string, string> {
  const tables = new Map<string, string>()
  if (tool === 'nftables') {
    for (const line of text.split('\n').filter(Boolean)) {
      const [, verb, table = ''] = /^(delete )?table (\S+ \S+)/.exec(line) ?? []
      if (verb !== undefined) tables.delete(table)
      else if (line.includes('{')) tables.set(table, `${line}\n`)
    }
    return tables
  }
  for (const [section, table = ''] of text.matchAll(/^\*(\S+)\n[^]*?^COMMIT\n/gm)) {
    const rules = section
      .split('\n')
      .filter((line) => !/^:\S+ ACCEPT/.test(line))
      .join('\n')
    tables.set(table, /^[-:]/m.test(rules) ? rules : '')
  }
  return tables
}

/** iptables-restore replaces the tables that its input names; nft does as it is told. */
function restoreRuleset(netns: Netns, tool: RulesetTool, input: string): void {
  const tables = netns.tables.get(tool) ?? new Map<string, string>()
  netns.tables.set(tool, tables)
  if (tool === 'nftables') {
    for (const match of input.matchAll(/^delete table (\S+ \S+)/gm)) tables.delete(match[1] ?? '')
  }
  for (const [table, rules] of tablesOf(tool, input)) tables.set(table, rules)
}
