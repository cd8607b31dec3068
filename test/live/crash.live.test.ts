/** Whatever is killed, and whenever: nothing may be left that `down` does not find, and the next `up` must make it whole. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { listLabs } from '../../src/index.ts'
import { openLab } from '../../src/lab/running.ts'
import { ENGINE_ENDED, startEngine } from '../../src/linux/engine.ts'
import { crashUp, expectNothingLeft } from '../support/crash.ts'
import { dumpNodes } from '../support/kernel-dump.ts'
import { diagnosticOf, newLab, test, type LiveLab } from '../support/live-lab.ts'
import { childrenNamed, isRunning } from '../support/processes.ts'

const SMALL = `
nodes: { h1: { routes: [10.9.0.0/16 via 10.0.0.2] }, h2: {}, old: {} }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links:
  - [h1, lan]
  - [h2, lan]
  - { endpoints: [h2, old], subnet: 10.0.3.0/24 }
`
const LARGE = `
nodes:
  h1: { routes: [10.9.0.0/16 via 10.0.0.3], files: { /etc/netlab-test/new: "new" }, sysctls: { net.ipv4.ip_default_ttl: 77 } }
  h2: { forwarding: true, rules: [from 10.1.0.0/24 table 100], neighbors: { 10.0.0.77: 02:00:00:00:00:77 } }
  h3: { setup: ["true"] }
bridges: { lan: { subnet: 10.0.0.0/24, ageing: 10s } }
links:
  - [h1, lan]
  - [h2, lan]
  - [h3, lan]
  - { endpoints: [h1, h2], subnet: [10.0.1.0/24, "fd00:1::/64"] }
`
const LARGE_NODES = ['h1', 'h2', 'h3', 'lan']
const LARGE_FILES = ['/etc/netlab-test/new', '/proc/sys/net/ipv4/ip_default_ttl', '/proc/sys/net/ipv4/ip_forward']
/** Without the command, which would be the one to fail where it runs as the engine dies. */
const COMMANDLESS = LARGE.replace('{ setup: ["true"] }', '{}')
/** Walks go on side by side: most of a crash is waiting for processes to start and end. */
const WALKERS = 3
/** Root walks over every operation; what an ordinary user's lab does otherwise shows at every third. */
const STRIDE = process.getuid?.() === 0 ? 1 : 3

describe('the client is killed', () => {
  test('at any operation of a fresh up, nothing must be left', { timeout: 180_000 }, async ({ lab }) => {
    const { stdout } = await crashUp(lab, LARGE, 'never')
    const total = Number(stdout)
    expect(total).toBeGreaterThan(25)
    await lab.down()
    await walk([...stops(total), 'apply', 'verify'], async (walker, at) => {
      expect((await crashUp(walker, LARGE, at)).signal).toBe('SIGKILL')
      await expectNothingLeft(walker)
    })
    await lab.up(LARGE)
    expect(await lab.drift()).toEqual([])
  })

  test('at any operation of a change, the next up must make the lab whole', { timeout: 240_000 }, async ({ lab }) => {
    await lab.up(SMALL)
    const { plan } = await lab.up(LARGE)
    const reference = new Map<LiveLab, Record<string, string>>()
    await walk([...stops(plan.operations.length), 'apply', 'verify'], async (walker, at) => {
      if (!reference.has(walker)) {
        await walker.up(LARGE)
        reference.set(walker, await dumpNodes(walker, LARGE_NODES, LARGE_FILES))
      }
      await walker.up(SMALL)
      expect((await crashUp(walker, LARGE, at)).signal).toBe('SIGKILL')
      // Half of the walks find their way on, half back.
      if (typeof at === 'number' && at % 2 === 0) {
        await walker.up(SMALL)
        expect((await walker.up(SMALL)).plan.operations).toEqual([])
        expect(await walker.sh('h1', 'ping -c 1 -W 5 h2')).toContain('1 received')
      } else {
        await walker.up(LARGE)
        expect(await dumpNodes(walker, LARGE_NODES, LARGE_FILES)).toEqual(reference.get(walker))
        expect(await walker.drift()).toEqual([])
      }
    })
  })

  test('in a change, down must leave nothing', async ({ lab }) => {
    await lab.up(SMALL)
    await crashUp(lab, LARGE, 9)
    await lab.down()
    await expectNothingLeft(lab)
  })
})

describe('the engine is killed', () => {
  const killEngine = (at: number) => ({
    slice: 1,
    onEvent: (event: { type: string; done?: number }) => {
      if (event.type === 'progress' && event.done === at)
        for (const pid of childrenNamed(process.pid, 'engine-main.js')) process.kill(pid, 'SIGKILL')
    },
  })

  test('before it is asked for anything, that must be told to whoever asks', async () => {
    const engine = startEngine()
    // Whoever makes spare namespaces for it must not keep its channel open.
    await expect.poll(() => childrenNamed(engine.pid!, 'engine-main.js')).toHaveLength(1)
    process.kill(engine.pid!, 'SIGKILL')
    await expect.poll(() => isRunning(engine.pid!)).toBe(false)
    await expect(engine.list()).rejects.toMatchObject({ code: ENGINE_ENDED })
    await expect(engine.list()).rejects.toMatchObject({ code: ENGINE_ENDED })
    await engine.close()
  })

  test('in a fresh up, that must be told and nothing be left', async ({ lab }) => {
    const error = await lab.refusal(COMMANDLESS, killEngine(7))
    expect(error.kind).toBe('refusal')
    diagnosticOf(error, 'ENGINE_FAILED')
    await expectNothingLeft(lab)
    await lab.up(LARGE)
  })

  test('in a change, that must be told and the next up make the lab whole', async ({ lab }) => {
    await lab.up(SMALL)
    const error = await lab.refusal(COMMANDLESS, killEngine(7))
    expect(error.kind).toBe('refusal')
    diagnosticOf(error, 'ENGINE_FAILED')
    await lab.up(LARGE)
    expect(await lab.drift()).toEqual([])
    await lab.sh('h1', 'ping -c 1 -W 5 h3')
  })
})

describe('the holder is killed', () => {
  test('the lab must be dead at once, and its end be told', async ({ lab }) => {
    await lab.up(SMALL)
    process.kill(lab.notes().holderPid, 'SIGKILL')
    await expect.poll(() => listLabs().find(({ name }) => name === lab.name)?.state, { timeout: 5_000 }).toBe('dead')
    await expect(lab.node('h1').exec(['true'])).rejects.toThrow(/LAB_DEAD/)
    await expect(lab.drift()).rejects.toThrow(/LAB_DEAD/)
  })

  test('while the lab is opened, its end must be told', async ({ lab }) => {
    await lab.up(SMALL)
    const opening = openLab(lab.name)
    process.kill(lab.notes().holderPid, 'SIGKILL')
    await expect(opening).rejects.toThrow(/LAB_DEAD/)
  })

  test('down must clean up', async ({ lab }) => {
    await lab.up(SMALL)
    const { holderPid } = lab.notes()
    process.kill(holderPid, 'SIGKILL')
    await lab.down()
    expect(isRunning(holderPid)).toBe(false)
    await expectNothingLeft(lab)
  })

  test('up must make the lab anew', async ({ lab }) => {
    await lab.up(SMALL)
    process.kill(lab.notes().holderPid, 'SIGKILL')
    await lab.up(SMALL)
    await lab.sh('h1', 'ping -c 1 -W 5 h2')
    expect(await lab.drift()).toEqual([])
  })

  test('in a change, that must be told, and the next up make the lab anew', async ({ lab }) => {
    await lab.up(SMALL)
    const { holderPid } = lab.notes()
    const onEvent = (event: { type: string; done?: number }) => {
      if (event.type === 'progress' && event.done === 7) process.kill(holderPid, 'SIGKILL')
    }
    const error = await lab.refusal(LARGE, { slice: 1, onEvent })
    expect(error.kind).toBe('refusal')
    await lab.up(LARGE)
    await lab.sh('h1', 'ping -c 1 -W 5 h3')
  })
})

describe('the notes on a lab cannot be written', () => {
  test('at its first up, that must be told and nothing be left', async ({ lab }) => {
    const onEvent = (event: { type: string; stage?: string }) => {
      if (event.stage === 'verify') mkdirSync(join(lab.directory, 'state.json.new'))
    }
    await expect(lab.up(SMALL, { onEvent })).rejects.toThrow(/EISDIR/)
    await expectNothingLeft(lab)
  })
})

describe('the notes on a lab are damaged', () => {
  test.for(['state.json', 'desired.v8'])('%s: that must be told, and down leave nothing', async (notes, { lab }) => {
    await lab.up(SMALL)
    const { holderPid } = lab.notes()
    writeFileSync(join(lab.directory, notes), '{')
    expect((await lab.refusal(SMALL)).diagnostics).toMatchObject([{ code: 'LAB_DAMAGED' }])
    expect(listLabs().find(({ name }) => name === lab.name)?.state).toBe(notes === 'state.json' ? 'damaged' : 'up')
    await lab.down()
    expect(isRunning(holderPid)).toBe(false)
    await expectNothingLeft(lab)
  })
})

/** The operations of a plan of so many at which this user's walk stops. */
function stops(count: number): number[] {
  return Array.from({ length: Math.ceil(count / STRIDE) }, (_, index) => 1 + index * STRIDE)
}

/** Takes each step once, in as many labs as there are walkers. */
async function walk<T>(steps: readonly T[], step: (lab: LiveLab, at: T) => Promise<void>): Promise<void> {
  const left = [...steps]
  const walkers = Array.from({ length: WALKERS }, async () => {
    const lab = newLab()
    try {
      for (let at = left.shift(); at !== undefined; at = left.shift()) {
        await step(lab, at).catch((error: unknown) => {
          throw new Error(`killed at ${String(at)}`, { cause: error })
        })
      }
    } finally {
      await lab.remove()
    }
  })
  const ends = await Promise.allSettled(walkers)
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
