// Entries of a bridge's tables: one address is behind one port, and groups go while the bridge heeds them.
import { expect, test } from 'vitest'
import { planChanges } from '../../../src/plan/reconcile.ts'
import { undoAll } from '../../../src/plan/undo.ts'
import { differences } from '../../../src/state/compare.ts'
import { FABRIC } from '../../../src/state/network.ts'
import type { NetworkState } from '../../../src/state/network.ts'
import { compileTopology } from '../../../src/topology/compile.ts'
import { createModelKernel } from '../../support/model-kernel.ts'

function network(sw: object, ...ports: readonly object[]): NetworkState {
  const links = ['a', 'b'].map((node, index) => [node, { bridge: 'sw', ...ports[index] }])
  const { desired, diagnostics } = compileTopology({ nodes: { a: {}, b: {} }, bridges: { sw }, links })
  expect(diagnostics).toEqual([])
  return desired!
}

function nodeBridge(bridge: object, eth0: object = {}): NetworkState {
  const br0 = { kind: 'bridge', mcast_snooping: true, members: ['eth0'], ...bridge }
  const { desired, diagnostics } = compileTopology({ nodes: { a: { interfaces: { br0, eth0 } }, b: {} }, links: [['a', 'b']] })
  expect(diagnostics).toEqual([])
  return desired!
}

const [ONE, OTHER] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b']

test.each([
  ['an address goes to a later port', network({}, { fdb: ONE }), network({}, {}, { fdb: ONE })],
  ['an address goes to an earlier port', network({}, {}, { fdb: ONE }), network({}, { fdb: ONE })],
  ['addresses change places', network({}, { fdb: ONE }, { fdb: OTHER }), network({}, { fdb: OTHER }, { fdb: ONE })],
  ['groups go with the snooping', network({ mcast_snooping: true }, { mdb: '239.1.1.1' }), network({})],
])('%s, and all the way back', (_, from, to) => {
  const kernel = createModelKernel()
  for (const operation of planChanges('lab', from).operations) kernel.apply(operation)
  const { operations } = planChanges('lab', to, kernel.state(), { previous: from })
  for (const operation of operations) kernel.apply(operation)
  expect(differences(to, kernel.state(), { previous: from })).toEqual([])
  for (const step of undoAll(operations)) kernel.apply(step)
  expect(differences(from, kernel.state(), { previous: to })).toEqual([])
})

test('groups that were hidden while somebody had the snooping off are not given again', () => {
  const snooping = network({ mcast_snooping: true }, { mdb: '239.1.1.1' })
  const kernel = createModelKernel()
  for (const operation of planChanges('lab', snooping).operations) kernel.apply(operation)
  kernel.apply({ type: 'set link', netns: FABRIC, cause: '', ifname: 'sw', set: { bridge: { mcastSnooping: false } } })
  const { operations } = planChanges('lab', snooping, kernel.state(), { previous: snooping })
  for (const operation of operations) kernel.apply(operation)
  expect(differences(snooping, kernel.state(), { previous: snooping })).toEqual([])
  expect(operations).toHaveLength(1)
})

const ofLab = network({ mcast_snooping: true }, { mdb: '239.1.1.1' })
const ofNode = nodeBridge({}, { mdb: '239.1.1.1' })

test.each([
  ['stopped from snooping', ofLab, network({}), { netns: FABRIC, ifname: 'sw', set: { bridge: { mcastSnooping: false } } }],
  ['taken down', ofNode, nodeBridge({ state: 'down' }), { netns: 'a', ifname: 'br0', set: { up: false } }],
])('groups go from a bridge that somebody else has %s', (_, from, to, change) => {
  const kernel = createModelKernel()
  for (const operation of planChanges('lab', from).operations) kernel.apply(operation)
  kernel.apply({ type: 'set link', cause: '', ...change })
  const { operations } = planChanges('lab', to, kernel.state(), { previous: from })
  for (const operation of operations) kernel.apply(operation)
  expect(differences(to, kernel.state(), { previous: from })).toEqual([])
  const again = planChanges('lab', from, kernel.state(), { previous: to }).operations
  for (const operation of again) kernel.apply(operation)
  expect(differences(from, kernel.state(), { previous: to })).toEqual([])
})
