import { describe, expect, test } from 'vitest'
import { differences, formatDifference } from '../../../src/state/compare.ts'
import { extraKeys, type Standing } from '../../../src/state/extra.ts'
import type { NetworkState, ServiceState } from '../../../src/state/network.ts'
import { parseNetwork } from '../../support/network.ts'

const CABLE = 'links: { eth0: veth h2/eth0 }'
const H2 = '\nh2: { links: { eth0: veth h1/eth0 } }'

function found(desired: string, observed: string, standing: Parameters<typeof differences>[2] = {}): string[] {
  return differences(parseNetwork(desired + H2), parseNetwork(observed + H2), standing).map(formatDifference)
}

describe('what differs', () => {
  test.each([
    ['mtu', `h1: { links: { eth0: veth h2/eth0 mtu 9000 } }`, `h1: { ${CABLE} }`, ['h1/eth0.mtu is 1500, the file says 9000']],
    ['a missing namespace', `h1: { ${CABLE} }`, ``, ['h1 is missing']],
    ['a kind', `h1: { kind: bridge, ${CABLE} }`, `h1: { ${CABLE} }`, ['h1.kind is node, the file says bridge']],
    ['a peer', `h1: { links: { eth0: veth h3/eth0 } }`, `h1: { ${CABLE} }`, ['h1/eth0.peer is h2/eth0, the file says h3/eth0']],
    ['an address', `h1: { ${CABLE}, addrs: [eth0 10.0.0.1/24] }`, `h1: { ${CABLE} }`, ['h1/eth0 addr 10.0.0.1/24 is missing']],
    [
      'a primary address',
      `h1: { ${CABLE}, addrs: [eth0 10.0.0.1/24, eth0 10.0.0.2/24] }`,
      `h1: { ${CABLE}, addrs: [eth0 10.0.0.2/24, eth0 10.0.0.1/24] }`,
      ['h1/eth0.primary is 10.0.0.2, the file says 10.0.0.1'],
    ],
    [
      'a stray route',
      `h1: { ${CABLE} }`,
      `h1: { ${CABLE}, routes: [blackhole 10.0.0.0/8] }`,
      ['h1 route blackhole 10.0.0.0/8 is not in the file'],
    ],
    [
      'a route elsewhere',
      `h1: { ${CABLE}, routes: [default via 10.0.0.1 dev eth0] }`,
      `h1: { ${CABLE}, routes: [default via 10.0.0.2 dev eth0] }`,
      ['h1 route default via 10.0.0.1 dev eth0.nexthops is via 10.0.0.2 dev eth0, the file says via 10.0.0.1 dev eth0'],
    ],
    [
      'a sysctl',
      `h1: { ${CABLE}, sysctls: { net.ipv4.ip_forward: 1 } }`,
      `h1: { ${CABLE} }`,
      ['h1 sysctl net.ipv4.ip_forward is not set, the file says 1'],
    ],
    ['a file', `h1: { ${CABLE}, files: { /etc/motd: a } }`, `h1: { ${CABLE} }`, ['h1 file /etc/motd is missing']],
    [
      'a stray link',
      `h1: { ${CABLE} }`,
      `h1: { links: { eth0: veth h2/eth0, br0: bridge }, addrs: [br0 10.0.0.1/24] }`,
      ['h1/br0 is not in the file'],
    ],
  ])('%s', (_, desired, observed, expected) => {
    expect(found(desired, observed)).toEqual(expected)
  })
})

describe('what does not differ', () => {
  test.each([
    [
      'the order of nexthops',
      `h1: { ${CABLE}, routes: [10.0.0.0/8 nexthop via 10.0.0.1 dev eth0 weight 1 nexthop via 10.0.0.2 dev eth0 weight 2] }`,
      `h1: { ${CABLE}, routes: [10.0.0.0/8 nexthop via 10.0.0.2 dev eth0 weight 2 nexthop via 10.0.0.1 dev eth0 weight 1] }`,
    ],
    [
      'white space in a sysctl',
      `h1: { ${CABLE}, sysctls: { net.ipv4.tcp_rmem: 1 2 3 } }`,
      `h1: { ${CABLE}, sysctls: { net.ipv4.tcp_rmem: "1\\t2\\t3" } }`,
    ],
    ['sysctls and files that the file does not name', `h1: { ${CABLE} }`, `h1: { ${CABLE}, sysctls: { a: 1 }, files: { /a: b } }`],
    ['rules of a tool that the file never had', `h1: { ${CABLE} }`, `h1: { ${CABLE}, nftables: "table ip a { }" }`],
    [
      'a link that netlab did not make, with all on it',
      `h1: { ${CABLE} }`,
      `h1: { links: { eth0: veth h2/eth0, d0: dummy }, addrs: [d0 10.0.0.1/24], routes: [default via 10.0.0.2 dev d0], neighs: [10.0.0.2 dev d0 lladdr 02:00:00:00:00:01] }`,
    ],
    ['link-local and loopback addresses', `h1: { ${CABLE} }`, `h1: { ${CABLE}, addrs: ['eth0 fe80::1/64', lo 127.0.0.1/8, 'lo ::1/128'] }`],
  ])('%s', (_, desired, observed) => {
    expect(found(desired, observed)).toEqual([])
  })

  test('what setup commands left', () => {
    const before = `h1: { ${CABLE} }${H2}`
    const after = `h1: { links: { eth0: veth h2/eth0, br0: bridge }, addrs: [eth0 10.9.9.9/24], routes: [10.0.0.0/8 dev eth0], rules: [priority 5 from all lookup 7], neighs: [10.9.9.8 dev eth0 lladdr 02:00:00:00:00:01] }${H2}`
    const tolerated = extraKeys(parseNetwork(before), parseNetwork(after))
    expect([...tolerated]).toEqual([
      'h1 link br0',
      'h1 addr eth0 10.9.9.9/24',
      'h1 route 10.0.0.0/8 table 254 metric 0',
      'h1 rule v4 5 lookup 7',
      'h1 neigh eth0 10.9.9.8',
    ])
    expect(differences(parseNetwork(before), parseNetwork(after), { tolerated })).toEqual([])
  })
})

test('what the last up asked for and the file no longer has is too much', () => {
  const previous = parseNetwork(
    `h1: { ${CABLE}, addrs: ['eth0 fe80::7/64'], files: { /etc/motd: a }, iptables: "*filter\\nCOMMIT\\n" }${H2}`,
  )
  expect(differences(parseNetwork(`h1: { ${CABLE} }${H2}`), previous, { previous }).map(formatDifference)).toEqual([
    'h1/eth0 addr fe80::7/64 is not in the file',
    'h1 iptables is not in the file',
    'h1 file /etc/motd is not in the file',
  ])
})

describe('an address that the file does not have', () => {
  const desired = parseNetwork(`h1: { ${CABLE} }${H2}`)
  const observed = parseNetwork(`h1: { ${CABLE}, addrs: [eth0 10.0.0.9/24] }${H2}`)
  const h1 = desired.namespaces.get('h1')!
  const service = { argv: ['keepalived'] } as unknown as ServiceState
  const withService = { namespaces: new Map(desired.namespaces).set('h1', { ...h1, services: new Map([['vrrp', service]]) }) }
  const addressesIn = (wanted: NetworkState, standing: Standing): string[] =>
    differences(wanted, observed, standing)
      .map(({ path }) => path)
      .filter((path) => path.includes('addr'))

  test('must be told where the node has no services', () => {
    expect(addressesIn(desired, { previous: desired })).toEqual(['h1/eth0 addr 10.0.0.9/24'])
  })

  test('must be left to the services of a node', () => {
    expect(addressesIn(withService, { previous: withService })).toEqual([])
  })

  test('must go all the same when the file had it before', () => {
    expect(addressesIn(withService, { previous: observed })).toEqual(['h1/eth0 addr 10.0.0.9/24'])
  })

  test("must stay a setup command's when the services go", () => {
    const tolerated = extraKeys(withService, observed)
    expect(addressesIn(desired, { previous: withService, tolerated })).toEqual([])
  })
})
