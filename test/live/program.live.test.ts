/** What programs ask of labs: the methods of a node, vitest's matchers, and the example project that uses both. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { matchPath, matchReach } from '../../src/check/matchers.ts'
import { Lab } from '../../src/index.ts'
import { test } from '../support/live-lab.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

const LAB = `
nodes: { h1: { gateway: r1 }, r1: { forwarding: true }, h2: { gateway: r1 } }
links:
  - { endpoints: [h1, r1], subnet: [10.0.1.0/24, fd00:1::/64] }
  - { endpoints: [r1, h2], subnet: [10.0.2.0/24, fd00:2::/64] }
`

test('nodes must answer programs, many at once, and let go of the lab when it ends', async ({ lab }) => {
  const running = new Lab(await lab.up(LAB))
  const [h1, h2] = [running.node('h1'), running.node('h2')]
  const [ping, v6, tcp, udp, nobody, far] = await Promise.all([
    h1.ping(h2),
    h1.ping('h2', { family: 6 }),
    h1.tcp(h2, 80),
    h1.udp('10.0.2.2', 53),
    h1.ping('10.0.1.77'),
    h1.ping(h2, { ttl: 1 }),
  ])
  expect(ping).toMatchObject({ outcome: 'reply', to: '10.0.2.2', by: '10.0.2.2' })
  expect(v6).toMatchObject({ outcome: 'reply', to: 'fd00:2::2' })
  expect(tcp).toMatchObject({ outcome: 'refused', words: 'refused: a TCP reset came back' })
  expect(udp).toMatchObject({ outcome: 'refused', icmp: { type: 3, code: 3 } })
  expect(nobody.outcome).toMatch(/^(unreachable|no-reply)$/)
  expect(far).toMatchObject({ outcome: 'no-reply', by: '10.0.1.2', icmp: { type: 11, code: 0 } })
  await expect(h1.ping('h3')).rejects.toMatchObject({ diagnostics: [{ code: 'NODE_UNKNOWN', hint: 'Did you mean "h1"?' }] })
  await expect(h1.tcp('h2', 99_999)).rejects.toMatchObject({
    diagnostics: [{ code: 'INVALID_VALUE', detail: expect.stringMatching(/1 to 65535/) }],
  })
  await running.down()
  await expect(h1.ping(h2)).rejects.toMatchObject({ diagnostics: [{ code: 'LAB_UNKNOWN' }] })
})

test('matchers must say why they fail', async ({ lab }) => {
  const running = new Lab(await lab.up(LAB))
  const h1 = running.node('h1')
  expect(await matchReach([h1, running.node('h2')], ['h1', 'h2'], {}, false)).toMatchObject({ pass: true })
  const closed = await matchReach(h1, 'h2', { tcp: 80 }, false)
  expect([closed.pass, closed.message()]).toEqual([
    false,
    expect.stringMatching(/h1 → h2 \(10\.0\.2\.2\) tcp 80\n[^]*nobody listens on tcp port 80/),
  ])
  const open = await matchReach(h1, 'h2', {}, true)
  expect([open.pass, open.message()]).toEqual([true, expect.stringContaining('expected: that it does not hold')])
  expect(await matchReach(h1, 'h2', { tcp: 80 }, true)).toMatchObject({ pass: false })
  expect(await matchPath(h1, 'h2', ['r1', 'h2'], { back: ['r1', 'h1'] }, false)).toMatchObject({ pass: true })
  const other = await matchPath(h1, 'h2', ['h2'], {}, false)
  expect([other.pass, other.message()]).toEqual([false, expect.stringContaining('seen:     r1 → h2')])
  await running.down()
})

test('the example project must pass as it is copied from the package', { timeout: 120_000 }, ({ lab }) => {
  const project = join(lab.folder, 'project')
  cpSync(join(checkout, 'topologies/vitest'), project, { recursive: true })
  mkdirSync(join(project, 'node_modules'))
  for (const [name, target] of [
    ['netlab', '.'],
    ['vitest', 'node_modules/vitest'],
    ['@types', 'node_modules/@types'],
  ] as const)
    symlinkSync(join(checkout, target), join(project, 'node_modules', name))
  const node = (...args: string[]): string => execFileSync(process.execPath, args, { cwd: project, encoding: 'utf8', stdio: 'pipe' })
  expect(node('node_modules/vitest/vitest.mjs', 'run')).toMatch(/Tests .*4 passed/)
  node(join(checkout, 'node_modules/typescript/bin/tsc'))
})
