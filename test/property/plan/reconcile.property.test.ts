import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { Operation } from '../../../src/plan/operation.ts'
import { planChanges } from '../../../src/plan/reconcile.ts'
import { undoAll } from '../../../src/plan/undo.ts'
import { differences } from '../../../src/state/compare.ts'
import { createModelKernel } from '../../support/model-kernel.ts'
import { asDesired, randomNetwork } from '../../support/random-network.ts'

vi.setConfig({ testTimeout: 120_000 })

/**
 * The same cases each time, so that a fault which one network in thousands shows is not met by whoever changes something else. FC_RUNS looks
 * longer, and elsewhere each time.
 */
const RUNS = process.env.FC_RUNS === undefined ? { numRuns: 150, seed: 1 } : { numRuns: Number(process.env.FC_RUNS) }

describe('a plan, done by the model kernel', () => {
  test('builds the network from nothing', () => {
    fc.assert(
      fc.property(randomNetwork, (wish) => {
        const desired = asDesired(wish)
        const kernel = createModelKernel()
        for (const operation of planChanges('lab', desired).operations) kernel.apply(operation)
        expect(differences(desired, kernel.state())).toEqual([])
      }),
      RUNS,
    )
  })

  test('makes any network into any other, and then has nothing left to do', () => {
    fc.assert(
      fc.property(randomNetwork, randomNetwork, (wish, observed) => {
        const desired = asDesired(wish)
        const options = { previous: asDesired(observed) }
        const kernel = createModelKernel(observed)
        for (const operation of planChanges('lab', desired, observed, options).operations) kernel.apply(operation)
        expect(differences(desired, kernel.state(), options)).toEqual([])
        expect(planChanges('lab', desired, kernel.state(), options).operations).toEqual([])
      }),
      RUNS,
    )
  })

  test('is undone from any point', () => {
    fc.assert(
      fc.property(randomNetwork, randomNetwork, fc.nat(1000), (wish, observed, cut) => {
        // From nothing, a lab that fails is dropped as a whole.
        fc.pre(observed.namespaces.size > 0)
        const previous = asDesired(observed)
        const { operations } = planChanges('lab', asDesired(wish), observed, { previous })
        const kernel = createModelKernel(observed)
        const applied = operations.slice(0, operations.length === 0 ? 0 : cut % (operations.length + 1))
        for (const operation of applied) kernel.apply(operation)
        for (const step of undoAll(applied)) kernel.apply(step)
        expect(differences(previous, kernel.state(), { previous: asDesired(wish) })).toEqual([])
      }),
      RUNS,
    )
  })
})

test('a plan is empty exactly where nothing differs', () => {
  fc.assert(
    fc.property(randomNetwork, randomNetwork, (wish, observed) => {
      const options = { previous: asDesired(observed) }
      expect(planChanges('lab', asDesired(observed), observed).operations).toEqual([])
      const isEmpty = planChanges('lab', asDesired(wish), observed, options).operations.length === 0
      expect(isEmpty).toBe(differences(asDesired(wish), observed, options).length === 0)
    }),
    RUNS,
  )
})

test('a route whose namespace keeps its links and addresses stands all the while', () => {
  fc.assert(
    fc.property(randomNetwork, randomNetwork, (wish, observed) => {
      const desired = asDesired(wish)
      const kernel = createModelKernel(observed)
      const untouched = [...desired.namespaces].flatMap(([netns, { links, addrs, routes, kind }]) => {
        const there = observed.namespaces.get(netns)
        if (there === undefined || there.kind !== kind) return []
        const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)
        if (!same([...links], [...there.links]) || !same([...addrs], [...there.addrs])) return []
        const peersStay = [...links.values()].every((link) => {
          if (link.kind !== 'veth') return true
          const [one, other] = [desired, observed].map((network) => network.namespaces.get(link.peer.netns))
          return one?.kind === other?.kind && same(one?.links.get(link.peer.ifname), other?.links.get(link.peer.ifname))
        })
        return peersStay
          ? [...routes].filter(([key, route]) => same(there.routes.get(key), route)).map(([key]) => [netns, key] as const)
          : []
      })
      for (const operation of planChanges('lab', desired, observed).operations) {
        kernel.apply(operation)
        const { namespaces } = kernel.state()
        for (const [netns, key] of untouched) expect(namespaces.get(netns)?.routes.has(key), describeStep(operation, key)).toBe(true)
      }
    }),
    RUNS,
  )
})

function describeStep(operation: Operation, key: string): string {
  return `${key} after ${JSON.stringify(operation)}`
}
