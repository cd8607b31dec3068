import { describe, expect, it } from 'vitest'
import { execute } from '../../../src/lab/execute.ts'
import type { Operation, Plan } from '../../../src/plan/operation.ts'
import { fakeEngine } from './fake-engine.ts'

const up = (ifname: string): Operation => ({ type: 'set link', netns: 'h1', cause: 'desired up', ifname, set: { up: true } })
/** A command for a node of a lab that is not there: nsexec itself fails. */
const setup: Operation = { type: 'run setup', netns: 'h1', cause: 'the network is complete', argv: ['true'] }
const rules: Operation = { type: 'set ruleset', netns: 'h1', cause: 'not there', tool: 'iptables', input: '*filter\nCOMMIT\n' }
const planOf = (...operations: Operation[]): Plan => ({ lab: 'lan', operations })
const options = { directory: '/nowhere/at/all', env: new Map(), capabilities: new Map() }

describe('execute', () => {
  it('does nothing for an empty plan', async () => {
    const engine = fakeEngine({})
    expect(await execute(engine, planOf(), options)).toEqual({ done: [], isAborted: false })
    expect(engine.applied).toEqual([])
  })

  it('hands the engine one run of system calls at a time', async () => {
    const engine = fakeEngine({})
    const { done, failure } = await execute(engine, planOf(up('eth0'), up('eth1'), rules, up('eth2')), options)
    expect(engine.applied.map((run) => run.length)).toEqual([2])
    expect(done).toEqual([up('eth0'), up('eth1')])
    expect(failure!('Undone.')[0]).toMatchObject({ code: 'TOOL_FAILED', detail: 'iptables rules could not be loaded in h1. Undone.' })
  })

  it('loads the rulesets of several nodes side by side, and tells of each that failed', async () => {
    const { done, failure } = await execute(fakeEngine({}), planOf(rules, { ...rules, netns: 'h2' }), options)
    expect(done).toEqual([])
    expect(failure!('').map(({ detail }) => detail)).toEqual(['h1', 'h2'].map((node) => `iptables rules could not be loaded in ${node}. `))
  })

  it('tells how far it is', async () => {
    const progress: string[] = []
    const engine = fakeEngine({
      apply: (operations, { onProgress }) => {
        operations.forEach((_, index) => onProgress?.(index + 1))
        return { attempted: operations.length, refusals: [] }
      },
    })
    await execute(engine, planOf(up('eth0'), up('eth1')), { ...options, onProgress: (done, total) => progress.push(`${done}/${total}`) })
    expect(progress).toEqual(['1/2', '2/2'])
  })

  it('knows what was done when the second run is refused in its middle', async () => {
    let runs = 0
    const refused = { attempted: 3, refusals: [{ index: 1, code: 'EINVAL', extack: 'no' }] }
    const engine = fakeEngine({ apply: () => (++runs === 1 ? { attempted: 2, refusals: [] } : refused) })
    const operations = ['eth0', 'eth1', 'eth2', 'eth3', 'eth4', 'eth5'].map(up)
    // The engine stopped after two, as it does when it is called off; nobody did, so it is asked for the rest.
    const { done, failure, isAborted } = await execute(engine, planOf(...operations), options)
    expect(engine.applied.map((run) => run.length)).toEqual([6, 4])
    expect(done).toEqual([operations[0], operations[1], operations[2], operations[4]])
    expect(isAborted).toBe(false)
    expect(failure!('').map(({ facts }) => facts![0]![1])).toEqual([expect.stringMatching(/eth3.*\(operation #4 of 6\)$/)])
  })

  it('stops where the signal reaches the engine, and tells what stands', async () => {
    const controller = new AbortController()
    const engine = fakeEngine({
      apply: (_, { signal }) => {
        expect(signal).toBe(controller.signal)
        controller.abort()
        return { attempted: 1, refusals: [] }
      },
    })
    const execution = await execute(engine, planOf(up('eth0'), up('eth1')), { ...options, signal: controller.signal })
    expect(execution).toEqual({ done: [up('eth0')], isAborted: true })
    expect(engine.applied).toHaveLength(1)
  })

  it('does not begin when it has been called off', async () => {
    const engine = fakeEngine({})
    expect(await execute(engine, planOf(up('eth0')), { ...options, signal: AbortSignal.abort() })).toEqual({ done: [], isAborted: true })
    expect(engine.applied).toEqual([])
  })

  it('shows the last words of a setup command that failed', async () => {
    const { done, failure } = await execute(fakeEngine({}), planOf(up('eth0'), setup), options)
    expect(done).toEqual([up('eth0')])
    const [diagnostic] = failure!('Undone.')
    expect(diagnostic).toMatchObject({ code: 'SETUP_FAILED', detail: 'A setup command of h1 ended with status 125. Undone.' })
    expect(diagnostic!.facts).toContainEqual(['output', 'nsexec: /nowhere/at/all: ENOENT: No such file or directory'])
  })
})
