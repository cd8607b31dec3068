/**
 * Random networks for fast-check that a kernel can hold: what the model kernel refuses of a random wish is left out of it.
 * Few names and addresses, so that two random networks meet often: the same link elsewhere, the same route by another way.
 */
import fc from 'fast-check'
import { DEFAULT_ISOLATION } from '../../src/state/isolation.ts'
import type { Operation } from '../../src/plan/operation.ts'
import { chainOperations } from '../../src/plan/qdisc-chain.ts'
import { qdiscsOf } from '../../src/state/impairment.ts'
import type { Impairment } from '../../src/state/impairment.ts'
import { FABRIC } from '../../src/state/network.ts'
import type { NamespaceState, NetworkState, VethLink, VirtualLink } from '../../src/state/network.ts'
import { createModelKernel, Refusal } from './model-kernel.ts'
import type { ModelKernel } from './model-kernel.ts'
import { fileState, lladdrOf, parseAddr, parseNeigh, parseRoute, parseRule } from './network.ts'

const NODES = ['a', 'b', 'c'] as const
const IFNAMES = ['eth0', 'eth1'] as const
const BRIDGES = ['br0', 'br1'] as const
const ADDRS = [
  '10.0.0.1/24',
  '10.0.0.2/24',
  '10.0.0.1/16',
  '10.1.0.1/24',
  '10.1.0.2/24',
  'fd00::1/64',
  'fd00::1/48',
  'fd00::2/64',
  'fd01::1/64',
  '127.0.0.2/8',
]
const TARGETS = ['10.9.0.0/16', '10.0.0.0/8', '0.0.0.0/0', '10.7.0.1/32', 'fd09::/48', '::/0', 'fd00::/32']
const GATEWAYS = ['', 'via 10.7.0.1', 'via 10.0.0.9', 'via 10.1.0.9', 'via 10.0.0.1', 'via fd00::9', 'via fd01::9', 'via fe80::1']
const SYSCTLS = [
  'net.ipv4.ip_forward',
  'net.ipv4.conf.eth0.forwarding',
  'net.ipv6.conf.all.forwarding',
  'net.ipv6.conf.eth0.forwarding',
  'net.ipv4.conf.eth1.rp_filter',
  'net.ipv6.conf.eth1.disable_ipv6',
  'net.core.somaxconn',
]
const BY_LABEL = [
  '20 dev lo',
  '20 as 30 via 10.0.0.9 dev eth0',
  '500 dev eth1',
  '500 nexthop as 5/6 via 10.0.0.9 dev eth0 nexthop via fd00::9 dev eth1',
]
const RULES = [
  'from 10.0.0.0/8 table 100',
  'from 10.0.0.0/8 table 200',
  'iif eth0 table 100',
  'priority 50 from fd00::/8 table 100',
  'priority 60 from 10.8.0.0/16 blackhole',
]
const FILTERS = [
  '',
  '*filter\n-A INPUT -j DROP\nCOMMIT\n',
  '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n',
  '*mangle\n-A INPUT -j ACCEPT\nCOMMIT\n',
]
const IMPAIRMENTS: readonly Impairment[] = [
  { rate: 1_250_000 },
  { rate: 125_000, limit: 50 },
  { rate: 1_250_000, delay: 20e6 },
  { delay: 20e6, jitter: 5e6 },
  { delay: 40e6 },
  { rate: 1_250_000, queue: { kind: 'fq_codel', parameters: {} } },
  { rate: 1_250_000, queue: { kind: 'fq_codel', parameters: { flows: 64 } } },
  { loss: { model: 'gemodel', p: 1, r: 2, h: 3, k1: 4 } },
]
const TABLES = ['', 'table inet a { chain x { } }\n', 'table ip b { }\ntable inet a { }\n']

type Pick1 = <T>(values: readonly T[]) => T
type Chance = (percent: number) => boolean

/** A network that the model kernel holds just so. */
export const randomNetwork = networks({ isPlain: false })
/** The same of what every kernel has: no kinds of links but veth and bridge, and no MPLS. */
export const plainNetwork = networks({ isPlain: true })

function networks({ isPlain }: { isPlain: boolean }): fc.Arbitrary<NetworkState> {
  return fc.infiniteStream(fc.nat(0xffff)).map((stream) => networkOf(stream, isPlain))
}

function networkOf(stream: Iterator<number>, isPlain: boolean): NetworkState {
  const next = (): number => stream.next().value ?? 0
  const pick: Pick1 = (values) => values[next() % values.length] as (typeof values)[number]
  const chance: Chance = (percent) => next() % 100 < percent
  const kernel = createModelKernel()
  buildNamespaces(kernel, pick, chance)
  buildLinks(kernel, pick, chance, isPlain ? [] : NODES)
  for (const [netns] of kernel.state().namespaces) fill(kernel, netns, pick, chance, isPlain)
  return kernel.state()
}

function addChain(kernel: ModelKernel, netns: string, ifname: string, impairment: Impairment): void {
  const chain = qdiscsOf(impairment, 1500)
  if (chain !== undefined) for (const operation of chainOperations(netns, ifname, chain, undefined)) attempt(kernel, operation)
}

/** Does what can be done and leaves out what the kernel refuses; says whether it did. */
function attempt(kernel: ModelKernel, operation: Operation): boolean {
  try {
    kernel.apply(operation)
    return true
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return false
  }
}

/** Routes that only a lucky order let in, before another led their gateway elsewhere, are no wish that a file could have. */
function dropLuckyRoutes(kernel: ModelKernel, netns: string): void {
  for (const route of kernel.state().namespaces.get(netns)?.routes.values() ?? []) {
    if (attempt(kernel, { type: 'replace route', netns, cause: '', route, previous: route })) continue
    kernel.apply({ type: 'del route', netns, cause: '', route })
  }
}

function buildNamespaces(kernel: ModelKernel, pick: Pick1, chance: Chance): void {
  for (const netns of NODES) {
    if (chance(20)) continue
    const kind: NamespaceState['kind'] = chance(85) ? 'node' : 'bridge'
    kernel.apply({ type: 'add netns', netns, cause: '', kind, ...(kind === 'node' && { hostname: pick([netns, `${netns}-2`]) }) })
    if (kind !== 'node' || chance(80)) continue
    const isolation = pick([{ namespaces: [] }, { namespaces: ['pid', 'time'] as const, boottimeMs: 1000, monotonicMs: 0 }])
    kernel.apply({ type: 'set isolation', netns, cause: '', isolation, previous: DEFAULT_ISOLATION })
    if (chance(50))
      kernel.apply({ type: 'set limits', netns, cause: '', limits: pick([{ pids: 9 }, { cpu: 5e4, memory: 2 ** 20 }]), previous: {} })
  }
  if (chance(85)) kernel.apply({ type: 'add netns', netns: FABRIC, cause: '', kind: 'fabric' })
  for (const ifname of BRIDGES) {
    if (chance(30)) continue
    const link = {
      kind: 'bridge' as const,
      up: true,
      mtu: pick([1500, 1500, 1400]),
      lladdr: lladdrOf(ifname),
      stp: chance(20),
      priority: pick([32768, 4096]),
      ageingCs: 30000,
      forwardDelayCs: 1500,
      helloCs: 200,
      maxAgeCs: 2000,
      mcastSnooping: false,
    }
    attempt(kernel, { type: 'add bridge', netns: FABRIC, cause: '', ifname, link })
    attempt(kernel, { type: 'set link', netns: FABRIC, cause: '', ifname, set: { mtu: link.mtu } })
  }
}

/** `withKinds`: the nodes that have more kinds than veth. */
function buildLinks(kernel: ModelKernel, pick: Pick1, chance: Chance, withKinds: readonly string[]): void {
  const veth = (netns: string, ifname: string, peer: VethLink['peer']): VethLink => {
    const mtu = pick([1500, 1500, 1500, 1400, 1000])
    return {
      kind: 'veth',
      up: true,
      mtu,
      lladdr: pick([lladdrOf(netns + ifname), lladdrOf('x')]),
      // Below 1280 bytes a link has no IPv6.
      ...(mtu >= 1280 && { addrGenMode: pick(['eui64', 'none'] as const) }),
      peer,
      ...(chance(10) && { alias: 'a long name' }),
    }
  }
  for (const netns of NODES) {
    for (const ifname of IFNAMES) {
      const end = { netns, ifname }
      const peer = chance(60) ? { netns: FABRIC, ifname: `${netns}.${pick(IFNAMES)}` } : { netns: pick(NODES), ifname: pick(IFNAMES) }
      if (chance(15) || (peer.netns === netns && peer.ifname === ifname)) continue
      const master = peer.netns === FABRIC && chance(90) ? { master: pick(BRIDGES) } : {}
      attempt(kernel, {
        type: 'add veth',
        netns,
        cause: '',
        ifname,
        link: veth(netns, ifname, peer),
        peer: { ...veth(peer.netns, peer.ifname, end), ...master },
      })
    }
  }
  for (const netns of withKinds) buildKinds(kernel, netns, pick, chance)
  for (const [netns, { links }] of kernel.state().namespaces) {
    for (const ifname of links.keys()) if (chance(92)) attempt(kernel, { type: 'set link', netns, cause: '', ifname, set: { up: true } })
    // What is above a link has come up with it.
    for (const ifname of ['v0', 'v1']) if (chance(20)) attempt(kernel, { type: 'set link', netns, cause: '', ifname, set: { up: false } })
  }
}

/** Links that stand on others, and those that take others in, under few names: a bond here is a VRF there. */
const KINDS: readonly (Pick<VirtualLink, 'kind' | 'options' | 'parent'> & { readonly ifname: string })[] = [
  { ifname: 'm0', kind: 'vrf', options: { table: 100 } },
  { ifname: 'm0', kind: 'bond', options: { mode: 'active-backup', miimon: 100 } },
  { ifname: 'm0', kind: 'dummy', options: {} },
  { ifname: 'v0', kind: 'vlan', options: { id: 10 }, parent: 'eth0' },
  { ifname: 'v0', kind: 'vlan', options: { id: 10 }, parent: 'eth1' },
  { ifname: 'm0', kind: 'vxlan', options: { id: 7, dstport: 4789, remote: '10.99.0.1' } },
  { ifname: 'v1', kind: 'gretap', options: { remote: '10.99.0.1' } },
  { ifname: 'v0', kind: 'macvlan', options: { mode: 'bridge' }, parent: 'eth0' },
  { ifname: 'v1', kind: 'vlan', options: { id: 10, protocol: '802.1ad' }, parent: 'eth0' },
  { ifname: 'v1', kind: 'vlan', options: { id: 20 }, parent: 'v0' },
  { ifname: 'v1', kind: 'vlan', options: { id: 20 }, parent: 'm0' },
]

function buildKinds(kernel: ModelKernel, netns: string, pick: Pick1, chance: Chance): void {
  for (const name of ['m0', 'v0', 'v1']) {
    if (chance(40)) continue
    const { ifname, ...kind } = pick(KINDS.filter(({ ifname: one }) => one === name))
    const { links } = kernel.state().namespaces.get(netns) ?? {}
    const parent = links?.get(kind.parent ?? '')
    const lladdr = kind.kind === 'vlan' && parent?.lladdr !== undefined ? parent.lladdr : lladdrOf(`${netns}${ifname}`)
    const link: VirtualLink = { ...kind, up: false, mtu: pick([1500, 1500, 1400]), lladdr }
    attempt(kernel, { type: 'add link', netns, cause: '', ifname, link })
    for (const dst of ['10.0.0.8', '10.0.0.9', 'fd00::9']) {
      if (chance(50)) attempt(kernel, { type: 'add fdb', netns, cause: '', ifname, fdb: { lladdr: '00:00:00:00:00:00', dst } })
    }
  }
  for (const ifname of ['eth0', 'eth1', 'v0', 'v1']) {
    if (chance(30)) attempt(kernel, { type: 'set link', netns, cause: '', ifname, set: { master: 'm0' } })
  }
}

function fill(kernel: ModelKernel, netns: string, pick: Pick1, chance: Chance, isPlain: boolean): void {
  const base = { netns, cause: '' }
  const times = (most: number, act: () => void): void => {
    for (let left = pick([...Array(most + 1).keys()]); left > 0; left--) act()
  }
  const links = kernel.state().namespaces.get(netns)?.links ?? new Map()
  // An observer reads every sysctl that it is asked for, so each has a value.
  for (const name of isPlain ? SYSCTLS : [...SYSCTLS, 'net.mpls.conf.eth0.input'])
    attempt(kernel, { ...base, type: 'set sysctl', name, value: pick(['0', '1']) })
  if (netns === FABRIC) return
  times(2, () => addChain(kernel, netns, pick(IFNAMES), pick(IMPAIRMENTS)))
  times(5, () => attempt(kernel, { ...base, type: 'add addr', addr: parseAddr(`${pick([...IFNAMES, ...links.keys()])} ${pick(ADDRS)}`) }))
  times(6, () => {
    const type = chance(85) ? '' : pick(['blackhole ', 'unreachable '])
    const hop = (): string => {
      const via = pick(GATEWAYS)
      return `${!isPlain && chance(10) ? 'encap mpls 100 ' : ''}${via} dev ${pick(IFNAMES)}${via !== '' && chance(10) ? ' onlink' : ''}`
    }
    const hops = type !== '' ? '' : chance(70) ? hop() : `nexthop ${hop()} weight 1 nexthop ${hop()} weight ${pick(['1', '5'])}`
    const head = `${type}${pick(TARGETS)} metric ${pick(['1024', '0', '7'])} table ${pick(['254', '254', '100'])}`
    const options = type === '' && chance(25) ? ` src ${pick(ADDRS).replace(/\/.*/, '')}` : ''
    const route = parseRoute(
      `${head}${hops.startsWith('nexthop') ? options : ''} ${hops}${hops.startsWith('nexthop') ? '' : options}`.replace(/ +/g, ' ').trim(),
    )
    const vias = route.nexthops.map((nexthop) => `${nexthop.via ?? ''} ${nexthop.dev}`)
    const isOneFamily = [...vias, route.src ?? ''].every(
      (word) => !/[\d:]\S*[.:]/.test(word) || word.includes(':') === (route.family === 6),
    )
    const metric = route.family === 6 && route.metric === 0 ? 1024 : route.metric
    if (isOneFamily && new Set(vias).size === vias.length) attempt(kernel, { ...base, type: 'add route', route: { ...route, metric } })
  })
  if (!isPlain) {
    attempt(kernel, { ...base, type: 'set sysctl', name: 'net.mpls.platform_labels', value: pick(['0', '100', '1000']) })
    times(2, () => attempt(kernel, { ...base, type: 'add route', route: parseRoute(`mpls ${pick(BY_LABEL)}`) }))
  }
  dropLuckyRoutes(kernel, netns)
  times(2, () => attempt(kernel, { ...base, type: 'add rule', rule: parseRule(pick(RULES)) }))
  times(2, () => {
    const neigh = parseNeigh(
      `${pick(['10.0.0.8', '10.1.0.8', 'fd00::8'])} dev ${pick(IFNAMES)} lladdr ${pick([lladdrOf('1'), lladdrOf('2')])}`,
    )
    attempt(kernel, { ...base, type: 'replace neigh', neigh })
  })
  times(2, () =>
    attempt(kernel, { ...base, type: 'write file', path: pick(['/etc/motd', '/etc/hosts']), file: fileState(pick(['a', 'b'])) }),
  )
  attempt(kernel, { ...base, type: 'set ruleset', tool: 'iptables', input: pick(FILTERS) })
  attempt(kernel, { ...base, type: 'set ruleset', tool: 'nftables', input: pick(TABLES) })
}

/** The same network with what only a file has: contents of files, inputs of rulesets. */
export function asDesired(state: NetworkState): NetworkState {
  const namespaces = [...state.namespaces].map(([netns, namespace]): [string, NamespaceState] => [
    netns,
    {
      ...namespace,
      files: new Map(
        [...namespace.files].map(([path, file]) => [
          path,
          ['a', 'b'].map((text) => fileState(text, file.mode)).find((one) => one.sha256 === file.sha256) ?? file,
        ]),
      ),
      rulesets: new Map([...namespace.rulesets].map(([tool, ruleset]) => [tool, { ...ruleset, input: ruleset.canonical }])),
    },
  ])
  return { namespaces: new Map(namespaces) }
}
