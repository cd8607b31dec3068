import { expect, test } from 'vitest'
import { limitsText } from '../../../src/state/limits.ts'
import { compileTopology } from '../../../src/topology/compile.ts'

const limitsOf = (limits: object) => compileTopology({ nodes: { h1: { limits } } }, { name: 'lab' })

test.each([
  [{ cpu: 0.5 }, 'cpu 0.5'],
  [{ cpu: 2, memory: '64mb', pids: 100 }, 'cpu 2, memory 64mb, pids 100'],
  [{ memory: '6gb' }, 'memory 6144mb'],
  [{ memory: 1_000_000 }, 'memory 960kb'],
  [{ io: { rbps: '10mb', wiops: 100 } }, 'io / rbps 10mb wiops 100'],
  [{ io: [{ device: '/dev/sdb', wbps: 4096 }, { rbps: '1mb' }] }, 'io / rbps 1mb, io /dev/sdb wbps 4kb'],
  [{}, 'none'],
])('%j must be %s', (limits, text) => {
  const { desired, diagnostics } = limitsOf(limits)
  expect(diagnostics).toEqual([])
  expect(limitsText(desired!.namespaces.get('h1')!.limits ?? {})).toBe(text)
})

test.each([
  [{ cpu: 0 }, '"0" is no number of processors from 0.01 to 4096'],
  [{ cpu: '50%' }, '"50%" is no number of processors'],
  [{ memory: '1kb' }, '"1kb" is less than 64kb'],
  [{ memory: '64mib' }, '"64mib" has an unknown unit "mib"'],
  [{ pids: 0 }, '"0" is no number of processes from 1'],
  [{ io: { device: 'sda', rbps: 1 } }, '"sda" is no absolute path'],
  [{ io: { device: '/dev/sda' } }, '`io` limits nothing: it takes rbps, wbps, riops, wiops'],
  [{ io: { wbps: 0 } }, '"0" is less than a byte a second'],
  [{ io: { riops: 0 } }, '"0" is no number of requests a second'],
])('%j must be told: %s', (limits, words) => {
  expect(limitsOf(limits).diagnostics.map(({ detail }) => detail)).toEqual([expect.stringContaining(words)])
})

test('a service that gets its first limit must be started anew, one whose limit changes must not', () => {
  const digestOf = (limits: object): string => {
    const { desired } = compileTopology({ nodes: { h1: { limits, services: { s: 'sleep 1' } } } }, { name: 'lab' })
    return desired!.namespaces.get('h1')!.services.get('s')!.digest
  }
  expect(digestOf({ pids: 5 })).toBe(digestOf({ pids: 9, cpu: 1 }))
  expect(digestOf({ pids: 5 })).not.toBe(digestOf({}))
})
