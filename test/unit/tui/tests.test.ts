// The tests of a file, while they are read and run.
import { expect, it, vi } from 'vitest'
import type { TestResult } from '../../../src/check/result.ts'
import { TestBoard, type TestRunner } from '../../../src/tui/tests.ts'

const ORIGIN = { file: 'dmz.yaml', line: 1, column: 1, length: 1 }

function result(name: string, status: TestResult['status']): TestResult {
  return { name, origin: ORIGIN, status, steps: [], points: 1, earned: 0, elapsedMs: 5 }
}

function board(names: readonly string[], runTests: TestRunner['runTests']): TestBoard {
  return new TestBoard({ readTests: () => Promise.resolve({ names, sources: new Map() }), runTests })
}

const states = ({ entries }: TestBoard): string[] => entries.map(({ state, result: given }) => `${state} ${given?.status ?? ''}`.trim())

it('each test is seen to wait, to run, and to be done', async () => {
  const seen: string[][] = []
  const tests = board(['a', 'b'], (_filter, hear) => {
    hear(result('a', 'passed'))
    hear(result('b', 'failed'))
    return Promise.resolve()
  })
  await tests.run(undefined, () => seen.push(states(tests)))
  expect(seen).toEqual([
    ['running', 'waiting'],
    ['idle passed', 'running'],
    ['idle passed', 'idle failed'],
    ['idle passed', 'idle failed'],
  ])
  expect([tests.count('passed'), tests.count('failed'), tests.count('left')]).toEqual([1, 1, 0])
})

it('a test that is run alone leaves what the others gave', async () => {
  const runTests = vi.fn<TestRunner['runTests']>((filter, hear) => {
    for (const name of ['a', 'b']) if (name.includes(filter)) hear(result(name, filter === '' ? 'failed' : 'passed'))
    return Promise.resolve()
  })
  const tests = board(['a', 'b'], runTests)
  await tests.run(undefined, () => undefined)
  await tests.run('b', () => undefined)
  expect(states(tests)).toEqual(['idle failed', 'idle passed'])
})

it('a run that goes wrong leaves nothing running, and says why', async () => {
  const tests = board(['a'], () => Promise.reject(new Error('the lab is down')))
  await expect(tests.run(undefined, () => undefined)).rejects.toThrow('the lab is down')
  expect(states(tests)).toEqual(['idle'])
  expect(tests.state).toBe('idle')
})

it('tests that the file no longer has are forgotten when it is read again', async () => {
  let names = ['a', 'b']
  const tests = new TestBoard({ readTests: () => Promise.resolve({ names, sources: new Map() }), runTests: () => Promise.resolve() })
  await tests.read()
  tests.move(1)
  names = ['a']
  await tests.read()
  expect(tests.selected?.name).toBe('a')
})

it('stop tells the runner', async () => {
  const tests = board(['a'], (_filter, _hear, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())))
  const done = tests.run(undefined, () => undefined)
  await vi.waitFor(() => expect(tests.state).toBe('running'))
  tests.stop()
  await done
  expect(tests.state).toBe('idle')
})

it('a run that is asked for while the file is read begins when it is read, and only once', async () => {
  const runTests = vi.fn<TestRunner['runTests']>((_filter, hear) => Promise.resolve(hear(result('a', 'passed'))))
  const tests = board(['a'], runTests)
  await Promise.all([tests.read(), tests.run(undefined, () => undefined), tests.run(undefined, () => undefined)])
  expect(runTests).toHaveBeenCalledTimes(1)
  expect(states(tests)).toEqual(['idle passed'])
})
