/** The words in which the holder is told what a node isolates. */
import { expect, test } from 'vitest'
import { DEFAULT_ISOLATION, isolationText, parseIsolation } from '../../../src/state/isolation.ts'

test.each([
  [DEFAULT_ISOLATION, 'pid,ipc'],
  [{ namespaces: [] }, '-'],
  [{ namespaces: ['pid', 'ipc', 'cgroup', 'time'], boottimeMs: 3_600_000, monotonicMs: 1500 }, 'pid,ipc,cgroup,time=3600000/1500'],
] as const)('%j is written %j and read back', (isolation, text) => {
  expect(isolationText(isolation)).toBe(text)
  expect(parseIsolation(text)).toEqual(isolation)
})

test('`time` without offsets has those of the machine', () => {
  expect(isolationText({ namespaces: ['time'] })).toBe('time=0/0')
})
