/** What `ip -j` says of namespaces, as a NetworkState: an observer of its own, so that scripts are judged by iproute2's word. */
import { execFileSync } from 'node:child_process'
import { addrKey, neighKey, routeKey, ruleKey } from '../../src/state/key.ts'
import type { BridgeOption } from '../../src/state/equal.ts'
import type {
  AddrGenMode,
  AddrState,
  BridgeLink,
  LinkState,
  NamespaceState,
  NeighState,
  NetworkState,
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

/** An object of `ip -j`. What is nested in it is read with `nested`. */
type Row = Readonly<Record<string, string | number | undefined>>

function nested<T>(row: Row, key: string): T | undefined {
  return row[key] as unknown as T | undefined
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
  const addrs = rows(parts[1]).flatMap((row) => (nested<Row[]>(row, 'addr_info') ?? []).map((info) => addrOf(String(row.ifname), info)))
  const neighs = rows(parts[5]).map(neighOf)
  const sysctls = (parts[7] ?? '')
    .split(';')
    .map((pair) => pair.split('='))
    .filter(([, value]) => value)
  return {
    kind,
    links,
    addrs: new Map(addrs.map((addr) => [addrKey(addr), addr])),
    routes: new Map(routes.map((route) => [routeKey(route), route])),
    rules: new Map(rules.map((rule) => [ruleKey(rule), rule])),
    neighs: new Map(neighs.map((neigh) => [neighKey(neigh), neigh])),
    sysctls: new Map(sysctls.map(([name = '', value = '']) => [name, { value }])),
    files: new Map(),
    rulesets: new Map(),
    setup: [],
  }
}

function linkOf(row: Row, netns: string, nsids: ReadonlyMap<string, string>, ifnames: ReadonlyMap<string, string>): LinkState {
  const info = nested<{ info_kind?: string; info_data?: Record<string, number> }>(row, 'linkinfo') ?? {}
  const mode = row.inet6_addr_gen_mode
  const base = {
    up: nested<string[]>(row, 'flags')?.includes('UP') === true,
    mtu: Number(row.mtu),
    lladdr: String(row.address),
    ...(mode !== undefined && { addrGenMode: addrGenModeOf(mode) }),
    ...(row.master !== undefined && { master: String(row.master) }),
    ...(row.ifalias !== undefined && { alias: String(row.ifalias) }),
  }
  if (info.info_kind === 'veth') {
    const peerNetns = row.link_netnsid === undefined ? netns : (nsids.get(String(row.link_netnsid)) ?? '?')
    return {
      kind: 'veth',
      ...base,
      peer: { netns: peerNetns, ifname: ifnames.get(`${peerNetns} ${String(row.link_index)}`) ?? String(row.link) },
    }
  }
  if (info.info_kind === 'bridge') {
    return { kind: 'bridge', ...base, ...bridgeOptions(info.info_data ?? {}) }
  }
  return row.link_type === 'loopback'
    ? { kind: 'loopback', up: base.up, mtu: base.mtu }
    : { kind: 'other', ...base, infoKind: info.info_kind ?? '' }
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
  return { ifname, family: info.family === 'inet' ? 4 : 6, local: String(info.local), prefixlen: Number(info.prefixlen) }
}

const TABLES: Readonly<Record<string, number>> = { main: 254, default: 253, local: 255 }

function routeOf(row: Row): RouteState {
  const hops = row.type === 'unicast' ? (nested<Row[]>(row, 'nexthops') ?? [row]) : []
  const family =
    [String(row.dst), ...hops.map((hop) => String(hop.gateway ?? ''))].some((text) => text.includes(':')) || 'pref' in row ? 6 : 4
  const dst = row.dst === 'default' ? (family === 4 ? '0.0.0.0/0' : '::/0') : String(row.dst)
  const mtu = nested<Row[]>(row, 'metrics')?.[0]?.mtu
  return {
    family,
    type: String(row.type) as RouteState['type'],
    dst: dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`,
    table: TABLES[String(row.table)] ?? Number(row.table),
    metric: Number(row.metric ?? 0),
    nexthops: hops.map((hop) => ({
      ...(hop.gateway !== undefined && { via: String(hop.gateway) }),
      dev: String(hop.dev),
      weight: Number(hop.weight ?? 1),
      onlink: nested<string[]>(hop, 'flags')?.includes('onlink') === true,
    })),
    ...(row.prefsrc !== undefined && { src: String(row.prefsrc) }),
    ...(mtu !== undefined && { mtu: Number(mtu) }),
  }
}

function ruleOf(row: Row, family: 4 | 6): RuleState {
  const table = String(row.table ?? '')
  return {
    family,
    priority: Number(row.priority),
    action: row.action === undefined ? 'lookup' : (String(row.action) as RuleState['action']),
    not: row.not !== undefined,
    ...(row.action === undefined && { table: TABLES[table] ?? Number(table) }),
    ...(row.src !== 'all' && { src: `${String(row.src)}/${String(row.srclen ?? (family === 4 ? 32 : 128))}` }),
    ...(row.iif !== undefined && { iif: String(row.iif) }),
  }
}

function neighOf(row: Row): NeighState {
  return { ifname: String(row.dev), family: String(row.dst).includes(':') ? 6 : 4, dst: String(row.dst), lladdr: String(row.lladdr) }
}

/** Runs a script in a world of its own, which ends with it: as root in new mount and net namespaces, else in a user namespace too. */
export function runInScratch(script: string): string {
  const flags = process.getuid?.() === 0 ? '-mn' : '-Urnm'
  return execFileSync('unshare', [flags, 'sh', '-c', `set -eu\nmount -t tmpfs tmpfs /run\n${script}`], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
}

function addrGenModeOf(mode: string | number): AddrGenMode {
  return mode === 'none' || mode === 'eui64' ? mode : 'other'
}
