/** What a node is held to, on machines whose cgroups can be had: the guest's are of version 2. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { inspect, watchEvents } from '../../src/index.ts'
import { setLimits } from '../../src/linux/cgroup.ts'
import { findDisk } from '../../src/linux/disk.ts'
import { test, type LiveLab } from '../support/live-lab.ts'
import { missingRequirement, needs } from '../support/needs.ts'

const CONTROLLERS = ['cgroup:cpu', 'cgroup:memory', 'cgroup:pids'] as const
/** How long an event may take to come: a software CPU has an engine to start first. */
const EVENT_MS = process.env['NETLAB_GUEST'] === '1' ? 20_000 : 5_000
const isLacking = CONTROLLERS.some((name) => missingRequirement(name) !== undefined)
const yaml = (limits: string, more = ''): string => `nodes: { h1: { isolate: [pid, cgroup], limits: ${limits}${more} } }\n`

/** Paths of the node's cgroups, as the note has them. */
function cgroupsOf({ directory }: LiveLab, node = 'h1'): string[] {
  const note = readFileSync(join(directory, 'cgroups', node), 'utf8')
    .trim()
    .split('\n')
  return note.map((line) => line.split(':').slice(2).join(':'))
}

test('must hold a node to its limits, tell of a kill, and leave no cgroup', async ({ lab, skip }) => {
  needs({ skip }, ...CONTROLLERS)
  await lab.up(yaml('{ cpu: 0.2, pids: 20 }', '}, h2: { limits: { memory: 16mb }'))
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
  await vi.waitFor(() => expect(events).toHaveLength(1), EVENT_MS)
  expect((await lab.node('h2').exec(['tail', '/dev/zero'])).status).not.toBe(0)
  await vi.waitFor(() => expect(events).toContainEqual(expect.stringMatching(/^h2 the kernel has killed/)), EVENT_MS)
  stop.abort()
  await watching
  const { namespaces } = await inspect(lab.name)
  expect(namespaces[1]!.usage!.oomKills).toBeGreaterThan(0)

  const cgroups = [...cgroupsOf(lab), ...cgroupsOf(lab, 'h2')]
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

test('must hold a node to what its disk may take, and repair drift', async ({ lab, skip }) => {
  needs({ skip }, 'cgroup:io')
  const disk = findDisk('/var/tmp')
  if ('problem' in disk) return skip(disk.problem)
  await lab.up(yaml('{ io: { device: /var/tmp, wbps: 1mb } }'))
  expect((await inspect(lab.name)).namespaces[0]!.state.limits).toEqual({ io: [{ device: disk.name, wbps: 1024 ** 2 }] })
  const file = `/var/tmp/${lab.name}`
  const started = performance.now()
  await lab.sh('h1', `dd if=/dev/zero of=${file} bs=256k count=4 oflag=direct; rm ${file}`)
  expect(performance.now() - started).toBeGreaterThan(600) // a few milliseconds without
  expect((await inspect(lab.name)).namespaces[0]!.usage!.writtenBytes).toBeGreaterThanOrEqual(1024 ** 2)

  const { plan } = await lab.up(yaml('{ io: { device: /var/tmp, riops: 100 } }'))
  expect(plan.operations.map(({ type }) => type)).toEqual(['set limits'])
  setLimits(lab.directory, 'h1', { io: [{ device: disk.name, riops: 7 }] })
  expect((await lab.drift()).map(({ cause }) => cause)).toEqual([
    `its limits are io ${disk.name} riops 7, the file says io ${disk.name} riops 100`,
  ])
  await lab.up('nodes: { h1: { isolate: [pid, cgroup] } }\n')
  expect(await lab.drift()).toEqual([])
})

if (isLacking)
  test('must say before anything is made which controller cannot be had', async ({ lab }) => {
    const refusal = await lab.refusal(yaml('{ cpu: 0.2, memory: 32mb, pids: 20 }'))
    expect(refusal.diagnostics.map(({ code }) => code)).toContain('FEATURE_MISSING')
    expect(existsSync(lab.directory)).toBe(false)
  })
