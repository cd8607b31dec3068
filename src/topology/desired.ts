/** Topology → what the kernel is to have. Nothing can be wrong any more: findings belong to the stages before. */
import { join } from 'node:path'
import { Bug } from '../diagnostic/bug.ts'
import { addrKey, fdbKey, neighKey, ruleKey } from '../state/key.ts'
import { EXTERNAL, FABRIC, HOST } from '../state/network.ts'
import type { RootState } from '../state/mount.ts'
import type {
  AddrState,
  BridgeLink,
  ExternalLink,
  FdbEntry,
  LinkState,
  LoopbackLink,
  NamespaceState,
  NetworkState,
  RulesetState,
  RulesetTool,
  PortVlan,
  SysctlState,
  VethLink,
  VirtualLink,
} from '../state/network.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import { ANY_LLADDR, KINDS } from '../state/kind.ts'
import { newVxlanEntries } from '../state/vxlan.ts'
import { derivedMac } from '../unit/mac.ts'
import { isOutsider } from './definitions.ts'
import { mplsSysctls } from './mpls.ts'
import { createNodeFiles } from './node-files.ts'
import { bridgeLinkName, createPortNamer } from './port-names.ts'
import type { LinkName, PortNamer } from './port-names.ts'
import type { Bridge, Cable, Interface, InterfaceAddress, Node, NodeSettings, Topology } from './topology.ts'

/** IN6_ADDR_GEN_MODE_NONE: no link-local address, hence no router solicitations, no MLD, no duplicate address detection. */
const NO_LINK_LOCAL = ['net.ipv6.conf.default.addr_gen_mode', { value: '1' }] as const
/** `check` has looked for duplicates; waiting a second for the kernel to look too would only delay the first packet. */
const NO_DAD = ['net.ipv6.conf.default.accept_dad', { value: '0' }] as const

/** A link with a smaller MTU has no IPv6 at all (addrconf_notify), nor then an addrGenMode: EAFNOSUPPORT. <linux/ipv6.h> */
const IPV6_MIN_MTU = 1280

type Links = Map<string, LinkState>
type Qdiscs = Map<string, QdiscChain>

/** The network that a topology means. Pure: equal topologies give equal states. */
export function desiredState(topology: Topology): NetworkState {
  const { links, qdiscs } = buildLinks(topology)
  const filesOf = createNodeFiles(topology)
  const namespaces = new Map<string, NamespaceState>()
  for (const node of topology.nodes.values()) {
    if (isOutsider(node.name)) continue
    namespaces.set(node.name, {
      kind: 'node',
      hostname: node.name,
      isolation: node.settings.isolation,
      ...limitsOf(node.settings),
      ...rootOf(node),
      mounts: node.settings.mounts,
      links: links.get(node.name) ?? new Map<string, LinkState>(),
      qdiscs: qdiscs.get(node.name) ?? new Map<string, QdiscChain>(),
      addrs: addrsOf([...interfaceAddrs(node.interfaces), ...node.loopback.map((address) => addrState('lo', address))]),
      routes: node.routes,
      rules: new Map(node.rules.map((rule) => [ruleKey(rule), rule])),
      neighs: new Map(node.neighs.map((neigh) => [neighKey(neigh), neigh])),
      sysctls: nodeSysctls(node, topology.usesIpv6),
      files: filesOf(node),
      rulesets: rulesetsOf(node),
      setup: node.settings.setup,
      services: node.services,
      origin: node.origin,
    })
  }
  for (const bridge of topology.bridges.values()) {
    if (bridge.addresses.length === 0) continue
    const { ifname } = bridgeLinkName(bridge.name)
    namespaces.set(bridge.name, {
      ...emptyNamespace('bridge', links.get(bridge.name), qdiscs.get(bridge.name)),
      addrs: addrsOf(bridge.addresses.map((address) => addrState(ifname, address))),
      routes: bridge.routes,
      sysctls: new Map<string, SysctlState>(topology.usesIpv6 ? [NO_LINK_LOCAL, NO_DAD] : [NO_LINK_LOCAL]),
      origin: bridge.origin,
    })
  }
  const fabric = links.get(FABRIC)
  if (fabric !== undefined)
    namespaces.set(FABRIC, { ...emptyNamespace('fabric', fabric, qdiscs.get(FABRIC)), sysctls: new Map([NO_LINK_LOCAL]) })
  const host = topology.nodes.get(HOST)
  if (host !== undefined)
    namespaces.set(HOST, {
      ...emptyNamespace('host', links.get(HOST), qdiscs.get(HOST)),
      addrs: addrsOf([...interfaceAddrs(host.interfaces)]),
      origin: host.origin,
    })
  return { namespaces }
}

/** Without the canonical form, which the tool itself writes when the ruleset is tried out. */
export function rulesetsOf(node: Node): ReadonlyMap<RulesetTool, RulesetState> {
  return new Map([...node.settings.rulesets].map(([tool, ruleset]) => [tool, { ...ruleset, canonical: '' }]))
}

/** Of a node that has any. */
function limitsOf({ limits, limitsOrigin }: NodeSettings): Pick<NamespaceState, 'limits' | 'limitsOrigin'> {
  if (Object.keys(limits).length === 0) return {}
  return { limits, ...(limitsOrigin !== undefined && { limitsOrigin }) }
}

/** Each node keeps its writes in a directory of its own. */
function rootOf({ name, settings: { root } }: Node): { root?: RootState } {
  if (root?.save === undefined) return root === undefined ? {} : { root }
  return { root: { ...root, save: join(root.save, name) } }
}

function emptyNamespace(kind: NamespaceState['kind'], links: Links | undefined, qdiscs: Qdiscs | undefined): NamespaceState {
  return {
    kind,
    mounts: new Map(),
    links: links ?? new Map<string, LinkState>(),
    qdiscs: qdiscs ?? new Map<string, QdiscChain>(),
    addrs: new Map(),
    routes: new Map(),
    rules: new Map(),
    neighs: new Map(),
    sysctls: new Map(),
    files: new Map(),
    rulesets: new Map(),
    setup: [],
    services: new Map(),
  }
}

/** Namespace in which a bridge lives. */
function netnsOf(bridge: Bridge): string {
  return bridge.addresses.length > 0 ? bridge.name : FABRIC
}

/** By namespace. */
function buildLinks(topology: Topology): { links: Map<string, Links>; qdiscs: Map<string, Qdiscs> } {
  const links = new Map<string, Links>()
  const qdiscs = new Map<string, Qdiscs>()
  const linksOf = (netns: string): Map<string, LinkState> => {
    const own = links.get(netns) ?? new Map<string, LinkState>()
    links.set(netns, own)
    return own
  }
  for (const node of topology.nodes.values()) if (!isOutsider(node.name)) linksOf(node.name).set('lo', loopbackLink(node))
  for (const bridge of topology.bridges.values()) {
    const netns = netnsOf(bridge)
    if (netns !== FABRIC) linksOf(netns).set('lo', loopbackLink(bridge))
    const name = bridgeLinkName(bridge.name)
    linksOf(netns).set(name.ifname, bridgeLink(topology.name, netns, bridge, name))
  }
  const namers = new Map([...links].map(([netns, own]) => [netns, createPortNamer(own.keys())]))
  for (const cable of topology.cables) addCable(topology, cable, linksOf, qdiscs, namers)
  for (const node of topology.nodes.values()) addVirtuals(topology, node, linksOf(node.name))
  return { links, qdiscs }
}

function addCable(
  topology: Topology,
  cable: Cable,
  linksOf: (netns: string) => Map<string, LinkState>,
  qdiscs: Map<string, Qdiscs>,
  namers: ReadonlyMap<string, PortNamer>,
): void {
  const [a, b] = cable.ends
  if (a.owner === EXTERNAL || b.owner === EXTERNAL) {
    const [near, device] = a.owner === EXTERNAL ? [b, a] : [a, b]
    const { netns, name, master } = place(topology, near, device, namers)
    linksOf(netns).set(name.ifname, externalLink(topology, near, device, { netns, name, ...(master !== undefined && { master }) }))
    putQdiscs(qdiscs, netns, name.ifname, near)
    return
  }
  const ends = [place(topology, a, b, namers), place(topology, b, a, namers)] as const
  ends.forEach((end, index) => {
    const peer = ends[1 - index]
    const link = cable.ends[index]
    if (peer === undefined || link === undefined) throw new Bug('A cable has two ends')
    const veth: VethLink = {
      kind: 'veth',
      up: link.up,
      mtu: link.mtu,
      ...lladdrOf(topology, end.netns, link, link.mac ?? derivedMac(topology.name, end.netns, end.name.ifname)),
      ...(link.ownerKind === 'node' && addrGenModeOf(topology, link)),
      ...(link.port !== undefined && { port: link.port }),
      ...(end.master !== undefined && { master: end.master }),
      ...(end.name.alias !== undefined && { alias: end.name.alias }),
      peer: { netns: peer.netns, ifname: peer.name.ifname },
      origin: link.origin,
    }
    linksOf(end.netns).set(end.name.ifname, veth)
    putQdiscs(qdiscs, end.netns, end.name.ifname, link)
  })
}

function putQdiscs(qdiscs: Map<string, Qdiscs>, netns: string, ifname: string, link: Interface): void {
  if (link.qdiscs === undefined) return
  const own = qdiscs.get(netns) ?? new Map<string, QdiscChain>()
  qdiscs.set(netns, own.set(ifname, link.qdiscs))
}

/** It keeps its own address, unless the file gives it another. */
function externalLink(topology: Topology, link: Interface, device: Interface, { netns, name, master }: Place): ExternalLink {
  const isGiven = link.mac !== undefined && link.mac !== derivedMac(topology.name, netns, name.ifname)
  return {
    kind: 'external',
    device: device.ifname ?? '',
    up: link.up,
    mtu: link.mtu,
    ...(isGiven && { lladdr: link.mac }),
    ...(link.ownerKind === 'node' && addrGenModeOf(topology, link)),
    ...(link.port !== undefined && { port: link.port }),
    ...(master !== undefined && { master }),
    ...(name.alias !== undefined && { alias: name.alias }),
    origin: device.origin,
  }
}

interface Place {
  readonly netns: string
  readonly name: LinkName
  readonly master?: string
}

/** Where an end of a cable goes, and under which name. */
function place(topology: Topology, end: Interface, peer: Interface, namers: ReadonlyMap<string, PortNamer>): Place {
  const bridge = end.ownerKind === 'bridge' ? topology.bridges.get(end.owner) : undefined
  if (bridge === undefined) {
    return { netns: end.owner, name: { ifname: end.ifname ?? '' }, ...(end.master !== undefined && { master: end.master }) }
  }
  const netns = netnsOf(bridge)
  const namer = namers.get(netns)
  if (namer === undefined) throw new Bug(`The bridge ${bridge.name} has no namespace`)
  return { netns, name: namer.nameOf(end, peer), master: bridgeLinkName(bridge.name).ifname }
}

/** Links of a node that no cable makes. */
function addVirtuals(topology: Topology, node: Node, links: Map<string, LinkState>): void {
  for (const [ifname, link] of node.interfaces) {
    const { virtual, mtu, up, origin, master, port } = link
    if (virtual === undefined) continue
    const common = {
      up,
      mtu,
      ...addrGenModeOf(topology, link),
      ...(master !== undefined && { master }),
      ...(port !== undefined && { port }),
      origin,
    }
    if (virtual.kind === 'bridge') {
      const { origin: _, lladdr = '', ...bridge } = bridgeLink(topology.name, node.name, virtual.bridge, { ifname })
      links.set(ifname, { ...bridge, ...lladdrOf(topology, node.name, link, lladdr), ...common })
      continue
    }
    const { kind, parent, options, remotes, fdbs, wireguard } = virtual
    // An IPVLAN has its parent's address, which nobody can change; a tunnel has none.
    const hasLladdr = KINDS[kind].lladdr !== 'none' && kind !== 'ipvlan'
    const made: VirtualLink = {
      kind,
      ...common,
      ...(hasLladdr && lladdrOf(topology, node.name, link, link.mac ?? derivedMac(topology.name, node.name, ifname))),
      ...(parent !== undefined && { parent }),
      options,
      ...(kind === 'vxlan' && { fdbs: new Map([...newVxlanEntries({ kind, options }), ...vxlanEntries(remotes ?? [], fdbs ?? [])]) }),
      ...(wireguard !== undefined && { wireguard }),
    }
    links.set(ifname, made)
  }
}

/** What has no entry of its own goes to all far ends. */
function vxlanEntries(remotes: readonly string[], fdbs: readonly FdbEntry[]): ReadonlyMap<string, FdbEntry> {
  const ofAny = remotes.map((dst) => ({ lladdr: ANY_LLADDR, dst }))
  return new Map([...ofAny, ...fdbs].map((fdb) => [fdbKey(fdb), fdb]))
}

/** A bond gives its members its own address, unless it has that of the active one, or balances by addresses. */
function lladdrOf(topology: Topology, netns: string, link: Interface, own: string): { lladdr?: string } {
  if (hasMemberLladdr(link)) return {}
  const bond = bondOf(topology, netns, link)
  if (bond?.virtual === undefined || bond.virtual.kind === 'bridge') return { lladdr: own }
  const { mode, fail_over_mac: follows = 'none' } = bond.virtual.options
  if (mode === 'balance-tlb' || mode === 'balance-alb' || follows !== 'none') return {}
  return { lladdr: bond.mac ?? own }
}

/** Nobody can give such a bond an address: bond_set_mac_address says yes and does nothing. */
function hasMemberLladdr({ virtual }: Interface): boolean {
  if (virtual?.kind !== 'bond') return false
  const { mode, fail_over_mac: follows = 'none' } = virtual.options
  return mode === 'active-backup' && follows !== 'none'
}

function bondOf(topology: Topology, netns: string, { master }: Interface): Interface | undefined {
  const found = master === undefined ? undefined : topology.nodes.get(netns)?.interfaces.get(master)
  return found?.virtual?.kind === 'bond' ? found : undefined
}

/** Kinds whose link-local address is not made by this mode, or that put another one in its place when they come up (ARPHRD_NONE). */
const WITHOUT_LINK_LOCAL = new Set<string | undefined>(['wireguard', 'tun'])

/** What has been taken in by a bond has no IPv6 of its own; what is in a bridge needs none. */
function addrGenModeOf(topology: Topology, link: Interface): { addrGenMode?: 'eui64' | 'none' } {
  const kind = link.virtual?.kind
  if (link.mtu < IPV6_MIN_MTU || kind === 'vrf' || bondOf(topology, link.owner, link) !== undefined) return {}
  const isPort = link.ownerKind === 'node' && topology.nodes.get(link.owner)?.interfaces.get(link.master ?? '')?.virtual?.kind === 'bridge'
  return { addrGenMode: topology.usesIpv6 && !isPort && !WITHOUT_LINK_LOCAL.has(kind) ? 'eui64' : 'none' }
}

function loopbackLink(owner: Node | Bridge): LoopbackLink {
  return { kind: 'loopback', up: true, mtu: 65536, origin: owner.origin }
}

function bridgeLink(lab: string, netns: string, bridge: Bridge, name: LinkName): BridgeLink {
  const { mtu, stp, priority, ageingCs, forwardDelayCs, helloCs, maxAgeCs, mcastSnooping, origin } = bridge
  return {
    kind: 'bridge',
    up: true,
    mtu,
    lladdr: bridge.mac ?? derivedMac(lab, netns, name.ifname),
    ...(name.alias !== undefined && { alias: name.alias }),
    ...{ stp, priority, ageingCs, forwardDelayCs, helloCs, maxAgeCs, mcastSnooping, origin },
    ...(bridge.vlan !== undefined && { vlan: bridge.vlan, selfVlans: bridge.selfVlans ?? new Map<number, PortVlan>() }),
  }
}

function* interfaceAddrs(interfaces: ReadonlyMap<string, Interface>): Generator<AddrState> {
  for (const [ifname, link] of interfaces) for (const address of link.addresses) yield addrState(ifname, address)
}

function addrState(ifname: string, address: InterfaceAddress): AddrState {
  const { family, address: local, prefixlen } = address.prefix
  return { ifname, family, local, prefixlen, origin: address.origin }
}

function addrsOf(addrs: readonly AddrState[]): Map<string, AddrState> {
  return new Map(addrs.map((addr) => [addrKey(addr), addr]))
}

/** What netlab sets itself comes first: writing ip_forward resets others (inet_forward_change), which the file's own then set again. */
function nodeSysctls(node: Node, usesIpv6: boolean): Map<string, SysctlState> {
  const sysctls = new Map<string, SysctlState>()
  // Always written: a new namespace takes its IPv4 settings from the host (devinet_init_net), where Docker may have turned it on.
  const isSaidOtherwise = !node.forwarding && node.settings.sysctls.has('net.ipv4.conf.all.forwarding')
  const origin = node.forwardingOrigin === undefined ? {} : { origin: node.forwardingOrigin }
  if (!isSaidOtherwise) sysctls.set('net.ipv4.ip_forward', { value: node.forwarding ? '1' : '0', ...origin })
  if (usesIpv6) {
    if (node.forwarding) sysctls.set('net.ipv6.conf.all.forwarding', { value: '1', ...origin })
    sysctls.set(...NO_DAD)
  }
  for (const [name, sysctl] of [...mplsSysctls(node.routes, node.interfaces), ...node.settings.sysctls]) {
    sysctls.delete(name)
    sysctls.set(name, sysctl)
  }
  return sysctls
}
