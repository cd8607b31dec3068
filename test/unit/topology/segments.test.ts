// Who hears whom: the segments that a file's interfaces are on.
import { expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'

test.each([
  ['a bond that has the bridge', { bond0: { kind: 'bond', members: ['br0'], address: '10.0.0.1/24' } }],
  ['a MACVLAN on the bridge', { mv0: { kind: 'macvlan', parent: 'br0', address: '10.0.0.1/24' } }],
])('%s of a node must be on the segment of its ports', (_, more) => {
  const { diagnostics } = compileTopology({
    nodes: { a: { interfaces: { br0: { kind: 'bridge', members: ['eth0'] }, ...more } }, b: {} },
    links: [['a', { node: 'b', address: '10.0.0.2/24' }]],
  })
  expect(diagnostics).toEqual([])
})

test('a VLAN on a bridge must be on none of those that go untagged', () => {
  const { diagnostics } = compileTopology({
    nodes: {
      a: { interfaces: { br0: { kind: 'bridge', members: ['eth0'] }, v5: { kind: 'vlan', parent: 'br0', id: 5, address: '10.0.0.1/24' } } },
      b: {},
    },
    links: [['a', { node: 'b', address: '10.0.0.2/24' }]],
  })
  expect(diagnostics.map(({ code }) => code)).toEqual(['OVERLAPPING_SUBNETS'])
})
