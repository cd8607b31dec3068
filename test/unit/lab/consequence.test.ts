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
