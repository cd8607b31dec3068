// What the counters of a watched lab become: rates and their history.
import { expect, it } from 'vitest'
import { HISTORY, LiveNetwork } from '../../../src/lab/live-network.ts'
import type { CounterRows, LiveBatch } from '../../../src/state/live.ts'

/** A sample of h1's link 2: rx and tx bytes. */
function sampled(atMs: number, bytes?: readonly [rx: number, tx: number]): LiveBatch {
  const counters: CounterRows[] =
    bytes === undefined ? [] : [{ netns: 'h1', rows: Float64Array.from([2, 10, 10, bytes[0], bytes[1], 0, 0, 0, 0]) }]
  return { atMs, changes: [], counters, overrun: [] }
}

function network(...batches: LiveBatch[]): LiveNetwork {
  const network = new LiveNetwork()
  network.apply({ atMs: 0, changes: [{ noun: 'namespace', netns: 'h1', kind: 'node', inode: 7, exists: true }], overrun: [] })
  for (const batch of batches) network.apply(batch)
  return network
}

it('what passed before the watch is no rate', () => {
  expect(network(sampled(1000, [1e9, 1e9])).rates('h1', 2)).toMatchObject({ rxBytes: 0, txBytes: 0 })
})

it('rates are per second, whatever time lies between two samples', () => {
  expect(network(sampled(1000, [0, 0]), sampled(3000, [500, 100])).rates('h1', 2)).toMatchObject({ rxBytes: 250, txBytes: 50 })
})

it('a link that is not in a sample has no traffic now', () => {
  expect(network(sampled(1000, [0, 0]), sampled(2000, [500, 0]), sampled(3000)).rates('h1', 2).rxBytes).toBe(0)
})

it('the history has a place for each sample, also for those in which nothing passed', () => {
  const live = network(
    sampled(1000, [0, 0]),
    sampled(2000, [100, 0]),
    sampled(3000),
    sampled(4000),
    sampled(5000, [150, 50]),
    sampled(6000),
  )
  expect(live.history('h1', 2, 6)).toEqual([0, 800, 0, 0, 800, 0])
  expect(live.history('h1', 2, 2)).toEqual([800, 0])
  expect(live.history('h1', 7, 3)).toEqual([0, 0, 0])
})

it('the history is bounded', () => {
  const live = network(...Array.from({ length: 3 * HISTORY }, (_, second) => sampled((second + 1) * 1000, [second, second])))
  expect(live.namespaces.get('h1')?.traffic.get(2)?.history).toHaveLength(HISTORY)
  expect(live.history('h1', 2, 2 * HISTORY)).toHaveLength(2 * HISTORY)
})
