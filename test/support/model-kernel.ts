/**
 * A kernel in memory: does operations to a network as Linux does (6.18), with what it takes along unasked, and refuses what Linux
 * refuses. Written from what the kernel was seen to do, apart from src/plan/loss.ts, so that the two prove one another.
 */
import type { AddNetns, AddQdisc, ChangeQdisc, DelQdisc, Operation } from '../../src/plan/operation.ts'
import { DEFAULT_ISOLATION } from '../../src/state/isolation.ts'
import { addrKey, neighKey, routeKey, ruleKey } from '../../src/state/key.ts'
import type { LinkState, NamespaceState, NetworkState, RuleState } from '../../src/state/network.ts'
import type { Qdisc } from '../../src/state/qdisc.ts'
import { addAddr, checkRoute, delAddr, fillsLocalTable, hasIpv6 } from './model-fib.ts'
import { addBridge, addVeth, addVirtual, changeLink, unregister } from './model-link.ts'
import { refuse } from './model-netns.ts'
import type { Netns } from './model-netns.ts'
import { changePort } from './model-port.ts'
import { restoreRuleset, setSysctl, tablesOf } from './model-setting.ts'

export { Refusal } from './model-netns.ts'

export interface ModelKernel {
  /** Throws a Refusal where Linux would. */
  apply: (operation: Operation) => void
  /** What an observer would see. Unlike the input, without origins. */
  state: () => NetworkState
}

export function createModelKernel(initial: NetworkState = { namespaces: new Map() }): ModelKernel {
  const world = new Map<string, Netns>()
  for (const [name, namespace] of initial.namespaces) world.set(name, netnsOf(namespace))
  return {
    apply: (operation) => {
      applyTo(world, operation)
      const netns = world.get(operation.netns)
      if (netns !== undefined) netns.hasLocalTable ||= fillsLocalTable(netns)
    },
    state: () => ({ namespaces: new Map([...world].map(([name, netns]) => [name, stateOf(netns)])) }),
  }
}

function netnsOf(state: NamespaceState): Netns {
  const follows = (bridge: string, mtu: number): boolean => {
    const ports = [...state.links.values()].filter(({ master }) => master === bridge).map((port) => port.mtu)
    return mtu === (ports.length === 0 ? 1500 : Math.min(...ports))
  }
  const netns: Netns = {
    kind: state.kind,
    hostname: state.hostname,
    isolation: state.isolation,
    limits: state.limits,
    root: state.root,
    mounts: new Map(state.mounts),
    links: new Map([...state.links].map(([ifname, { origin: _, ...link }]) => [ifname, { link, ownMtu: !follows(ifname, link.mtu) }])),
    qdiscs: new Map([...state.qdiscs].map(([ifname, chain]) => [ifname, { qdiscs: chain.qdiscs.map(toldOf) }])),
    addrs: [...state.addrs.values()],
    routes: [...state.routes.values()],
    rules: [...state.rules.values()],
    neighs: [...state.neighs.values()],
    sysctls: new Map([...state.sysctls].map(([name, { value }]) => [name, value])),
    files: new Map(state.files),
    tables: new Map([...state.rulesets].map(([tool, { canonical }]) => [tool, tablesOf(tool, canonical)])),
    hasLocalTable: false,
  }
  // What was routed by an IPv4 gateway once could be.
  return {
    ...netns,
    hasLocalTable: fillsLocalTable(netns) || netns.routes.some(({ nexthops }) => nexthops.some(({ via }) => via?.includes('.'))),
  }
}

/** br_mdb_fill_info: nothing of a bridge that does not snoop. */
function toldPort({ links }: Netns, link: LinkState): LinkState {
  const bridge = links.get(link.master ?? '')?.link
  if (link.port === undefined || bridge?.kind !== 'bridge' || bridge.mcastSnooping) return { ...link }
  return { ...link, port: { ...link.port, mdbs: new Map() } }
}

function stateOf(netns: Netns): NamespaceState {
  const byKey = <V extends object>(objects: readonly V[], keyOf: (object: V) => string): Map<string, V> =>
    new Map(objects.map((object) => [keyOf(object), withoutOrigin(object)]))
  return {
    kind: netns.kind,
    ...(netns.hostname !== undefined && { hostname: netns.hostname }),
    ...(netns.isolation !== undefined && { isolation: netns.isolation }),
    ...(netns.limits !== undefined && { limits: netns.limits }),
    ...(netns.root !== undefined && { root: withoutOrigin(netns.root) }),
    mounts: new Map([...netns.mounts].map(([path, mount]) => [path, withoutOrigin(mount)])),
    links: new Map([...netns.links].map(([ifname, { link }]) => [ifname, toldPort(netns, link)])),
    qdiscs: new Map(netns.qdiscs),
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
    services: new Map(),
  }
}

/** What the kernel tells of a discipline: no origin, no distribution. */
function toldOf({ handle, options }: Qdisc): Qdisc {
  if (options.kind !== 'netem') return { handle, options }
  const { distribution: _, ...told } = options
  return { handle, options: told }
}

function changeQdiscs(netns: Netns, operation: AddQdisc | ChangeQdisc | DelQdisc): void {
  const { ifname } = operation
  if (!netns.links.has(ifname)) refuse('ENODEV', operation)
  const there = netns.qdiscs.get(ifname)?.qdiscs ?? []
  if (operation.type === 'del qdisc') {
    if (there.length === 0) refuse('ENOENT', operation)
    netns.qdiscs.delete(ifname)
    return
  }
  const { qdisc, parent } = operation
  const at = there.findIndex((one) => one.handle === qdisc.handle)
  const above = there.findIndex((one) => one.handle === parent)
  if (operation.type === 'add qdisc' && (at >= 0 || above !== there.length - 1)) refuse('EEXIST', operation)
  if (operation.type === 'change qdisc' && there[at]?.options.kind !== qdisc.options.kind) refuse('EINVAL', operation)
  const qdiscs = operation.type === 'add qdisc' ? [...there, toldOf(qdisc)] : there.with(at, toldOf(qdisc))
  netns.qdiscs.set(ifname, { qdiscs })
}

function withoutOrigin<V extends object>(object: V): V {
  const { origin: _, ...rest } = object as V & { origin?: unknown }
  return rest as V
}

function applyTo(world: Map<string, Netns>, operation: Operation): void {
  if (operation.type === 'run setup' || operation.type === 'start service' || operation.type === 'stop service') return
  if (operation.type === 'add netns') {
    if (world.has(operation.netns)) refuse('EEXIST', operation)
    world.set(operation.netns, newNetns(operation))
    return
  }
  const netns = world.get(operation.netns) ?? refuse('ESRCH', operation)
  switch (operation.type) {
    case 'del netns':
      for (const { link } of netns.links.values()) {
        if (link.kind === 'veth' && link.peer.netns !== operation.netns) unregister(world.get(link.peer.netns), link.peer.ifname)
      }
      world.delete(operation.netns)
      return
    case 'add veth':
      return addVeth(netns, world.get(operation.link.peer.netns) ?? refuse('ESRCH', operation), operation)
    case 'del link': {
      const { link } = netns.links.get(operation.ifname) ?? refuse('ENODEV', operation)
      unregister(netns, operation.ifname)
      if (link.kind === 'veth') unregister(world.get(link.peer.netns), link.peer.ifname)
      return
    }
    default:
      applyInside(netns, operation)
  }
}

function newNetns({ kind, hostname, root }: AddNetns): Netns {
  return {
    kind,
    hostname,
    isolation: kind === 'node' ? DEFAULT_ISOLATION : undefined,
    limits: undefined,
    root,
    mounts: new Map(),
    links: new Map([['lo', { link: { kind: 'loopback', up: false, mtu: 65536 }, ownMtu: false }]]),
    qdiscs: new Map(),
    addrs: [],
    routes: [],
    rules: [],
    neighs: [],
    sysctls: new Map(),
    files: new Map(),
    tables: new Map(),
    hasLocalTable: false,
  }
}

type InsideOperation = Exclude<
  Operation,
  { type: 'add netns' | 'del netns' | 'add veth' | 'del link' | 'run setup' | 'start service' | 'stop service' }
>

function applyInside(netns: Netns, operation: InsideOperation): void {
  switch (operation.type) {
    case 'set hostname':
      netns.hostname = operation.hostname
      return
    case 'set isolation':
      netns.isolation = operation.isolation
      return
    case 'set limits':
      netns.limits = operation.limits
      return
    case 'add bridge':
      return addBridge(netns, operation)
    case 'add link':
      return addVirtual(netns, operation)
    case 'take link':
      // The model's machine has no interface to give.
      return refuse('ENODEV', operation)
    case 'set wireguard':
    case 'add vlan':
    case 'del vlan':
    case 'add fdb':
    case 'del fdb':
    case 'add mdb':
    case 'del mdb':
      return changePort(netns, operation)
    case 'set link':
      return changeLink(netns, operation)
    case 'add qdisc':
    case 'change qdisc':
    case 'del qdisc':
      return changeQdiscs(netns, operation)
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
    case 'add mount':
      if (netns.mounts.has(operation.path)) refuse('EBUSY', operation)
      netns.mounts.set(operation.path, operation.mount)
      return
    case 'del mount':
      if (!netns.mounts.delete(operation.path)) refuse('EINVAL', operation)
      return
    case 'write file':
      // Only an undo may do without: it finds what the file had put aside.
      if (operation.file.content === undefined && operation.cause !== 'undo') refuse('no content', operation)
      netns.files.set(operation.path, operation.file)
      return
    case 'remove file':
      if (!netns.files.delete(operation.path)) refuse('ENOENT', operation)
      return
    case 'set ruleset':
      return restoreRuleset(netns, operation.tool, operation.input)
  }
}

/** rule_find: what the request does not name is not compared. */
function isFound(request: RuleState, rule: RuleState): boolean {
  const named = ['table', 'src', 'dst', 'iif', 'oif', 'fwmark', 'ipproto', 'sport', 'dport'] as const
  if (request.family !== rule.family || request.priority !== rule.priority || request.action !== rule.action) return false
  return named.every((name) => request[name] === undefined || JSON.stringify(request[name]) === JSON.stringify(rule[name]))
}
