/** What `ip -j` says of namespaces, as a NetworkState: an observer of its own, so that scripts are judged by iproute2's word. */
import { execFileSync } from 'node:child_process'
import type { BridgeOption } from '../../src/state/equal-link.ts'
import { addrKey, neighKey, routeKey, ruleKey } from '../../src/state/key.ts'
import type {
  AddrGenMode,
  AddrState,
  BridgeLink,
  Family,
  LinkEnd,
  LinkState,
  NamespaceState,
  NeighState,
  NetworkState,
  Nexthop,
  RouteState,
  RuleState,
} from '../../src/state/network.ts'

/** A shell command that prints all that `networkFromDump` reads, for one namespace of `ip netns`. */
export function dumpCommand(name: string, sysctls: readonly string[]): string {
  const ip = `ip -n '${name}' -j -d`
  const parts = ['link', 'addr', 'route show table all', '-6', 'rule', '-6 rule', 'neigh show nud permanent'].filter(
    (part) => part !== '-6',
  )
  return [
    ...parts
      .map((part) => (part.startsWith('-6') ? `ip -6 -n '${name}' -j rule` : `${ip} ${part}`))
      .map((command) => `{ ${command}; echo; } | tr -d '\\n'; echo`),
    `ip -n '${name}' netns list-id | tr '\\n' ';'; echo`,
    `for s in ${sysctls.join(' ')}; do printf '%s=%s;' "$s" "$(ip netns exec '${name}' sysctl -n "$s" 2>/dev/null)"; done; echo`,
  ].join('\n')
}

const LINES = 8

/** Dumps of `names` one after the other; `netnsOf` gives the model's name. Kinds are the desired ones: the kernel has none. */
export function networkFromDump(
  text: string,
  names: readonly string[],
  netnsOf: (name: string) => string,
  kindOf: (netns: string) => NamespaceState['kind'],
): NetworkState {
  const lines = text.split('\n')
  const dumps = names.map((name, index) => ({ netns: netnsOf(name), parts: lines.slice(index * LINES, (index + 1) * LINES) }))
  const ifnames = new Map<string, string>()
  for (const { netns, parts } of dumps)
    for (const link of rows(parts[0])) ifnames.set(`${netns} ${String(link.ifindex)}`, String(link.ifname))
  return {
    namespaces: new Map(
      dumps.map(({ netns, parts }) => {
        const nsids = new Map(
          [...(parts[6] ?? '').matchAll(/nsid (\d+) \(iproute2 netns name: (\S+?)\)/g)].map(([, id = '', name = '']) => [
            id,
            netnsOf(name),
          ]),
        )
        const links = new Map(rows(parts[0]).map((row) => [String(row.ifname), linkOf(row, netns, nsids, ifnames)]))
        const rules = [...rows(parts[3]).map((row) => ruleOf(row, 4)), ...rows(parts[4]).map((row) => ruleOf(row, 6))]
        return [
          netns,
          namespaceOf(
            kindOf(netns),
            links,
            parts,
            rules.filter((rule) => ![0, 32766, 32767].includes(rule.priority)),
          ),
        ]
      }),
    ),
  }
}

/** What is read of any of the objects that `ip -j` prints. */
interface Row {
  readonly ifname?: string
  readonly ifindex?: number
  readonly ifalias?: string
  readonly inet6_addr_gen_mode?: string
  readonly address?: string
  readonly mtu?: number
  readonly flags?: readonly string[]
  readonly master?: string
  readonly link_type?: string
  readonly link?: string
  readonly link_index?: number
  readonly link_netnsid?: number
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, number>> }
  readonly addr_info?: readonly Row[]
  readonly family?: string
  readonly local?: string
  readonly prefixlen?: number
  readonly type?: string
  readonly dst?: string
  readonly dev?: string
  readonly gateway?: string
  readonly weight?: number
  readonly nexthops?: readonly Row[]
  readonly table?: string
  readonly metric?: number
  readonly metrics?: readonly Row[]
  readonly prefsrc?: string
  readonly protocol?: string
  readonly pref?: string
  readonly priority?: number
  readonly action?: string
  readonly not?: null
  readonly src?: string
  readonly srclen?: number
  readonly iif?: string
  readonly lladdr?: string
}

function rows(line: string | undefined): Row[] {
  return (JSON.parse(line || '[]') as Row[]).filter((row) => Object.keys(row).length > 0)
}

function namespaceOf(
  kind: NamespaceState['kind'],
  links: Map<string, LinkState>,
  parts: readonly string[],
  rules: readonly RuleState[],
): NamespaceState {
  const routes = rows(parts[2])
    .filter((row) => row.protocol !== 'kernel' && row.table !== 'local')
    .map(routeOf)
  const addrs = rows(parts[1]).flatMap((row) => (row.addr_info ?? []).map((info) => addrOf(String(row.ifname), info)))
  const neighs = rows(parts[5]).map(neighOf)
  const sysctls = (parts[7] ?? '')
    .split(';')
    .map((pair) => pair.split('='))
    .filter(([, value]) => value)
  return {
    kind,
    mounts: new Map(),
    links,
    qdiscs: new Map(),
    addrs: new Map(addrs.map((addr) => [addrKey(addr), addr])),
    routes: new Map(routes.map((route) => [routeKey(route), route])),
    rules: new Map(rules.map((rule) => [ruleKey(rule), rule])),
    neighs: new Map(neighs.map((neigh) => [neighKey(neigh), neigh])),
    sysctls: new Map(sysctls.map(([name = '', value = '']) => [name, { value }])),
    files: new Map(),
    rulesets: new Map(),
    setup: [],
    services: new Map(),
  }
}

function modeOf(mode: string | undefined): { addrGenMode?: AddrGenMode } {
  if (mode === undefined) return {}
  return { addrGenMode: mode === 'none' || mode === 'eui64' ? mode : 'other' }
}

function linkOf(row: Row, netns: string, nsids: ReadonlyMap<string, string>, ifnames: ReadonlyMap<string, string>): LinkState {
  const { mtu = 0, address: lladdr = '', flags = [], linkinfo, master, ifalias: alias, inet6_addr_gen_mode: mode } = row
  const kind = linkinfo?.info_kind
  const base = {
    up: flags.includes('UP'),
    mtu,
    lladdr,
    ...(master !== undefined && { master }),
    ...(alias !== undefined && { alias }),
    ...modeOf(mode),
  }
  if (row.link_type === 'loopback') return { kind: 'loopback', up: base.up, mtu: base.mtu }
  if (kind === 'bridge') return { kind, ...base, ...bridgeOptions(linkinfo?.info_data ?? {}) }
  if (kind !== 'veth') return { kind: 'other', ...base, infoKind: kind ?? '' }
  return { kind, ...base, peer: peerOf(row, netns, nsids, ifnames) }
}

/** ip names a peer in the same namespace, and gives the index of one elsewhere. */
function peerOf(row: Row, netns: string, nsids: ReadonlyMap<string, string>, ifnames: ReadonlyMap<string, string>): LinkEnd {
  if (row.link_netnsid === undefined) return { netns, ifname: row.link ?? '?' }
  const peerNetns = nsids.get(String(row.link_netnsid)) ?? '?'
  return { netns: peerNetns, ifname: ifnames.get(`${peerNetns} ${String(row.link_index)}`) ?? '?' }
}

function bridgeOptions(data: Readonly<Record<string, number>>): Pick<BridgeLink, BridgeOption> {
  return {
    stp: data.stp_state === 1,
    priority: data.priority ?? 0,
    ageingCs: data.ageing_time ?? 0,
    forwardDelayCs: data.forward_delay ?? 0,
    helloCs: data.hello_time ?? 0,
    maxAgeCs: data.max_age ?? 0,
    mcastSnooping: data.mcast_snooping === 1,
  }
}

function addrOf(ifname: string, info: Row): AddrState {
  return { ifname, family: info.family === 'inet' ? 4 : 6, local: info.local ?? '', prefixlen: info.prefixlen ?? 0 }
}

const TABLES: Readonly<Record<string, number>> = { main: 254, default: 253, local: 255 }

function tableOf({ table = '' }: Row): number {
  return TABLES[table] ?? Number(table)
}

function routeOf(row: Row): RouteState {
  const hops = row.type === 'unicast' ? (row.nexthops ?? [row]) : []
  // Only v6 routes have a preference (RTA_PREF).
  const family = 'pref' in row ? 6 : 4
  const dst = row.dst === 'default' ? (family === 4 ? '0.0.0.0/0' : '::/0') : (row.dst ?? '')
  const mtu = row.metrics?.[0]?.mtu
  return {
    family,
    type: row.type as RouteState['type'],
    dst: dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`,
    table: tableOf(row),
    metric: row.metric ?? 0,
    nexthops: hops.map(nexthopOf),
    ...(row.prefsrc !== undefined && { src: row.prefsrc }),
    ...(mtu !== undefined && { mtu }),
  }
}

function nexthopOf({ gateway, dev = '', weight = 1, flags }: Row): Nexthop {
  return { ...(gateway !== undefined && { via: gateway }), dev, weight, onlink: flags?.includes('onlink') === true }
}

function ruleOf(row: Row, family: Family): RuleState {
  return {
    family,
    priority: row.priority ?? 0,
    action: row.action === undefined ? 'lookup' : (row.action as RuleState['action']),
    not: 'not' in row,
    ...(row.action === undefined && { table: tableOf(row) }),
    ...(row.src !== 'all' && { src: `${row.src ?? ''}/${row.srclen ?? (family === 4 ? 32 : 128)}` }),
    ...(row.iif !== undefined && { iif: row.iif }),
  }
}

function neighOf({ dev = '', dst = '', lladdr = '' }: Row): NeighState {
  return { ifname: dev, family: dst.includes(':') ? 6 : 4, dst, lladdr }
}

/** Runs a script in a world of its own, which ends with it: as root in new mount and net namespaces, else in a user namespace too. */
export function runInScratch(script: string): string {
  const flags = process.getuid?.() === 0 ? '-mn' : '-Urnm'
  return execFileSync('unshare', [flags, 'sh', '-c', `set -eu\nmount -t tmpfs tmpfs /run\n${script}`], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
}
