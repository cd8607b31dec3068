import { expect, test } from 'vitest'
import { withoutConsequences } from '../../../src/lab/consequence.ts'
import type { Operation } from '../../../src/plan/operation.ts'

const base = { netns: 'a', cause: 'not there' }
const vxlan = { kind: 'vxlan', up: true, mtu: 1450, options: {} } as const
const ADD: Operation = { ...base, type: 'add link', ifname: 'vx1', link: vxlan }
const ON_TOP: Operation = { ...base, type: 'add link', ifname: 'vx1.10', link: { ...vxlan, kind: 'vlan', parent: 'vx1' } }
const UP: Operation = { ...base, type: 'set link', ifname: 'vx1', set: { up: true } }
const UP_ON_TOP: Operation = { ...base, type: 'set link', ifname: 'vx1.10', set: { up: true } }
const ADDR: Operation = { ...base, type: 'add addr', addr: { ifname: 'vx1', family: 4, local: '10.0.0.1', prefixlen: 24 } }
const FAR: Operation = { ...base, netns: 'b', type: 'set link', ifname: 'vx1', set: { up: true } }

const told = (operations: readonly Operation[], codes: readonly string[]) =>
  withoutConsequences(
    operations,
    codes.map((code, index) => ({ index, code })),
  ).map(({ index }) => index)

test('a link that was refused must be told once, not again for what was to be done with it', () => {
  expect(told([ADD, ON_TOP, UP, ADDR, UP_ON_TOP], ['EEXIST', 'ENODEV', 'ENODEV', 'ENODEV', 'ENODEV'])).toEqual([0])
})

test('a refusal with another reason, or about another link, must be told', () => {
  expect(told([ADD, UP, FAR], ['EEXIST', 'EPERM', 'ENODEV'])).toEqual([0, 1, 2])
})

test('a link that is not there, and that nobody was refused, must be told', () => {
  expect(told([UP, ADDR], ['ENODEV', 'ENODEV'])).toEqual([0, 1])
})

const JOIN: Operation = { ...base, type: 'set link', ifname: 'vx1', set: { master: 'br0' } }
const OPTIONS: Operation = { ...base, type: 'set link', ifname: 'vx1', set: { port: { isolated: true } } }
const FDB: Operation = { ...base, type: 'add fdb', ifname: 'vx1', fdb: { lladdr: '02:00:00:00:00:01' } }
const VLAN: Operation = { ...base, type: 'add vlan', ifname: 'vx1', isSelf: false, vlans: { first: 10, last: 10, flags: '' } }
const SELF: Operation = { ...VLAN, ifname: 'br0', isSelf: true }
const route = { family: 4, type: 'unicast', dst: '10.9.0.0/16', table: 254, metric: 0, protocol: 3, scope: 0 } as const
const ROUTE: Operation = {
  ...base,
  type: 'add route',
  route: { ...route, nexthops: [{ dev: 'vx1', via: '10.0.0.2', weight: 1, onlink: false }] },
}

test('what a link was to have as a port must not be told where its bridge did not get it', () => {
  expect(told([JOIN, OPTIONS, VLAN, FDB, SELF], ['EINVAL', 'EINVAL', 'EOPNOTSUPP', 'EOPNOTSUPP', 'EINVAL'])).toEqual([0, 4])
})

test('a link that its bond did not get, and that does not come up then, must be told once', () => {
  expect(told([JOIN, UP], ['EADDRINUSE', 'EADDRINUSE'])).toEqual([0])
})

test.each([
  ['has not got its address', ADDR],
  ['does not come up', UP],
])('a route must not be told where its link %s', (_, cause) => {
  expect(told([cause, ROUTE], ['EADDRINUSE', 'ENETUNREACH'])).toEqual([0])
  expect(told([JOIN, ROUTE], ['EINVAL', 'ENETUNREACH'])).toEqual([0, 1])
})

test('groups beyond those that fill the table must not be told', () => {
  const mdb: Operation = { ...base, type: 'add mdb', ifname: 'vx1', bridge: 'br0', mdb: { group: '239.1.1.1' } }
  expect(told([mdb, mdb, { ...mdb, bridge: 'br1' }], ['E2BIG', 'EINVAL', 'EINVAL'])).toEqual([0, 2])
})
