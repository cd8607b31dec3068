import { expect, test } from 'vitest'
import { subnetsOf, withLostSubnets } from '../../../src/linux/subnet-route.ts'
import { differences } from '../../../src/state/compare.ts'
import { extraKeys } from '../../../src/state/extra.ts'
import type { NetworkState } from '../../../src/state/network.ts'
import { parseNetwork, parseRoute } from '../../support/network.ts'

const desired = parseNetwork(`
h1:
  links: { eth0: veth h2/eth0, eth1: veth h2/eth1 down, br: bridge, p: veth h2/p master br }
  addrs: [eth0 10.0.0.1/24, 'eth0 fd00::1/64', 'eth0 fe80::1/64', eth0 10.9.0.1/32, eth1 10.1.0.1/24, p 10.2.0.1/24, lo 10.3.0.1/24]
`)

function observed(...subnets: string[]): NetworkState {
  const h1 = desired.namespaces.get('h1')!
  return { namespaces: new Map([['h1', { ...h1, addrs: withLostSubnets(h1.addrs, h1.links, new Set(subnets)) }]]) }
}

test('a route without a gateway leads to a subnet', () => {
  expect(subnetsOf(parseRoute('10.0.0.0/24 dev eth0'))).toEqual(['eth0 10.0.0.0/24'])
  expect(subnetsOf(parseRoute('10.0.0.0/24 via 10.1.0.1 dev eth0'))).toEqual([])
})

test('a subnet is lost where the kernel has made a route to it and there is none', () => {
  expect(differences(desired, observed('eth0 10.0.0.0/24', 'eth0 fd00::/64'))).toEqual([])
  expect(differences(desired, observed('eth1 10.0.0.0/24')).map(({ path }) => path)).toEqual([
    'h1/eth0 addr 10.0.0.1/24 subnet 10.0.0.0/24',
    'h1/eth0 addr fd00::1/64 subnet fd00::/64',
  ])
})

test('what a setup command has cut off is left so', () => {
  const after = observed('eth0 fd00::/64')
  expect(differences(desired, after, { tolerated: extraKeys(desired, after) })).toEqual([])
})
