/** An `up` that is called off must take back what it did, at any moment. */
import { existsSync } from 'node:fs'
import { describe, expect } from 'vitest'
import { dumpNodes } from '../support/kernel-dump.ts'
import { test, type LiveLab } from '../support/live-lab.ts'
import { processesNamed } from '../support/processes.ts'

const FIRST = `
nodes: { a: { loopback: 10.255.0.1 }, b: {} }
links: [{ endpoints: [a, b], subnet: 10.0.0.0/24 }]
`
const SECOND = `
nodes: { a: { forwarding: true, routes: [10.9.0.0/16 via 10.0.1.2], files: { /etc/motd: new } }, b: {}, c: { setup: [sleep 600] } }
bridges: { lan: { subnet: 10.0.2.0/24 } }
links:
  - { endpoints: [a, b], subnet: 10.0.1.0/24 }
  - [b, lan]
  - [c, lan]
`

/** Calls `up` off when it has done that many operations; what it then throws. */
async function upUntil(lab: LiveLab, file: string, operations: number): Promise<unknown> {
  const controller = new AbortController()
  const reason = new Error('called off')
  const options = {
    slice: 1,
    signal: controller.signal,
    onEvent: (event: { type: string; done?: number }) => {
      if (event.type === 'progress' && event.done! >= operations) controller.abort(reason)
    },
  }
  try {
    await lab.up(file, options)
    return undefined
  } catch (error) {
    expect(controller.signal.aborted).toBe(true)
    return error
  }
}

describe('up that is called off', () => {
  test.for([1, 5, 12])('after %i operations of a fresh lab, nothing must be left', async (operations, { lab }) => {
    expect(await upUntil(lab, SECOND, operations)).toMatchObject({ message: 'called off' })
    expect(existsSync(lab.directory)).toBe(false)
    await lab.up(FIRST)
    await lab.sh('a', 'ping -c 1 -W 5 b')
  })

  test('before it began, it must do nothing', async ({ lab }) => {
    const signal = AbortSignal.abort(new Error('called off'))
    await expect(lab.up(FIRST, { signal })).rejects.toThrow('called off')
    expect(existsSync(lab.directory)).toBe(false)
  })

  test('behind many operations on a running lab, each must be taken back', async ({ lab }) => {
    await lab.up(FIRST)
    const before = await dumpNodes(lab, ['a', 'b'])
    const routes = Array.from({ length: 800 }, (_, i) => `blackhole 10.9.${i >> 8}.${i & 255}`)
    expect(await upUntil(lab, FIRST.replace('b: {}', `b: { routes: [${routes.join(', ')}] }`), 700)).toMatchObject({
      message: 'called off',
    })
    expect(await dumpNodes(lab, ['a', 'b'])).toEqual(before)
  })

  test('on a running lab, that must be as before', async ({ lab }) => {
    await lab.up(FIRST)
    const before = await dumpNodes(lab, ['a', 'b'], ['/etc/motd', '/proc/sys/net/ipv4/ip_forward'])
    for (const operations of [1, 7, 14]) {
      expect(await upUntil(lab, SECOND, operations)).toMatchObject({ message: 'called off' })
      expect(await dumpNodes(lab, ['a', 'b'], ['/etc/motd', '/proc/sys/net/ipv4/ip_forward'])).toEqual(before)
    }
    expect((await lab.up(FIRST)).plan.operations).toEqual([])
  })

  test('while a setup command runs, the command must end with it', async ({ lab }) => {
    await lab.up(FIRST)
    const before = await dumpNodes(lab, ['a', 'b'])
    const controller = new AbortController()
    const marked = SECOND.replace('sleep 600', `"touch /tmp/${lab.name} && exec tail -f /tmp/${lab.name}"`)
    const running = lab.up(marked, { signal: controller.signal })
    running.catch(() => undefined)
    await expect.poll(() => processesNamed(`/tmp/${lab.name}`), { timeout: 10_000 }).not.toEqual([])
    controller.abort(new Error('called off'))
    await expect(running).rejects.toThrow('called off')
    await expect.poll(() => processesNamed(`/tmp/${lab.name}`), { timeout: 5_000 }).toEqual([])
    expect(await dumpNodes(lab, ['a', 'b'])).toEqual(before)
  })
})
