/** What a node is held to, on machines whose cgroups can be had: the guest's are of version 2. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { inspect, watchEvents } from '../../src/index.ts'
import { test, type LiveLab } from '../support/live-lab.ts'
import { missingRequirement, needs } from '../support/needs.ts'

const CONTROLLERS = ['cgroup:cpu', 'cgroup:memory', 'cgroup:pids'] as const
const isLacking = CONTROLLERS.some((name) => missingRequirement(name) !== undefined)
const yaml = (limits: string, more = ''): string => `nodes: { h1: { isolate: [pid, cgroup], limits: ${limits}${more} } }\n`

/** Paths of the node's cgroups, as the note has them. */
function cgroupsOf({ directory }: LiveLab): string[] {
  const note = readFileSync(join(directory, 'cgroups/h1'), 'utf8').trim().split('\n')
  return note.map((line) => line.split(':').slice(2).join(':'))
}

test('must hold a node to its limits, tell of a kill, and leave no cgroup', async ({ lab, skip }) => {
  needs({ skip }, ...CONTROLLERS)
  await lab.up(yaml('{ cpu: 0.2, memory: 32mb, pids: 20 }'))
  expect(await lab.sh('h1', 'cut -d: -f3 /proc/self/cgroup | sort -u')).toBe('/\n')

  const cpu = await lab.sh('h1', `timeout 1.5 sh -c 'while :; do :; done'; cat /proc/$$/stat | cut -d' ' -f16,17`)
  const share =
    cpu
      .trim()
      .split(' ')
      .map(Number)
      .reduce((one, other) => one + other) /
    100 /
    1.5
  expect(share).toBeGreaterThan(0.02)
  expect(share).toBeLessThan(0.35)

  const bomb = await lab.node('h1').exec(['sh', '-c', 'for i in $(seq 40); do sleep 2 & done'])
  expect(bomb.stderr).toMatch(/fork/i)

  const events: string[] = []
  const stop = new AbortController()
  const watching = watchEvents(lab.name, ({ node, words }) => events.push(`${node ?? ''} ${words}`), { signal: stop.signal })
  await vi.waitFor(() => expect(events).toHaveLength(1), 5000)
  expect((await lab.node('h1').exec(['sh', '-c', 'x=$(head -c 90000000 /dev/zero | tr "\\\\0" x)'])).status).not.toBe(0)
  await vi.waitFor(() => expect(events).toContainEqual(expect.stringMatching(/^h1 the kernel has killed/)), 5000)
  stop.abort()
  await watching
  const { namespaces } = await inspect(lab.name)
  expect(namespaces[0]!.usage!.oomKills).toBeGreaterThan(0)

  const cgroups = cgroupsOf(lab)
  await lab.down()
  expect(cgroups.filter((path) => existsSync(path))).toEqual([])
})

test('must plan a changed limit as a difference, and repair drift', async ({ lab, skip }) => {
  needs({ skip }, ...CONTROLLERS)
  await lab.up(yaml('{ pids: 20 }', ', services: { s: "exec sleep 999" }'))
  const [cgroup] = cgroupsOf(lab)
  expect(readdirSync(cgroup!)).toContain('pids.max')
  const changed = await lab.up(yaml('{ pids: 30 }', ', services: { s: "exec sleep 999" }'))
  expect(changed.plan.operations.map(({ type }) => type)).toEqual(['set limits'])
  writeFileSync(join(cgroup!, 'pids.max'), '7')
  expect((await lab.drift()).map(({ cause }) => cause)).toEqual(['its limits are pids 7, the file says pids 30'])
  await lab.up(yaml('{ pids: 30 }', ', services: { s: "exec sleep 999" }'))
  expect(readFileSync(join(cgroup!, 'pids.max'), 'utf8')).toBe('30\n')
})

if (isLacking)
  test('must say before anything is made which controller cannot be had', async ({ lab }) => {
    const refusal = await lab.refusal(yaml('{ cpu: 0.2, memory: 32mb, pids: 20 }'))
    expect(refusal.diagnostics.map(({ code }) => code)).toContain('FEATURE_MISSING')
    expect(existsSync(lab.directory)).toBe(false)
  })
