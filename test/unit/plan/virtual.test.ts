// Links that stand on others: in which order a plan takes apart and puts together what the kernel does not take at once.
import { expect, test } from 'vitest'
import { planChanges } from '../../../src/plan/reconcile.ts'
import { undoAll } from '../../../src/plan/undo.ts'
import { differences } from '../../../src/state/compare.ts'
import type { NetworkState } from '../../../src/state/network.ts'
import { compileTopology } from '../../../src/topology/compile.ts'
import { createModelKernel } from '../../support/model-kernel.ts'

function network(interfaces: object): NetworkState {
  const { desired, diagnostics } = compileTopology({ nodes: { a: { interfaces }, b: {} }, links: [['a:eth0', 'b:eth0']] })
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
