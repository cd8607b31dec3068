// machine-needs.ts: what a file wants of the machine is known whatever else is wrong with the file.
import { expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'

const outside = {
  nodes: {
    a: { limits: { memory: '64M' }, internet: true, sysctls: { 'net.ipv4.tcp_ecn': 1 } },
    b: { interfaces: { tap0: { kind: 'tap' } }, routes: ['10.9.0.0/16 dev nosuch0'] },
  },
  bridges: { lan: { vlan_filtering: true } },
  links: [['a', { external: 'enp3s0' }], { endpoints: ['nosuch', { external: 'enp[4-5]s0' }] }, ['b', { host: 'lab0' }]],
}

test('of a file with errors, too', () => {
  const { needs, desired, diagnostics } = compileTopology(outside)
  expect(desired).toBeUndefined()
  expect(diagnostics.map(({ code }) => code)).toContain('UNKNOWN_NODE')
  expect(needs.externals.map(({ ifname }) => ifname)).toEqual(['enp3s0', 'enp4s0', 'enp5s0'])
  expect(needs.hostLinks.map(({ ifname }) => ifname)).toEqual(['lab0'])
  expect(needs.internet).toBeDefined()
  expect([...needs.limits.keys()]).toEqual(['memory'])
  expect([...needs.features.keys()]).toEqual(['tun', 'bridge vlan_filtering'])
  expect([...needs.sysctls.keys()]).toEqual(['net.ipv4.tcp_ecn'])
})

test('nothing of a file that wants nothing, or cannot be read', () => {
  const nothing = { externals: [], hostLinks: [], limits: new Map(), features: new Map(), sysctls: new Map() }
  expect(compileTopology({ nodes: { a: {} }, links: [['a', { node: 'a' }]] }).needs).toEqual(nothing)
  expect(compileTopology('/nowhere/at/all.yaml').needs).toEqual(nothing)
})
