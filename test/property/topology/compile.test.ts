/** Random topologies: whatever the file says, compiling ends in a network or in findings, and the network makes sense. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NetworkState } from '../../../src/state/network.ts'
import { compileTopology } from '../../../src/topology/compile.ts'
import { containsAddress, parsePrefix } from '../../../src/unit/prefix.ts'

const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31)
const check = <T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void, numRuns = 100): void => {
  fc.assert(fc.property(arbitrary, property), { seed, numRuns, verbose: 0 })
}

interface Shape {
  readonly nodes: Record<string, object>
  readonly bridges: Record<string, object>
  readonly links: object[]
  readonly routing: string
}

/** Subnets large enough for all, and no settings that can contradict each other: most of these are networks. */
const goodSubnet = fc.oneof(
  fc.constantFrom('auto', 'auto6'),
  fc.integer({ min: 0, max: 200 }).map((n) => `172.16.${n}.0/24`),
  fc.integer({ min: 0, max: 200 }).map((n) => `fd00:${n}::/64`),
)
const anySubnet = fc.oneof(
  goodSubnet,
  fc.constantFrom('10.1.0.0/24', '10.2.0.0/29', '10.3.0.0/30', '10.4.0.0/31', 'fd00:2::/127', '10.0.0.1/24', 'x'),
)

function shapes(isGood: boolean): fc.Arbitrary<Shape> {
  return fc
    .record({ nodeCount: fc.integer({ min: 1, max: 12 }), bridgeCount: fc.integer({ min: 1, max: 4 }) })
    .chain(({ nodeCount, bridgeCount }) => {
      const subnet = isGood ? goodSubnet : anySubnet
      const node = fc.integer({ min: 1, max: nodeCount }).map((n) => `n${n}`)
      const bridge = fc.integer({ min: 1, max: bridgeCount }).map((n) => `b${n}`)
      const loopback = fc.integer({ min: 1, max: 250 }).map((n) => `192.0.2.${n}`)
      const settings = fc.record({ forwarding: fc.boolean(), loopback, ...(isGood ? {} : { gateway: node }) }, { requiredKeys: [] })
      const addressed = fc.record({ node, address: fc.integer({ min: 1, max: 254 }).map((n) => `10.1.0.${n}/24`) })
      const end = isGood ? node : fc.oneof(node, addressed)
      const link = fc.oneof(
        fc.tuple(end, bridge),
        fc.tuple(bridge, bridge),
        fc.record({ endpoints: fc.tuple(end, node), subnet }, { requiredKeys: ['endpoints'] }),
      )
      const bridgeSettings = fc.record({ subnet }, { requiredKeys: [] })
      return fc.record({
        nodes: fc.array(settings, { minLength: nodeCount, maxLength: nodeCount }).map((list) => numbered('n', list)),
        bridges: fc.array(bridgeSettings, { minLength: bridgeCount, maxLength: bridgeCount }).map((list) => numbered('b', list)),
        links: fc.array(link, { maxLength: 20 }),
        routing: fc.constantFrom('none', 'auto', 'ecmp'),
      })
    })
}

function numbered(letter: string, list: readonly object[]): Record<string, object> {
  return Object.fromEntries(list.map((item, index) => [`${letter}${index + 1}`, item]))
}

test(`compiling never throws, and twice gives the same (seed ${seed})`, () => {
  check(shapes(false), (topology) => {
    const lab = compileTopology(topology)
    expect(compileTopology(topology)).toEqual(lab)
    expect(lab.desired === undefined).toBe(lab.diagnostics.some(({ severity }) => severity === 'error'))
    for (const diagnostic of lab.diagnostics) expect(diagnostic.origin).toBeDefined()
  })
})

test(`the network makes sense (seed ${seed})`, () => {
  let networks = 0
  check(shapes(true), (topology) => {
    const { desired } = compileTopology(topology)
    if (desired === undefined) return
    networks++
    checkLinks(desired)
    checkRoutes(desired)
    checkAddresses(desired)
  })
  // Were nearly all of them findings, nothing would have been tested.
  expect(networks).toBeGreaterThan(50)
})

test(`a link at the end changes nothing before it (seed ${seed})`, () => {
  check(shapes(true), (topology) => {
    const before = compileTopology(topology).desired
    const longer = {
      ...topology,
      nodes: { ...topology.nodes, last: {} },
      links: [...topology.links, ['last', 'b1'], { endpoints: ['last', 'n1'], subnet: 'auto' }],
    }
    const after = compileTopology(longer).desired
    if (before === undefined || after === undefined) return
    for (const [name, namespace] of before.namespaces) {
      for (const [key, addr] of namespace.addrs)
        expect([name, after.namespaces.get(name)?.addrs.get(key)?.local]).toEqual([name, addr.local])
      for (const [ifname, link] of namespace.links) {
        const other = after.namespaces.get(name)?.links.get(ifname)
        expect([name, ifname, other?.lladdr, other?.kind === 'veth' && other.peer]).toEqual([
          name,
          ifname,
          link.lladdr,
          link.kind === 'veth' && link.peer,
        ])
      }
    }
  })
})

test(`anything at all is a finding or a network (seed ${seed})`, () => {
  const anything = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('h1', 'auto', '10.0.0.1/24', 'lan', 'h[1-3]', '-A INPUT', 'default via 10.0.0.1'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.string(),
      tie('map'),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
    map: fc.dictionary(
      fc.constantFrom(
        'nodes',
        'links',
        'bridges',
        'h1',
        'lan',
        'interfaces',
        'eth0',
        'address',
        'subnet',
        'endpoints',
        'node',
        'use',
        'profiles',
        'defaults',
        'link',
        'routes',
        'to',
        'via',
        'rules',
        'files',
        'mtu',
        'iptables',
        'gateway',
        'hosts',
        'dns',
        'neighbors',
        'sysctls',
        'include',
      ),
      tie('value'),
      { maxKeys: 5 },
    ),
  }))
  check(
    anything.map as fc.Arbitrary<object>,
    (topology) => {
      const lab = compileTopology(topology)
      expect(lab.desired === undefined).toBe(lab.diagnostics.some(({ severity }) => severity === 'error'))
    },
    200,
  )
})

/** Each end has its other end, and each master is a bridge of the same namespace. */
function checkLinks(network: NetworkState): void {
  for (const [name, namespace] of network.namespaces) {
    for (const [ifname, link] of namespace.links) {
      expect(Buffer.byteLength(ifname)).toBeLessThanOrEqual(15)
      if (link.master !== undefined) expect(namespace.links.get(link.master)?.kind).toBe('bridge')
      if (link.kind !== 'veth') continue
      expect(network.namespaces.get(link.peer.netns)?.links.get(link.peer.ifname)).toMatchObject({
        kind: 'veth',
        peer: { netns: name, ifname },
      })
    }
  }
}

/** Every next hop's interface exists, is up, and has a subnet with the gateway. */
function checkRoutes(network: NetworkState): void {
  for (const namespace of network.namespaces.values()) {
    for (const route of namespace.routes.values()) {
      for (const hop of route.nexthops) {
        expect(namespace.links.get(hop.dev)?.up).toBe(true)
        const subnets = [...namespace.addrs.values()].filter((addr) => addr.ifname === hop.dev)
        const via = hop.via ?? ''
        expect(subnets.some((addr) => containsAddress(parsePrefix(`${addr.local}/${addr.prefixlen}`) ?? never(), via))).toBe(true)
      }
    }
  }
}

function never(): never {
  throw new Error('An address of the state does not parse')
}

/** No address twice among the nodes on one bridge, or on the two ends of a cable. */
function checkAddresses(network: NetworkState): void {
  for (const [name, namespace] of network.namespaces) {
    const seen = new Set<string>()
    for (const [ifname, link] of namespace.links) {
      if (link.kind !== 'veth') continue
      const [own, peer] = [addressesOf(network, name, ifname), addressesOf(network, link.peer.netns, link.peer.ifname)]
      expect(own.filter((address) => peer.includes(address))).toEqual([])
      if (link.master === undefined) continue
      for (const address of peer) {
        expect(seen.has(`${link.master} ${address}`)).toBe(false)
        seen.add(`${link.master} ${address}`)
      }
    }
  }
}

function addressesOf(network: NetworkState, netns: string, ifname: string): string[] {
  return [...(network.namespaces.get(netns)?.addrs.values() ?? [])].filter((addr) => addr.ifname === ifname).map((addr) => addr.local)
}
