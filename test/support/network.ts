/**
 * Network states in a compact, readable form, as YAML text or as the object that it stands for. Words are iproute2's.
 *
 *   h1:
 *     links: { eth0: veth r1/eth0 mtu 1400 }        # up unless it says down; lo is always there
 *     addrs: [eth0 10.0.0.1/24]
 *     impair: { eth0: { rate: 10mbit, delay: 20ms } }
 *     routes: [default via 10.0.0.254 dev eth0]
 *   '@fabric':
 *     links: { lan: bridge, h1.eth0: veth h1/eth0 master lan }
 */
import { createHash } from 'node:crypto'
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Node } from 'yaml'
import type { Origin } from '../../src/diagnostic/origin.ts'
import { addrKey, neighKey, routeKey, ruleKey } from '../../src/state/key.ts'
import { mergeImpairments, parseImpairment } from '../../src/state/impairment-words.ts'
import type { ImpairmentKey } from '../../src/state/impairment-words.ts'
import { qdiscsOf } from '../../src/state/impairment.ts'
import type { Impairment } from '../../src/state/impairment.ts'
import type { MountState } from '../../src/state/mount.ts'
import { FABRIC } from '../../src/state/network.ts'
import type { QdiscChain } from '../../src/state/qdisc.ts'
import type {
  AddrState,
  BridgeLink,
  FileState,
  LinkState,
  NamespaceState,
  NeighState,
  NetworkState,
  Nexthop,
  RouteState,
  RouteType,
  RuleAction,
  RuleState,
  RulesetState,
  RulesetTool,
  ServiceState,
  SysctlState,
} from '../../src/state/network.ts'
import type { ServiceDefinition, ServiceStatus } from '../../src/state/service.ts'

type Place = (node: unknown) => { readonly origin?: Origin }

/** Reads a network; `file` names it in origins, without it there are none. */
export function parseNetwork(text: string, file?: string): NetworkState {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors[0] !== undefined) throw document.errors[0]
  const place: Place = (node) => {
    const range = (node as Node | undefined)?.range
    if (file === undefined || !range) return {}
    const { line, col } = lines.linePos(range[0])
    return { origin: { file, line, column: col, length: range[1] - range[0] } }
  }
  const namespaces = new Map<string, NamespaceState>()
  for (const [name, key, value] of entries(document.contents)) namespaces.set(name, parseNamespace(name, key, value, place))
  return { namespaces }
}

function entries(node: unknown): [string, unknown, unknown][] {
  if (!isMap(node)) return []
  return node.items.map((pair) => [String(isScalar(pair.key) ? pair.key.value : pair.key), pair.key, pair.value])
}

function texts(node: unknown): [string, unknown][] {
  if (!isSeq(node)) return []
  return node.items.map((item) => [String(isScalar(item) ? item.value : item), item])
}

function parseNamespace(name: string, key: unknown, value: unknown, place: Place): NamespaceState {
  const parts = new Map(entries(value).map(([part, , node]) => [part, node]))
  const text = (part: string): string | undefined =>
    isScalar(parts.get(part)) ? String((parts.get(part) as { value: unknown }).value) : undefined
  const kind = (text('kind') ?? (name === FABRIC ? 'fabric' : 'node')) as NamespaceState['kind']
  const links = new Map<string, LinkState>([['lo', { kind: 'loopback', up: true, mtu: 65536, ...place(key) }]])
  for (const [ifname, , node] of entries(parts.get('links'))) {
    links.set(ifname, { ...parseLink(name, ifname, scalarText(node)), ...place(node) })
  }
  const list = <V>(part: string, parse: (words: string) => V, keyOf: (object: V) => string): Map<string, V> =>
    new Map(
      texts(parts.get(part)).map(([words, node]) => {
        const object = { ...parse(words), ...place(node) }
        return [keyOf(object), object]
      }),
    )
  const rulesets = new Map<RulesetTool, RulesetState>()
  for (const tool of ['iptables', 'ip6tables', 'nftables'] as const) {
    const input = text(tool)
    if (input !== undefined) rulesets.set(tool, { input, canonical: input, ...place(parts.get(tool)) })
  }
  return {
    kind,
    ...(kind === 'node' && { hostname: text('hostname') ?? name }),
    mounts: new Map(
      entries(parts.get('mounts')).map(([path, at, node]): [string, MountState] => [
        path,
        { ...parseMount(scalarText(node)), ...place(at) },
      ]),
    ),
    links,
    qdiscs: new Map(entries(parts.get('impair')).map(([ifname, at, node]) => [ifname, { ...chainOf(node), ...place(at) }])),
    addrs: list<AddrState>('addrs', parseAddr, addrKey),
    routes: list<RouteState>('routes', parseRoute, routeKey),
    rules: list<RuleState>('rules', parseRule, ruleKey),
    neighs: list<NeighState>('neighs', parseNeigh, neighKey),
    sysctls: new Map(
      entries(parts.get('sysctls')).map(([sysctl, at, node]): [string, SysctlState] => [sysctl, { value: scalarText(node), ...place(at) }]),
    ),
    files: new Map(
      entries(parts.get('files')).map(([path, at, node]): [string, FileState] => [path, { ...fileState(scalarText(node)), ...place(at) }]),
    ),
    rulesets,
    setup: texts(parts.get('setup')).map(([line, node]) => ({ argv: ['sh', '-c', line], ...place(node) })),
    services: new Map(
      entries(parts.get('services')).map(([service, at, node]): [string, ServiceState] => [
        service,
        { ...parseService(scalarText(node)), ...place(at) },
      ]),
    ),
    ...place(key),
  }
}

/** As `mountText` has it: `/srv/www ro`, `tmpfs size 65536`. */
function parseMount(text: string): MountState {
  const [, size] = /^tmpfs(?: size (\d+))?$/.exec(text) ?? []
  if (text.startsWith('tmpfs')) return { kind: 'tmpfs', ...(size !== undefined && { sizeBytes: Number(size) }) }
  return { kind: 'bind', source: text.replace(/ ro$/, ''), readOnly: text.endsWith(' ro') }
}

/** `eth0: { rate: 10mbit, delay: 20ms }` as netlab makes it. */
function chainOf(node: unknown): QdiscChain {
  const impairment = entries(node).reduce<Impairment>((sum, [key, , value]) => {
    return mergeImpairments(sum, parseImpairment(key as ImpairmentKey, scalarText(value)).value ?? {})
  }, {})
  return qdiscsOf(impairment, 1500) ?? { qdiscs: [] }
}

/** `[STATE] COMMAND` for one that was observed, `COMMAND` for one that is desired. */
function parseService(text: string): ServiceState {
  const [, state, command = ''] = /^(?:\[(\w+)\] )?([^]*)$/.exec(text) ?? []
  const digest = createHash('sha256').update(command).digest('hex')
  if (state !== undefined) {
    const exit = state === 'ended' ? { exit: { status: 1 } } : {}
    return { digest, status: { state: state as ServiceStatus['state'], processes: 1, sinceMs: 0, restarts: 0, logOffset: 0, ...exit } }
  }
  const definition: ServiceDefinition = {
    argv: ['sh', '-c', command],
    env: {},
    cwd: '/',
    restart: 'no',
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5000,
    ready: { tcp: [], udp: [], timeoutMs: 10_000 },
    after: [],
  }
  return { definition, digest }
}

function scalarText(node: unknown): string {
  return isScalar(node) ? String(node.value as string | number | boolean) : ''
}

export function fileState(content: string, mode = 0o644): FileState {
  return { mode, content, sha256: createHash('sha256').update(content).digest('hex') }
}

function parseLink(netns: string, ifname: string, text: string): LinkState {
  const [kind = '', ...rest] = text.split(/\s+/).filter(Boolean)
  const peer = kind === 'veth' ? (rest.shift() ?? '') : ''
  const words = wordsOf(rest, ['down', 'stp', 'mcast_snooping'])
  const master = words.get('master')
  const alias = words.get('alias')
  const base = {
    up: !words.has('down'),
    mtu: Number(words.get('mtu') ?? (kind === 'loopback' ? 65536 : 1500)),
    ...(master !== undefined && { master }),
    ...(alias !== undefined && { alias }),
  }
  if (kind === 'loopback') return { kind, ...base }
  const lladdr = words.get('lladdr') ?? lladdrOf(`${netns}/${ifname}`)
  if (kind === 'bridge') return { ...bridgeLink(words), ...base, lladdr }
  if (kind !== 'veth') return { kind: 'other', ...base, infoKind: kind }
  const slash = peer.lastIndexOf('/')
  return { kind, ...base, lladdr, peer: { netns: peer.slice(0, slash), ifname: peer.slice(slash + 1) } }
}

function bridgeLink(words: ReadonlyMap<string, string>): BridgeLink {
  return {
    kind: 'bridge',
    up: true,
    mtu: 1500,
    stp: words.has('stp'),
    priority: Number(words.get('priority') ?? 32768),
    ageingCs: Number(words.get('ageing_time') ?? 30000),
    forwardDelayCs: Number(words.get('forward_delay') ?? 1500),
    helloCs: Number(words.get('hello_time') ?? 200),
    maxAgeCs: Number(words.get('max_age') ?? 2000),
    mcastSnooping: words.has('mcast_snooping'),
  }
}

/** A locally administered address that stays the same for the same link. */
export function lladdrOf(seed: string): string {
  const bytes = createHash('sha256').update(seed).digest().subarray(0, 5)
  return ['02', ...[...bytes].map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
}

export function parseAddr(text: string): AddrState {
  const [ifname = '', prefix = ''] = text.split(' ')
  const [local = '', length = ''] = prefix.split('/')
  return { ifname, family: local.includes(':') ? 6 : 4, local, prefixlen: Number(length) }
}

export function parseNeigh(text: string): NeighState {
  const [dst = '', ...rest] = text.split(' ')
  const words = wordsOf(rest, [])
  return { dst, family: dst.includes(':') ? 6 : 4, ifname: words.get('dev') ?? '', lladdr: words.get('lladdr') ?? '' }
}

const ROUTE_TYPES: readonly string[] = ['unicast', 'blackhole', 'unreachable', 'prohibit']

/** `10.0.0.0/8 encap mpls 100 via 10.0.0.1 dev eth0`, `mpls 100 as 200 via 10.0.0.2 dev eth0`. */
export function parseRoute(text: string): RouteState {
  if (text.startsWith('mpls ')) return parseMplsRoute(text.slice('mpls '.length))
  const [head = '', ...hops] = text.split(/\s+nexthop\s+/)
  const words = head.split(/\s+/)
  const type = (ROUTE_TYPES.includes(words[0] ?? '') ? words.shift() : 'unicast') as RouteType
  const to = words.shift() ?? ''
  const options = wordsOf(words, ['onlink', 'encap'])
  const family = (to === 'default' ? text : to).includes(':') ? 6 : 4
  const all = options.has('dev') ? [options, ...hops.map(hopWords)] : hops.map(hopWords)
  const src = options.get('src')
  const mtu = options.get('mtu')
  return {
    family,
    type,
    dst: prefixText(to, family),
    table: Number(options.get('table') ?? 254),
    metric: Number(options.get('metric') ?? (family === 4 ? 0 : 1024)),
    nexthops: all.map(nexthop),
    ...(src !== undefined && { src }),
    ...(mtu !== undefined && { mtu: Number(mtu) }),
  }
}

function parseMplsRoute(text: string): RouteState {
  const [head = '', ...hops] = text.split(/\s+nexthop\s+/)
  const [dst = '', ...words] = head.split(/\s+/)
  const all = words.length > 0 ? [wordsOf(words, [])] : hops.map(hopWords)
  return { family: 'mpls', type: 'unicast', dst, table: 254, metric: 0, nexthops: all.map(nexthop) }
}

function prefixText(to: string, family: 4 | 6): string {
  if (to === 'default') return family === 4 ? '0.0.0.0/0' : '::/0'
  return to.includes('/') ? to : `${to}/${family === 4 ? 32 : 128}`
}

function hopWords(text: string): Map<string, string> {
  return wordsOf(text.split(/\s+/), ['onlink', 'encap'])
}

function nexthop(words: ReadonlyMap<string, string>): Nexthop {
  const via = words.get('via')
  const labels = words.get('as') ?? words.get('mpls')
  return {
    ...(via !== undefined && { via }),
    dev: words.get('dev') ?? '',
    weight: Number(words.get('weight') ?? 1),
    onlink: words.has('onlink'),
    ...(labels !== undefined && { labels: labels.split('/').map(Number) }),
  }
}

export function parseRule(text: string): RuleState {
  const words = wordsOf(text.split(/\s+/), ['not', 'blackhole', 'unreachable', 'prohibit'])
  const action = (['blackhole', 'unreachable', 'prohibit'].find((word) => words.has(word)) ?? 'lookup') as RuleAction
  const src = words.get('from')
  const table = words.get('lookup') ?? words.get('table')
  return {
    family: text.includes(':') ? 6 : 4,
    priority: Number(words.get('priority') ?? 100),
    action,
    not: words.has('not'),
    ...(table !== undefined && { table: Number(table) }),
    ...(src !== undefined && src !== 'all' && { src }),
    ...(words.has('to') && { dst: words.get('to') ?? '' }),
    ...(words.has('iif') && { iif: words.get('iif') ?? '' }),
    ...(words.has('oif') && { oif: words.get('oif') ?? '' }),
    ...(words.has('fwmark') && { fwmark: Number(words.get('fwmark')) }),
  }
}

/** `mtu 1400 down` → { mtu: '1400', down: '' }; `flags` take no value. */
function wordsOf(words: readonly string[], flags: readonly string[]): Map<string, string> {
  const found = new Map<string, string>()
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (word === '') continue
    found.set(word, flags.includes(word) ? '' : (words[++index] ?? ''))
  }
  return found
}
