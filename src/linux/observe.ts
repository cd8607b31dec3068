// Reads the lab's state back from the kernel, in the model that the desired state has too.
import { fstatSync, statSync } from 'node:fs'
import type {
  AddrState,
  BridgeLink,
  BridgePort,
  FdbEntry,
  LinkEnd,
  LinkState,
  MdbEntry,
  NamespaceState,
  NeighState,
  NetworkState,
  PortVlan,
  RouteState,
  RuleState,
  SysctlState,
} from '../state/network.ts'
import { FABRIC, HOST } from '../state/network.ts'
import { ANY_LLADDR, FALLBACK_LINKS } from '../state/kind.ts'
import type { Options } from '../state/option.ts'
import { addrKey, fdbKey, mdbKey, neighKey, routeKey, ruleKey } from '../state/key.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import { observeFiles } from './file.ts'
import { observeWireguard } from './observe-wireguard.ts'
import { readPorts, type PortTables } from './observe-port.ts'
import { listNamespaces } from './holder.ts'
import { CLONE_NEWUTS, gethostname, setns } from './libc.ts'
import { decodeAddr, type AddrMessage } from './message/addr.ts'
import { decodeKindData, decodePortData } from './message/kind.ts'
import { decodeLink, getLinks, type LinkMessage } from './message/link.ts'
import { decodeNeigh } from './message/neigh.ts'
import { chainsOf, decodeQdisc, type QdiscMessage } from './message/qdisc.ts'
import { subnetsOf, withLostSubnets } from './subnet-route.ts'
import { decodeAnyRoute, decodeRoute, isLocalRoute } from './message/route.ts'
import { decodeRule } from './message/rule.ts'
import { readSysctl } from './sysctl.ts'
import { observeMounts } from './mount.ts'
import { readNotes } from './node-notes.ts'
import { dump } from './transport.ts'
import { IFF_LOOPBACK, IFF_UP, RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH, RTM_GETQDISC, RTM_GETROUTE, RTM_GETRULE } from './uapi.ts'
import { within, withinNet, type OpenNamespace, type World } from './world.ts'
import type { WireguardConfig } from '../state/wireguard.ts'

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
  /** Inode numbers of the namespaces, as lsns(8) prints them. */
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

interface RawNamespace {
  readonly namespace: OpenNamespace
  readonly links: readonly LinkMessage[]
  /** The same, by ifindex. */
  readonly byIndex: ReadonlyMap<number, LinkMessage>
  readonly addrs: readonly AddrMessage[]
  readonly qdiscs: readonly QdiscMessage[]
  readonly ports: PortTables
  /** By ifindex. */
  readonly wireguards: ReadonlyMap<number, WireguardConfig>
}

/** Reads every namespace of the lab; `withFacts` adds counters and the operational state of links. */
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
    const { subnets, ...tables } = readTables(each, tablesOf(namespace, scope))
    namespaces.set(namespace.name, {
      kind: kindOf(namespace),
      ...(isolations.get(namespace.name) !== undefined && { isolation: isolations.get(namespace.name)! }),
      ...(namespace.name === HOST ? cableEnds(each, ends) : linksAndAddrs(each, ends, subnets)),
      ...tables,
      ...readInside(world, namespace, wanted?.sysctls ?? []),
      ...observeTree(world, namespace),
      files: observeFiles(world, namespace, wanted?.files ?? []),
      rulesets: new Map(),
      setup: [],
      services: new Map(),
    })
    inodes.set(namespace.name, inodesOf(namespace))
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

/** What a namespace is, by its name and by what it has. */
export function kindOf({ name, mnt }: OpenNamespace): NamespaceState['kind'] {
  if (name === FABRIC) return 'fabric'
  if (name === HOST) return 'host'
  return mnt === undefined ? 'bridge' : 'node'
}

/** A node's root directory, where it has one of its own, and its mounts. */
function observeTree(world: World, namespace: OpenNamespace): Pick<NamespaceState, 'root' | 'mounts'> {
  const { root } = readNotes(world, namespace.name)
  const mounts = observeMounts(world, namespace)
  if (root === undefined) return { mounts }
  const { device, ...state } = root
  return within(world, namespace, () => statSync('/').dev) === device ? { root: state, mounts } : { mounts }
}

/** A veth as its peer may see it. */
interface End {
  readonly netns: string
  readonly link: LinkMessage
}

type Ends = ReadonlyMap<number, readonly End[]>

function vethEnds(raw: readonly RawNamespace[]): Ends {
  const ends = new Map<number, End[]>()
  for (const { namespace, links } of raw)
    for (const link of links) {
      if (link.kind !== 'veth') continue
      const others = ends.get(link.ifindex)
      if (others === undefined) ends.set(link.ifindex, [{ netns: namespace.name, link }])
      else others.push({ netns: namespace.name, link })
    }
  return ends
}

/**
 * The peer of a veth: the one that points back. Numbers of netlab's links are unique in the lab, those of links made by hand are not;
 * where several point back, or none does because the peer left the lab, there is no telling.
 */
function peerOf(netns: string, link: LinkMessage, ends: Ends): LinkEnd | undefined {
  const pointingBack = (ends.get(link.linkIfindex ?? 0) ?? []).filter(
    (end) =>
      end.link.linkIfindex === link.ifindex &&
      end.link !== link &&
      (end.netns !== netns) === link.isLinkElsewhere &&
      end.link.isLinkElsewhere === link.isLinkElsewhere,
  )
  const [only] = pointingBack
  return only !== undefined && pointingBack.length === 1 ? { netns: only.netns, ifname: only.link.ifname } : undefined
}

function nameOf({ byIndex }: Pick<RawNamespace, 'byIndex'>, ifindex: number): string {
  return byIndex.get(ifindex)?.ifname ?? String(ifindex)
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

type LinksAndAddrs = Pick<NamespaceState, 'links' | 'qdiscs' | 'addrs'>

function linksAndAddrs(raw: RawNamespace, ends: Ends, subnets: ReadonlySet<string> | undefined): LinksAndAddrs {
  const [links, addrs] = [linkStates(raw, ends), addrStates(raw)]
  return { links, qdiscs: qdiscStates(raw), addrs: subnets === undefined ? addrs : withLostSubnets(addrs, links, subnets) }
}

/** Of the machine's network what is the lab's: ends of its cables. Whether one is in a bridge of the machine is not the lab's business. */
function cableEnds(raw: RawNamespace, ends: Ends): LinksAndAddrs {
  const { links, qdiscs, addrs } = linksAndAddrs(raw, ends, undefined)
  const own = new Map<string, LinkState>()
  for (const [ifname, { master: _, port: _port, ...link }] of links)
    if (link.kind === 'veth' && link.peer.netns !== HOST) own.set(ifname, link)
  return {
    links: own,
    qdiscs: new Map([...qdiscs].filter(([ifname]) => own.has(ifname))),
    addrs: new Map([...addrs].filter(([, { ifname }]) => own.has(ifname))),
  }
}

function linkStates(raw: RawNamespace, ends: Ends): Map<string, LinkState> {
  const states = new Map<string, LinkState>()
  for (const link of raw.links) {
    const common = {
      up: (link.flags & IFF_UP) !== 0,
      mtu: link.mtu,
      ...(link.lladdr !== undefined && (link.flags & IFF_LOOPBACK) === 0 && { lladdr: link.lladdr }),
      ...(link.masterIfindex !== undefined && { master: nameOf(raw, link.masterIfindex) }),
      ...(link.addrGenMode !== undefined && { addrGenMode: link.addrGenMode }),
      ...(link.alias !== undefined && { alias: link.alias }),
      ...portOf(raw, link),
      ...(link.facts !== undefined && { facts: link.facts }),
    }
    states.set(link.ifname, linkState(raw, link, common, ends))
  }
  return states
}

type LinkCommon = Pick<BridgeLink, 'up' | 'mtu' | 'lladdr' | 'addrGenMode' | 'master' | 'port' | 'alias' | 'facts'>

function linkState(raw: RawNamespace, link: LinkMessage, common: LinkCommon, ends: Ends): LinkState {
  if (link.flags & IFF_LOOPBACK) return { kind: 'loopback', ...common }
  if (link.kind === 'bridge' && link.bridge !== undefined) {
    const selfVlans = link.bridge.vlan === undefined ? undefined : raw.ports.vlans.get(link.ifindex)
    return { kind: 'bridge', ...common, ...link.bridge, ...(selfVlans !== undefined && { selfVlans }) }
  }
  if (link.kind === 'veth') {
    const peer = peerOf(raw.namespace.name, link, ends)
    return peer === undefined ? { kind: 'other', infoKind: link.kind, ...common } : { kind: 'veth', peer, ...common }
  }
  return virtualState(raw, link, common) ?? { kind: 'other', infoKind: link.kind, ...common }
}

/** Undefined for a kind that netlab does not make, and for one whose parent is in another namespace: netlab makes none such. */
function virtualState(raw: RawNamespace, link: LinkMessage, common: LinkCommon): LinkState | undefined {
  const data = decodeKindData(link.kind, link.data, { ifnameOf: (ifindex) => nameOf(raw, ifindex) })
  if (data === undefined || link.isLinkElsewhere || FALLBACK_LINKS.has(link.ifname)) return undefined
  const below = link.linkIfindex !== undefined && link.linkIfindex !== 0 && link.linkIfindex !== link.ifindex ? link.linkIfindex : undefined
  const parent = data.parent ?? (below === undefined ? undefined : nameOf(raw, below))
  const wireguard = raw.wireguards.get(link.ifindex)
  return {
    ...common,
    ...data,
    ...(parent !== undefined && { parent }),
    ...(data.kind === 'vxlan' && { fdbs: fdbsOf(raw.ports.remotes.get(link.ifindex) ?? [], data.options) }),
    ...(wireguard !== undefined && { wireguard }),
  }
}

/** Without the entry that the kernel makes of `remote` or `group`. */
function fdbsOf(entries: readonly FdbEntry[], { remote, group }: Options): Map<string, FdbEntry> {
  const own = entries.filter(({ lladdr, dst }) => lladdr !== ANY_LLADDR || dst !== (remote ?? group))
  return new Map(own.map((fdb) => [fdbKey(fdb), fdb]))
}

function portOf(raw: RawNamespace, link: LinkMessage): { port?: BridgePort } {
  if (link.portData === undefined) return {}
  const { vlans, fdbs, mdbs } = raw.ports
  const master = link.masterIfindex === undefined ? undefined : raw.byIndex.get(link.masterIfindex)
  return {
    port: {
      options: decodePortData(link.portData, { ifnameOf: String }),
      // A bridge that takes no notice of VLANs has them all the same: 1 on each port.
      vlans: (master?.bridge?.vlan === undefined ? undefined : vlans.get(link.ifindex)) ?? new Map<number, PortVlan>(),
      fdbs: new Map<string, FdbEntry>((fdbs.get(link.ifindex) ?? []).map((fdb) => [fdbKey(fdb), fdb])),
      mdbs: new Map<string, MdbEntry>((mdbs.get(link.ifindex) ?? []).map((mdb) => [mdbKey(mdb), mdb])),
    },
  }
}

function qdiscStates(raw: RawNamespace): Map<string, QdiscChain> {
  return new Map([...chainsOf(raw.qdiscs)].map(([ifindex, chain]) => [nameOf(raw, ifindex), chain]))
}

/** Addresses set by hand. Those that a lease or an advertisement made, and link-local ones, come and go by themselves. */
function addrStates(raw: RawNamespace): Map<string, AddrState> {
  const states = new Map<string, AddrState>()
  for (const addr of raw.addrs) {
    const isLoopbackOwn = addr.ifindex === 1 && (addr.local === '127.0.0.1' || addr.local === '::1')
    if (!addr.permanent || isLoopbackOwn) continue
    const state = { ifname: nameOf(raw, addr.ifindex), family: addr.family, local: addr.local, prefixlen: addr.prefixlen }
    states.set(addrKey(state), state)
  }
  return states
}

/** `subnets`: as `subnetsOf`, of all routes, the kernel's own too; undefined where routes were not asked for. */
type Tables = Pick<NamespaceState, Exclude<Table, 'qdiscs'>> & { readonly subnets: ReadonlySet<string> | undefined }

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
      for (const subnet of subnetsOf(own ?? decodeAnyRoute(body, ifnameOf))) subnets.add(subnet)
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
