/** Labs must not know of each other, and two commands that want the same lab must not spoil it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { DiagnosticError, listLabs } from '../../src/index.ts'
import { newLab, test, type LiveLab } from '../support/live-lab.ts'

const CRASH_UP = fileURLToPath(new URL('../support/crash-up.js', import.meta.url))
const LABS = 20

const LAN = `
nodes: { h1: {}, h2: {}, h3: {} }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links: [["h[1-3]", lan]]
`

test(`${LABS} labs with equal names must come up, answer and go side by side`, { timeout: 120_000 }, async () => {
  const labs = Array.from({ length: LABS }, newLab)
  try {
    await Promise.all(labs.map((lab) => lab.up(LAN)))
    await Promise.all(labs.map((lab) => lab.sh('h1', 'ping -c 1 -W 10 h2 && ping -c 1 -W 10 h3')))
    expect(listLabs().map(({ name }) => name)).toEqual(expect.arrayContaining(labs.map(({ name }) => name)))
    const namespaces = await Promise.all(labs.map((lab) => lab.sh('h1', 'readlink /proc/self/ns/net')))
    expect(new Set(namespaces).size).toBe(LABS)
    // What one has must not be seen by another.
    await labs[0]!.sh('h1', 'ip addr add 10.66.0.1/24 dev eth0; touch /tmp/mine')
    expect(await labs[1]!.sh('h1', 'ip addr; ls /tmp')).not.toMatch(/10\.66|mine/)
  } finally {
    await Promise.all(labs.map((lab) => lab.remove()))
  }
})

test('one lab going down must not disturb another', async ({ lab }) => {
  await lab.up(LAN)
  const other = newLab()
  await other.up(LAN)
  const ping = lab.node('h1').exec(['ping', '-c', '100', '-i', '0.01', '-W', '2', 'h2'])
  await other.remove()
  expect((await ping).stdout).toContain('100 received')
})

test('of two ups of one lab at once, one must win and the other be told, and the lab be whole', async ({ lab }) => {
  const ends = await Promise.allSettled([lab.up(LAN), lab.up(LAN)])
  expectOneWinner(ends)
  expect(await lab.drift()).toEqual([])
  await lab.sh('h1', 'ping -c 1 -W 5 h3')
})

test('of two changes of one lab at once, too', async ({ lab }) => {
  await lab.up(LAN)
  const more = LAN.replace('h3: {}', 'h3: {}, h4: {}').replace('h[1-3]', 'h[1-4]')
  const ends = await Promise.allSettled([lab.up(more), lab.up(more)])
  expectOneWinner(ends)
  expect((await lab.up(more)).plan.operations).toEqual([])
  await lab.sh('h1', 'ping -c 1 -W 5 h4')
})

test('ups of one lab from several processes must leave it whole', async ({ lab }) => {
  const file = lab.write('lab.yaml', LAN)
  const ends = await Promise.all(Array.from({ length: 4 }, () => upFromProcess(lab, file)))
  expect(ends.filter(({ status }) => status === 0).length).toBeGreaterThan(0)
  for (const { status, stderr } of ends) if (status !== 0) expect(stderr).toContain('LAB_BUSY')
  expect((await lab.up(LAN)).plan.operations).toEqual([])
  await lab.sh('h1', 'ping -c 1 -W 5 h2')
})

test('down while up is at work must be refused, and the lab come up', async ({ lab }) => {
  const refusals: unknown[] = []
  // A command waits for a moment before it is refused: `up` must last longer.
  await lab.up(LAN.replace('h3: {}', 'h3: { setup: [sleep 1] }'), {
    onEvent: (event) => {
      if (event.type === 'stage' && event.stage === 'apply') lab.down().catch((error: unknown) => refusals.push(error))
    },
  })
  await expect.poll(() => refusals, { timeout: 2_000 }).toHaveLength(1)
  expect(refusals[0]).toMatchObject({ diagnostics: [{ code: 'LAB_BUSY' }] })
  await lab.sh('h1', 'ping -c 1 -W 5 h2')
})

function expectOneWinner(ends: readonly PromiseSettledResult<unknown>[]): void {
  const lost = ends.filter((end) => end.status === 'rejected')
  expect(lost.length).toBeLessThanOrEqual(1)
  for (const { reason } of lost) {
    expect(reason).toBeInstanceOf(DiagnosticError)
    expect(reason).toMatchObject({ kind: 'refusal', diagnostics: [{ code: 'LAB_BUSY' }] })
  }
}

async function upFromProcess(lab: LiveLab, file: string): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [CRASH_UP, file, lab.name, 'never', '1'], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number | null]>])
  return { status, stderr }
}
