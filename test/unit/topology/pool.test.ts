import { expect, test } from 'vitest'
import { createAddressPool, createSubnetPool } from '../../../src/topology/pool.ts'
import { formatInterfaceAddress, formatPrefix, parsePrefix } from '../../../src/unit/prefix.ts'
import type { Prefix } from '../../../src/unit/prefix.ts'

const prefix = (text: string): Prefix => parsePrefix(text) as Prefix

test.each([
  ['10.0.0.0/30', [], ['10.0.0.1/30', '10.0.0.2/30', undefined]],
  ['10.0.0.0/31', [], ['10.0.0.0/31', '10.0.0.1/31', undefined]],
  ['10.0.0.0/32', [], ['10.0.0.0/32', undefined]],
  ['10.0.0.0/29', ['10.0.0.1', '10.0.0.3'], ['10.0.0.2/29', '10.0.0.4/29']],
  ['fd00::/127', ['fd00::'], ['fd00::1/127', undefined]],
  ['fd00::/64', [], ['fd00::1/64', 'fd00::2/64']],
])('addresses of %s without %j', (subnet, taken, expected) => {
  const pool = createAddressPool(prefix(subnet), new Set(taken))
  const given = expected.map(() => pool.next())
  expect(given.map((address) => address && formatInterfaceAddress(address))).toEqual(expected)
})

test.each([
  ['10.0.0.0/29', [], [30, 30, 30], ['10.0.0.0/30', '10.0.0.4/30', undefined]],
  ['10.0.0.0/16', ['10.0.1.0/24', '10.0.0.128/25'], [24, 24], ['10.0.2.0/24', '10.0.3.0/24']],
  ['10.0.0.0/16', ['10.0.0.0/30'], [24, 23], ['10.0.1.0/24', '10.0.2.0/23']],
  ['10.0.0.0/16', ['10.0.0.0/8'], [24], [undefined]],
  ['10.0.0.0/24', [], [16], [undefined]],
  ['10.0.0.0/16', ['fd00::/8'], [24], ['10.0.0.0/24']],
  ['fd00::/32', ['fd00::/64', 'fd00:0:0:2::/64'], [64, 64], ['fd00:0:0:1::/64', 'fd00:0:0:3::/64']],
])('subnets of %s without %j', (pool, taken, lengths, expected) => {
  const subnets = createSubnetPool(prefix(pool), taken.map(prefix))
  const given = lengths.map((length) => subnets.next(length))
  expect(given.map((subnet) => subnet && formatPrefix(subnet))).toEqual(expected)
})
