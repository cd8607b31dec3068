// Links that stand on others: in which order a plan takes apart and puts together what the kernel does not take at once.
import { expect, test } from 'vitest'
import { planChanges } from '../../../src/plan/reconcile.ts'
import { undoAll } from '../../../src/plan/undo.ts'
import { differences } from '../../../src/state/compare.ts'
import type { NetworkState } from '../../../src/state/network.ts'
import { compileTopology } from '../../../src/topology/compile.ts'
import { createModelKernel } from '../../support/model-kernel.ts'

function network(interfaces: object, cables = 1): NetworkState {
  const links = Array.from({ length: cables }, (_, at) => [`a:eth${at}`, `b:eth${at}`])
  const { desired, diagnostics } = compileTopology({ nodes: { a: { interfaces }, b: {} }, links })
  expect(diagnostics).toEqual([])
  return desired!
}

const onParent = network({ m0: { kind: 'macvlan', parent: 'eth0', address: '10.0.0.1/24' } })

test.each([
  ['bond', network({ m0: { kind: 'bond', members: ['eth0'], mode: 'active-backup' } })],
  ['bridge', network({ m0: { kind: 'bridge', members: ['eth0'] } })],
])('a link that leaves its %s for a macvlan goes there, and all the way back', (_, inMaster) => {
  for (const [from, to] of [
    [inMaster, onParent],
    [onParent, inMaster],
  ] as const) {
    const kernel = createModelKernel()
    for (const operation of planChanges('lab', from).operations) kernel.apply(operation)
    const { operations } = planChanges('lab', to, kernel.state(), { previous: from })
    for (const operation of operations) kernel.apply(operation)
    expect(differences(to, kernel.state(), { previous: from })).toEqual([])
    for (const step of undoAll(operations)) kernel.apply(step)
    expect(differences(from, kernel.state(), { previous: to })).toEqual([])
  }
})

const bare = network({})
const bondOfVlan = network({
  v5: { kind: 'vlan', parent: 'eth0', id: 5 },
  bond0: { kind: 'bond', members: ['v5'], address: '10.0.5.1/24' },
})

test('a bond takes a VLAN when the parent of that is up, and all the way back', () => {
  const kernel = createModelKernel()
  for (const operation of planChanges('lab', bondOfVlan).operations) kernel.apply(operation)
  expect(differences(bondOfVlan, kernel.state())).toEqual([])
  const changed = createModelKernel()
  for (const operation of planChanges('lab', bare).operations) changed.apply(operation)
  const { operations } = planChanges('lab', bondOfVlan, changed.state(), { previous: bare })
  for (const operation of operations) changed.apply(operation)
  expect(differences(bondOfVlan, changed.state(), { previous: bare })).toEqual([])
  for (const step of undoAll(operations)) changed.apply(step)
  expect(differences(bare, changed.state(), { previous: bondOfVlan })).toEqual([])
})

const bondOf = (options: object): NetworkState => network({ bond0: { kind: 'bond', members: ['eth0'], ...options } })

test.each([
  ['with its miimon', { miimon: 100, updelay: 200 }, { miimon: 200, updelay: 200 }, [{ miimon: 200, updelay: 200, downdelay: 0 }]],
  ['and are gone without it', { miimon: 100, updelay: 200 }, { miimon: 0 }, [{ miimon: 0 }]],
  ['and come with it', { miimon: 0 }, { miimon: 100, downdelay: 300 }, [{ miimon: 100, updelay: 0, downdelay: 300 }]],
  ['by themselves', { miimon: 100 }, { miimon: 100, updelay: 300 }, [{ updelay: 300 }]],
])('the delays of a bond are told %s', (_, from, to, expected) => {
  const kernel = createModelKernel()
  for (const operation of planChanges('lab', bondOf(from)).operations) kernel.apply(operation)
  const { operations } = planChanges('lab', bondOf(to), kernel.state(), { previous: bondOf(from) })
  const told = operations.flatMap((one) => (one.type === 'set link' && one.set.kind !== undefined ? [one.set.kind.options] : []))
  expect(told).toEqual(expected)
})

test('a bond that is to have no primary any more is made anew', () => {
  const [from, to] = [bondOf({ mode: 'active-backup', primary: 'eth0' }), bondOf({ mode: 'active-backup' })]
  const kernel = createModelKernel()
  for (const operation of planChanges('lab', from).operations) kernel.apply(operation)
  const { operations } = planChanges('lab', to, kernel.state(), { previous: from })
  expect(operations[0]).toMatchObject({ type: 'del link', ifname: 'bond0', cause: 'primary is eth0, the file says none' })
  for (const operation of operations) kernel.apply(operation)
  expect(differences(to, kernel.state(), { previous: from })).toEqual([])
})

const withMembers = (members: readonly string[], mac?: string): NetworkState =>
  network({ bond0: { kind: 'bond', members }, ...(mac !== undefined && { eth0: { mac } }) }, 2)
const pair = (one: string, other: string): NetworkState =>
  network({ bond0: { kind: 'bond', members: [one] }, bond1: { kind: 'bond', members: [other] } }, 2)

test.each([
  ['has let all its members go', withMembers(['eth0']), withMembers(['eth1'])],
  ['has let one of its members go', withMembers(['eth0', 'eth1']), withMembers(['eth1'])],
  ['has let one go that gets another address', withMembers(['eth0', 'eth1']), withMembers(['eth1'], '02:00:00:00:00:77')],
  ['has changed its members with another', pair('eth0', 'eth1'), pair('eth1', 'eth0')],
  ['is gone', withMembers(['eth0', 'eth1']), network({ dum0: { kind: 'dummy' } }, 2)],
  [
    'has lost its members with their cables',
    withMembers(['eth0', 'eth1']),
    network({ bond0: { kind: 'bond', members: ['dum0'] }, dum0: { kind: 'dummy' } }),
  ],
])('addresses and MTUs are those of the file when a bond %s, and before when that is undone', (_, from, to) => {
  const kernel = createModelKernel()
  for (const operation of planChanges('lab', from).operations) kernel.apply(operation)
  const { operations } = planChanges('lab', to, kernel.state(), { previous: from })
  for (const operation of operations) kernel.apply(operation)
  expect(differences(to, kernel.state(), { previous: from })).toEqual([])
  for (const step of undoAll(operations)) kernel.apply(step)
  expect(differences(from, kernel.state(), { previous: to })).toEqual([])
})

const ports = (...listenPorts: readonly number[]): NetworkState =>
  network(
    Object.fromEntries(listenPorts.map((port, at) => [`wg${at}`, { kind: 'wireguard', listen_port: port, address: `10.9.${at}.1/24` }])),
  )
const addresses = (...ends: readonly string[]): NetworkState =>
  network(Object.fromEntries(ends.map((end, at) => [`mv${at}`, { kind: 'macvlan', parent: 'eth0', mac: `02:00:00:00:00:${end}` }])))

test.each([
  ['two WireGuard links exchange ports', ports(1000, 2000), ports(2000, 1000), 3],
  ['three WireGuard links hand on ports', ports(1000, 2000, 3000), ports(2000, 3000, 4000), 5],
  ['a WireGuard link has the port that one before it gives up', ports(1000, 2000), ports(3000, 1000), 2],
  ['two MACVLANs exchange addresses', addresses('01', '02'), addresses('02', '01'), 3],
  ['a MACVLAN has the address that one before it gives up', addresses('01', '02'), addresses('03', '01'), 2],
])('%s, and all the way back', (_, from, to, steps) => {
  const kernel = createModelKernel()
  for (const operation of planChanges('lab', from).operations) kernel.apply(operation)
  const { operations } = planChanges('lab', to, kernel.state(), { previous: from })
  expect(operations).toHaveLength(steps)
  for (const operation of operations) kernel.apply(operation)
  expect(differences(to, kernel.state(), { previous: from })).toEqual([])
  for (const step of undoAll(operations)) kernel.apply(step)
  expect(differences(from, kernel.state(), { previous: to })).toEqual([])
})

test('a bridge in a bond has the address of the bond', () => {
  const wish = network({ br0: { kind: 'bridge' }, bond0: { kind: 'bond', members: ['eth0', 'br0'] } })
  const kernel = createModelKernel()
  for (const operation of planChanges('lab', wish).operations) kernel.apply(operation)
  expect(differences(wish, kernel.state())).toEqual([])
})
