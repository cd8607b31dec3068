// Reads the lab's state back from the kernel, in the model that the desired state has too.
import { fstatSync, statSync } from 'node:fs'
import type { NamespaceState, NeighState, NetworkState, RouteState, RuleState, SysctlState } from '../state/network.ts'
import { HOST } from '../state/network.ts'
import { neighKey, routeKey, ruleKey } from '../state/key.ts'
import { observeFiles } from './file.ts'
import { cableEnds, linksAndAddrs, nameOf, vethEnds, type RawNamespace } from './observe-link.ts'
import { observeWireguard } from './observe-wireguard.ts'
import { readPorts } from './observe-port.ts'
import { listNamespaces } from './holder.ts'
import { CLONE_NEWUTS, gethostname, setns } from './libc.ts'
import { decodeAddr, type AddrMessage } from './message/addr.ts'
import { decodeLink, getLinks, type LinkMessage } from './message/link.ts'
import { decodeNeigh } from './message/neigh.ts'
import { decodeQdisc, type QdiscMessage } from './message/qdisc.ts'
import { subnetsOf, withLostSubnets } from './subnet-route.ts'
import { decodeAnyRoute, decodeRoute, isLocalRoute } from './message/route.ts'
import { decodeRule } from './message/rule.ts'
import { readSysctl } from './sysctl.ts'
import { observeMounts } from './mount.ts'
import { readNotes } from './node-notes.ts'
import { dump } from './transport.ts'
import { RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH, RTM_GETQDISC, RTM_GETROUTE, RTM_GETRULE } from './uapi.ts'
import { kindOf, within, withinNet, type OpenNamespace, type World } from './world.ts'

/** What is read of a namespace besides its links and addresses: what cannot be listed but must be asked for by name, and tables. */
export interface NamespaceScope {
  readonly sysctls: readonly string[]
  readonly files: readonly string[]
  /** All of them where absent. */
  readonly tables?: ReadonlySet<Table>
}

export type Table = 'qdiscs' | 'routes' | 'rules' | 'neighs'

/** By namespace. */
export type ObserveScope = ReadonlyMap<string, NamespaceScope>

/** State of the network, and what of it is still on its way. Rulesets and services are not in it: they are asked from their own tools and supervisors. */
export interface Observation {
  readonly network: NetworkState
  /** IPv6 addresses whose duplicate address detection is not over: `h1: eth0 fd00::1/64`. */
  readonly tentative: readonly string[]
  /** Those where it found another owner. */
  readonly duplicate: readonly string[]
  /** Inode numbers of the namespaces, as lsns(8) prints them; with facts only. */
  readonly inodes: ReadonlyMap<string, NamespaceInodes>
}

export interface NamespaceInodes {
  readonly net: number
  readonly mnt?: number
  readonly uts?: number
}

const ALL_TABLES: ReadonlySet<Table> = new Set(['qdiscs', 'routes', 'rules', 'neighs'])
/** The machine's routes, rules and neighbours are none of the lab's business. */
const HOST_TABLES: ReadonlySet<Table> = new Set(['qdiscs'])

/** Priorities of the rules that every namespace is born with: local, main, default. */
const OWN_RULES = new Set([0, 32766, 32767])

/** Reads every namespace of the lab; `withFacts` adds counters and the operational state of links, and what the namespaces are to lsns(8). */
export function observe(world: World, scope: ObserveScope, withFacts: boolean): Observation {
  const raw: RawNamespace[] = []
  for (const namespace of world.namespaces.values()) raw.push(readLinksAndAddrs(world, namespace, tablesOf(namespace, scope), withFacts))
  const ends = vethEnds(raw)
  const isolations = new Map(listNamespaces(world.holder).map(({ name, isolation }) => [name, isolation]))
  const namespaces = new Map<string, NamespaceState>()
  const inodes = new Map<string, NamespaceInodes>()
  for (const each of raw) {
    const { namespace } = each
    const wanted = scope.get(namespace.name)
    const own = namespace.name === HOST ? cableEnds(each, ends) : linksAndAddrs(each, ends)
    const { subnets, ...tables } = readTables(each, tablesOf(namespace, scope))
    namespaces.set(namespace.name, {
      kind: kindOf(namespace),
      ...(isolations.get(namespace.name) !== undefined && { isolation: isolations.get(namespace.name)! }),
      ...own,
      ...(subnets !== undefined && { addrs: withLostSubnets(own.addrs, own.links, subnets) }),
      ...tables,
      ...readInside(world, namespace, wanted?.sysctls ?? []),
      ...observeTree(world, namespace),
      files: observeFiles(world, namespace, wanted?.files ?? []),
      rulesets: new Map(),
      setup: [],
      services: new Map(),
    })
    if (withFacts) inodes.set(namespace.name, inodesOf(namespace))
  }
  const flagged = (flag: 'tentative' | 'dadFailed'): string[] =>
    raw.flatMap((each) =>
      (each.namespace.name === HOST ? [] : each.addrs)
        .filter((addr) => addr[flag])
        .map((addr) => `${each.namespace.name}: ${nameOf(each, addr.ifindex)} ${addr.local}/${addr.prefixlen}`),
    )
  return { network: { namespaces }, tentative: flagged('tentative'), duplicate: flagged('dadFailed'), inodes }
}

function tablesOf({ name }: OpenNamespace, scope: ObserveScope): ReadonlySet<Table> {
  return name === HOST ? HOST_TABLES : (scope.get(name)?.tables ?? ALL_TABLES)
}

/** A node's root directory, where it has one of its own, and its mounts. */
function observeTree(world: World, namespace: OpenNamespace): Pick<NamespaceState, 'root' | 'mounts'> {
  const { root, mounts: noted } = readNotes(world, namespace.name)
  const mounts = observeMounts(world, namespace, noted)
  if (root === undefined) return { mounts }
  const { device, ...state } = root
  return within(world, namespace, () => statSync('/').dev) === device ? { root: state, mounts } : { mounts }
}

const NO_FILTER = {
  addr: Buffer.alloc(8),
  qdisc: Buffer.alloc(20),
  route: Buffer.alloc(12),
  rule: Buffer.alloc(12),
  neigh: Buffer.alloc(12),
}

function readLinksAndAddrs(world: World, namespace: OpenNamespace, tables: ReadonlySet<Table>, withFacts: boolean): RawNamespace {
  const links: LinkMessage[] = []
  const addrs: AddrMessage[] = []
  gather(namespace, RTM_GETLINK, getLinks(withFacts), links, (body) => decodeLink(body, withFacts))
  gather(namespace, RTM_GETADDR, NO_FILTER.addr, addrs, decodeAddr)
  const qdiscs: QdiscMessage[] = []
  if (tables.has('qdiscs')) gather(namespace, RTM_GETQDISC, NO_FILTER.qdisc, qdiscs, decodeQdisc)
  noteIfindexes(world, namespace, links)
  const byIndex = new Map(links.map((link) => [link.ifindex, link]))
  const wireguards = observeWireguard(world, namespace, links)
  return { namespace, links, byIndex, addrs, qdiscs, ports: readPorts(namespace, links), wireguards }
}

/** Learns the numbers of the links that are in a namespace. */
export function readIfindexes(world: World, namespace: OpenNamespace): void {
  const links: LinkMessage[] = []
  gather(namespace, RTM_GETLINK, getLinks(false), links, (body) => decodeLink(body, false))
  noteIfindexes(world, namespace, links)
}

function noteIfindexes(world: World, namespace: OpenNamespace, links: readonly LinkMessage[]): void {
  namespace.ifindexes.clear()
  for (const { ifname, ifindex } of links) {
    namespace.ifindexes.set(ifname, ifindex)
    world.nextIfindex = Math.max(world.nextIfindex, ifindex + 1)
  }
}

function gather<T>(namespace: OpenNamespace, type: number, header: Uint8Array, into: T[], decode: (body: Buffer) => T | undefined): void {
  const each = (body: Buffer): void => {
    const value = decode(body)
    if (value !== undefined) into.push(value)
  }
  dump(namespace.netlink, type, header, each, () => (into.length = 0))
}

interface Tables extends Pick<NamespaceState, Exclude<Table, 'qdiscs'>> {
  /** As `subnetsOf`, of all routes, the kernel's own too; absent where routes were not asked for. */
  readonly subnets: ReadonlySet<string> | undefined
}

function readTables(raw: RawNamespace, tables: ReadonlySet<Table> = ALL_TABLES): Tables {
  const ifnameOf = (ifindex: number): string => nameOf(raw, ifindex)
  const routes: RouteState[] = []
  const rules: RuleState[] = []
  const neighs: NeighState[] = []
  const subnets = tables.has('routes') ? new Set<string>() : undefined
  if (subnets !== undefined)
    gather(raw.namespace, RTM_GETROUTE, NO_FILTER.route, routes, (body) => {
      if (isLocalRoute(body)) return undefined
      const own = decodeRoute(body, ifnameOf)
      const route = own ?? decodeAnyRoute(body, ifnameOf)
      if (route !== undefined) for (const subnet of subnetsOf(route)) subnets.add(subnet)
      return own
    })
  if (tables.has('rules'))
    gather(raw.namespace, RTM_GETRULE, NO_FILTER.rule, rules, (body) => {
      const rule = decodeRule(body)
      return rule !== undefined && !OWN_RULES.has(rule.priority) ? rule : undefined
    })
  if (tables.has('neighs')) gather(raw.namespace, RTM_GETNEIGH, NO_FILTER.neigh, neighs, (body) => decodeNeigh(body, ifnameOf))
  return {
    subnets,
    routes: new Map(routes.map((route) => [routeKey(route), route])),
    rules: new Map(rules.map((rule) => [ruleKey(rule), rule])),
    neighs: new Map(neighs.map((neigh) => [neighKey(neigh), neigh])),
  }
}

function readInside(
  world: World,
  namespace: OpenNamespace,
  names: readonly string[],
): { hostname?: string; sysctls: Map<string, SysctlState> } {
  const sysctls = new Map<string, SysctlState>()
  if (names.length > 0)
    withinNet(world, namespace, () => {
      for (const name of names) {
        const value = readSysctl(name)
        if (value !== undefined) sysctls.set(name, { value })
      }
    })
  return namespace.uts === undefined ? { sysctls } : { sysctls, hostname: hostnameIn(world, namespace.uts) }
}

function hostnameIn(world: World, uts: number): string {
  try {
    setns(uts, CLONE_NEWUTS)
    return gethostname()
  } finally {
    setns(world.base.uts, CLONE_NEWUTS)
  }
}

function inodesOf(namespace: OpenNamespace): NamespaceInodes {
  return {
    net: fstatSync(namespace.net).ino,
    ...(namespace.mnt !== undefined && { mnt: fstatSync(namespace.mnt).ino }),
    ...(namespace.uts !== undefined && { uts: fstatSync(namespace.uts).ino }),
  }
}
