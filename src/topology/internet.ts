/**
 * `internet: true` of nodes and bridges. They get a cable to a router that netlab makes, INTERNET, as to a provider's: it has a link `host`
 * to the machine's network, through which a userspace NAT (pasta or slirp4netns) sends what comes with the connections of an ordinary
 * program, and it answers for names. So the machine needs no address, route, rule or setting for it, for root as for anybody, and its
 * own firewall sees a program like any other.
 */
import type { Origin } from '../diagnostic/origin.ts'
import { routeKey } from '../state/key.ts'
import { DEFAULT_ISOLATION } from '../state/isolation.ts'
import { NO_LIMITS } from '../state/limits.ts'
import { INTERNET } from '../state/network.ts'
import type { RouteState, RulesetTool, ServiceState } from '../state/network.ts'
import { ifnameProblem } from '../unit/ifname.ts'
import { formatPrefix, hostCount, nthAddress, overlaps, parsePrefix, prefixOf, subnets } from '../unit/prefix.ts'
import type { Prefix } from '../unit/prefix.ts'
import type { Findings } from './findings.ts'
import { hostsOfBridge, usedAddresses } from './internet-bridge.ts'
import type { BridgeHost } from './internet-bridge.ts'
import { besideService } from './published-ports.ts'
import { defaultRoute, MAIN_TABLE } from './routes.ts'
import type { Bridge, Cable, Interface, InterfaceAddress, Node, NodeSettings, Topology } from './topology.ts'

/** The end of RFC 6598's shared addresses, and a prefix of RFC 4193. */
const RESERVED = [prefix('100.127.0.0/16'), prefix('fd7f:6e65:746c::/48')]
const NODE_POOL = prefix('100.127.128.0/17')
const NODE_PREFIXLEN = 30
const NODE_POOL6 = prefix('fd7f:6e65:746c::/49')
/** Numbers that slirp4netns gives host and guest of its network; pasta takes any. */
const OUTSIDE = { address: prefix('100.127.0.100/24'), gateway: '100.127.0.2' }
const OUTSIDE6 = { address: prefix('fd7f:6e65:746c:ffff::100/64'), gateway: 'fd7f:6e65:746c:ffff::2' }
export const NAME_SERVER = '100.127.1.1'
const OUTSIDE_IFNAME = 'host'
/** Name of the link in a node. */
const INSIDE_IFNAME = 'internet'
const MTU = 1500

/** A cable from the router to a node or a bridge. */
interface Line {
  readonly cable: Cable
  readonly router: Interface
  /** Senders that the router serves. */
  readonly sources: readonly Prefix[]
}

/** The topology with what `internet` asks for. Findings: OVERLAPPING_SUBNETS, INTERFACE_TAKEN, POOL_EXHAUSTED, INVALID_VALUE. */
export function withInternet(topology: Topology, findings: Findings): Topology {
  const asking = [...topology.nodes.values(), ...topology.bridges.values()].filter(({ internet }) => internet !== undefined)
  const [first] = asking
  if (first?.internet === undefined) return topology
  findReserved(topology, first.internet, findings)
  const namer = createNamer()
  const nodes = new Map(topology.nodes)
  const lines: Line[] = []
  const pool = subnets(NODE_POOL, NODE_PREFIXLEN)
  const pool6 = subnets(NODE_POOL6, 64)
  for (const node of topology.nodes.values()) {
    if (node.internet === undefined) continue
    const nets = [pool.next().value, ...(topology.usesIpv6 ? [pool6.next().value] : [])]
    const line = nodeLine(node, node.internet, nets, namer(node.name), findings)
    if (line === undefined) continue
    lines.push(line)
    nodes.set(node.name, connectedNode(node, node.internet, line))
  }
  for (const bridge of topology.bridges.values()) {
    if (bridge.internet === undefined) continue
    const hosts = hostsOfBridge(topology, bridge)
    const line = bridgeLine(topology, bridge, bridge.internet, hosts, namer(bridge.name), findings)
    if (line === undefined) continue
    lines.push(line)
    for (const host of hosts) nodes.set(host.node, servedNode(nodes.get(host.node)!, host, line, bridge.internet))
  }
  findOverlaps(lines, findings)
  nodes.set(INTERNET, routerNode(lines, first.internet, topology.usesIpv6))
  return { ...topology, nodes, cables: [...topology.cables, ...lines.map(({ cable }) => cable)] }
}

function prefix(text: string): Prefix {
  return parsePrefix(text)!
}

function findReserved(topology: Topology, origin: Origin, findings: Findings): void {
  for (const address of usedAddresses(topology)) {
    const reserved = RESERVED.find((each) => overlaps(each, address.prefix))
    if (reserved === undefined) continue
    const detail = `${formatPrefix(reserved)} is what \`internet\` uses itself, in line ${origin.line}.`
    findings.error('OVERLAPPING_SUBNETS', address.origin, detail, { hint: 'Take other addresses.' })
  }
}

/** Two bridges with one subnet: the router would not know where answers go. */
function findOverlaps(lines: readonly Line[], findings: Findings): void {
  lines.forEach(({ sources, cable }, index) => {
    const other = lines.slice(0, index).find((line) => line.sources.some((one) => sources.some((two) => overlaps(one, two))))
    if (other === undefined) return
    const detail = `${sources.map(formatPrefix).join(', ')} is that of ${other.cable.ends[1].owner}, too: answers from outside could not be told apart.`
    findings.error('OVERLAPPING_SUBNETS', cable.origin, detail)
  })
}

/** The owner's name where a link may have it. */
function createNamer(): (owner: string) => string {
  const taken = new Set(['lo', OUTSIDE_IFNAME])
  return (owner) => {
    let name = owner
    for (let number = 1; taken.has(name) || ifnameProblem(name) !== undefined; number++) name = `line${number}`
    taken.add(name)
    return name
  }
}

function nodeLine(
  node: Node,
  origin: Origin,
  nets: readonly (Prefix | undefined | void)[],
  ifname: string,
  findings: Findings,
): Line | undefined {
  if (node.interfaces.has(INSIDE_IFNAME)) {
    findings.error('INTERFACE_TAKEN', origin, `${node.name} has an interface "${INSIDE_IFNAME}" already, which is what \`internet\` makes.`)
    return undefined
  }
  const given = nets.flatMap((net) => net ?? [])
  if (given.length < nets.length) {
    findings.error('POOL_EXHAUSTED', origin, `No more than ${2 ** (NODE_PREFIXLEN - NODE_POOL.prefixlen)} nodes can have \`internet\`.`)
    return undefined
  }
  const at = (number: number): InterfaceAddress[] =>
    given.map((net) => ({ prefix: prefixOf(nthAddress(net, number)!, net.prefixlen), origin }))
  const router: Interface = { owner: INTERNET, ownerKind: 'node', ifname, origin, mtu: MTU, up: true, addresses: at(1) }
  const inside: Interface = { owner: node.name, ownerKind: 'node', ifname: INSIDE_IFNAME, origin, mtu: MTU, up: true, addresses: at(2) }
  return { cable: { ends: [router, inside], origin }, router, sources: at(2).map((address) => hostPrefix(address)) }
}

function hostPrefix({ prefix: { address, family } }: InterfaceAddress): Prefix {
  return prefixOf(address, family === 4 ? 32 : 128)
}

/** A cable to a bridge: the router takes the last address of each subnet that is free. */
function bridgeLine(
  topology: Topology,
  bridge: Bridge,
  origin: Origin,
  hosts: readonly BridgeHost[],
  ifname: string,
  findings: Findings,
): Line | undefined {
  if (bridge.vlan !== undefined) {
    const hint = 'Give a node `internet: true`, and let it be the gateway of the VLANs.'
    findings.error('INVALID_VALUE', origin, 'A bridge with `vlan_filtering` has no place for the router of `internet`.', { hint })
    return undefined
  }
  const nets = new Map(
    [...bridge.addresses, ...hosts.flatMap(({ link }) => link.addresses)].map(({ prefix: each }) => [formatPrefix(each), each]),
  )
  const used = new Set(usedAddresses(topology).map(({ prefix: { address } }) => address))
  const addresses = [...nets.values()].flatMap((net): InterfaceAddress[] => {
    const address = lastFree(net, used)
    return address === undefined ? [] : [{ prefix: prefixOf(address, net.prefixlen), origin }]
  })
  if (addresses.length === 0) {
    const detail =
      nets.size === 0
        ? `Nobody on ${bridge.name} has an address: \`internet\` needs its \`subnet\`.`
        : 'Its subnet has no free address for the router of `internet`.'
    findings.error(nets.size === 0 ? 'INVALID_VALUE' : 'SUBNET_EXHAUSTED', origin, detail)
    return undefined
  }
  const router: Interface = { owner: INTERNET, ownerKind: 'node', ifname, origin, mtu: bridge.mtu, up: true, addresses }
  const port: Interface = { owner: bridge.name, ownerKind: 'bridge', origin, mtu: bridge.mtu, up: true, addresses: [] }
  return {
    cable: { ends: [router, port], origin },
    router,
    sources: addresses.map(({ prefix: { network, prefixlen } }) => prefixOf(network, prefixlen)),
  }
}

function lastFree(net: Prefix, used: ReadonlySet<string>): string | undefined {
  const count = hostCount(net)
  for (let number = count < 65_534n ? count : 65_534n; number > 0n; number--) {
    const address = nthAddress(net, number)
    if (address !== undefined && !used.has(address)) return address
  }
  return undefined
}

function connectedNode(node: Node, origin: Origin, { cable, router }: Line): Node {
  const [, inside] = cable.ends
  const interfaces = new Map([...node.interfaces, [INSIDE_IFNAME, inside]])
  return withNames({ ...node, interfaces, routes: withDefaults(node.routes, router.addresses, INSIDE_IFNAME, origin) }, origin)
}

function servedNode(node: Node, { link }: BridgeHost, { router }: Line, origin: Origin): Node {
  const near = router.addresses.filter((gateway) => link.addresses.some((address) => overlaps(address.prefix, gateway.prefix)))
  if (near.length === 0) return node
  return withNames({ ...node, routes: withDefaults(node.routes, near, link.ifname ?? '', origin) }, origin)
}

/** A default route by each gateway, unless the node has one of that family. */
function withDefaults(
  routes: Node['routes'],
  gateways: readonly InterfaceAddress[],
  dev: string,
  origin: Origin,
): ReadonlyMap<string, RouteState> {
  const all = new Map(routes)
  for (const {
    prefix: { family, address },
  } of gateways) {
    const dst = family === 4 ? '0.0.0.0/0' : '::/0'
    if ([...all.values()].some((route) => route.dst === dst && route.table === MAIN_TABLE)) continue
    const route = defaultRoute(address, dev, origin)
    all.set(routeKey(route), route)
  }
  return all
}

/** With the router's name server, unless the file names others. */
function withNames(node: Node, dnsOrigin: Origin): Node {
  if (node.settings.dnsOrigin !== undefined) return node
  return { ...node, settings: { ...node.settings, dns: [`nameserver ${NAME_SERVER}`], dnsOrigin } }
}

function routerNode(lines: readonly Line[], origin: Origin, usesIpv6: boolean): Node {
  const outside = usesIpv6 ? [OUTSIDE, OUTSIDE6] : [OUTSIDE]
  const host: Interface = {
    ...{ owner: INTERNET, ownerKind: 'node', ifname: OUTSIDE_IFNAME, origin, mtu: MTU, up: true },
    addresses: outside.map(({ address }) => ({ prefix: address, origin })),
    virtual: { kind: 'tap', options: { multi_queue: false } },
  }
  const routes = outside.map(({ gateway }) => defaultRoute(gateway, OUTSIDE_IFNAME, origin))
  return {
    name: INTERNET,
    origin,
    interfaces: new Map([host, ...lines.map(({ router }) => router)].map((link) => [link.ifname ?? '', link])),
    loopback: [{ prefix: prefixOf(NAME_SERVER, 32), origin }],
    forwarding: true,
    forwardingOrigin: origin,
    routes: new Map(routes.map((route) => [routeKey(route), route])),
    rules: [],
    neighs: [],
    services: services(origin, usesIpv6),
    settings: routerSettings(lines, origin),
  }
}

function routerSettings(lines: readonly Line[], origin: Origin): NodeSettings {
  return {
    sysctls: new Map(),
    files: new Map(),
    mounts: new Map(),
    isolation: DEFAULT_ISOLATION,
    limits: NO_LIMITS,
    rulesets: new Map<RulesetTool, { input: string; origin: Origin }>([['nftables', { input: ruleset(lines), origin }]]),
    setup: [],
    services: new Map(),
    configs: [],
    usesIpv6: false,
    env: {},
    hosts: [],
    dns: [],
  }
}

/** Each line's own senders may go out, and nobody gets from one line to another: what the file keeps apart stays apart. */
function ruleset(lines: readonly Line[]): string {
  const accepts = lines.flatMap(({ router, sources }) =>
    sources.map(
      (source) =>
        `    iifname "${router.ifname}" oifname "${OUTSIDE_IFNAME}" ${source.family === 4 ? 'ip' : 'ip6'} saddr ${formatPrefix(source)} accept`,
    ),
  )
  return `table inet internet {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
${accepts.join('\n')}
    reject with icmpx type admin-prohibited
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "${OUTSIDE_IFNAME}" masquerade
  }
}
`
}

/** What makes the link `host` lead out: whichever program is there. Neither lets the lab at what listens on the machine's loopback. */
const UPLINK = [
  'command -v pasta >/dev/null &&',
  `exec pasta --foreground --quiet --runas 0 --ns-ifname ${OUTSIDE_IFNAME} "$@" --no-dhcp --no-dhcpv6 --no-ra --no-map-gw`,
  '--tcp-ports none --udp-ports none --tcp-ns none --udp-ns none --netns /proc/self/fd/63;',
  `exec slirp4netns --netns-type=path --cidr=${formatPrefix(OUTSIDE.address)} --mtu=${MTU} --disable-host-loopback --disable-dns`,
  `/proc/self/fd/63 ${OUTSIDE_IFNAME}`,
].join(' ')

function services(origin: Origin, usesIpv6: boolean): ReadonlyMap<string, ServiceState> {
  const words = (usesIpv6 ? [OUTSIDE, OUTSIDE6] : [OUTSIDE]).flatMap(({ address, gateway }) => ['-a', address.address, '-g', gateway])
  const family = usesIpv6 ? [] : ['--ipv4-only']
  const argv = ['sh', '-c', UPLINK, 'uplink', ...words, '-n', String(OUTSIDE.address.prefixlen), ...family]
  // It has the link when the link has a carrier.
  const command = ['sh', '-c', `[ "$(cat /sys/class/net/${OUTSIDE_IFNAME}/carrier)" = 1 ]`]
  return new Map([
    ['@uplink', besideService(argv, origin, { command })],
    ['@dns', besideService(['nsexec', 'forward', 'dns', NAME_SERVER], origin)],
  ])
}
