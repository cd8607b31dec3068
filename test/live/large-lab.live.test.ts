/** A lab of many nodes is made by other hands than a small one: it must come up as whole, be refused in the same words, and go as wholly. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { crashUp, expectNothingLeft } from '../support/crash.ts'
import { holdCommand } from '../../src/linux/nsexec.ts'
import { findProcess, sendSignal } from '../../src/linux/process.ts'
import { diagnosticOf, test } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'
import { childrenNamed } from '../support/processes.ts'

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
/** More than it takes to be large: LARGE_LAB of src/lab/bring-up.ts. */
const NODES = 70
/** Whose files cannot all be bound over what the machine has: an overlay is wanted in each. */
const FILES = 'files: { /etc/netlab-test/deep/new: "new\\n", /etc/hosts: "own\\n" }'

const large = (more = '', nodes = NODES): string => `
nodes:
  "n[1-${nodes}]": { ${FILES} }
${more}
bridges: { lan: { subnet: 10.0.0.0/16 } }
links:
  - ["n[1-${nodes}]", lan]
`

describe('a large lab', () => {
  test('must have in its nodes what a small one has', async ({ lab, skip }) => {
    needs({ skip }, 'table:iptables')
    const file = large(`
  a:
    ${FILES}
    sysctls: { net.ipv4.ip_default_ttl: 77 }
    mounts: { /srv: { tmpfs: 1mb } }
    isolate: [pid, ipc]
    iptables: [-A INPUT -p tcp --dport 9 -j DROP]
    setup: ["hostname >/srv/setup"]
  b: { overlay: true, files: { /etc/netlab-test/new: "rooted\\n" }, setup: ["mkdir /netlab-test"] }
`)
    await lab.up(file)
    expect(await lab.sh('n70', 'cat /etc/netlab-test/deep/new /etc/hosts; hostname')).toBe('new\nown\nn70\n')
    expect(await lab.sh('a', 'cat /etc/netlab-test/deep/new /proc/sys/net/ipv4/ip_default_ttl /srv/setup')).toBe('new\n77\na\n')
    expect(await lab.sh('a', 'iptables -S INPUT')).toContain('--dport 9 -j DROP')
    expect(await lab.sh('b', 'cat /etc/netlab-test/new; ls -d /netlab-test')).toBe('rooted\n/netlab-test\n')
    await lab.sh('n1', 'ping -c 1 -W 5 10.0.0.70')
    expect(await lab.drift()).toEqual([])
    expect((await lab.up(file)).plan.operations).toEqual([])
    await lab.down()
    await expectNothingLeft(lab)
  })

  test.for([
    ['a file that cannot be placed', '  bad: { files: { /etc/passwd/x: "x" } }', 'write file'],
    ['a sysctl that refuses its value', '  bad: { sysctls: { net.ipv4.ip_default_ttl: 999 }, files: { /etc/hosts: "x" } }', 'set sysctl'],
    ['a root that is none', '  "bad[1-9]": { root: tree }', 'add netns'],
  ] as const)('%s must be told once, with its line, and nothing be left', async ([, node, doing], { lab }) => {
    lab.write('tree/proc', 'a file, where a folder is wanted')
    const error = await lab.refusal(large(node))
    expect(error.diagnostics).toHaveLength(1)
    const found = diagnosticOf(error, 'KERNEL_REFUSED')
    expect(found.origin).toMatchObject({ file: join(lab.folder, 'lab.yaml'), line: 4 })
    expect(found.facts?.[0]?.[1]).toContain(doing)
    expect(found.detail).toContain('Nothing of this lab is left.')
    await expectNothingLeft(lab)
  })
})

function killEngines(): void {
  for (const pid of childrenNamed(process.pid, 'engine-main.js')) sendSignal(pid, 'SIGKILL')
}

/** While nodes are made, while they get their overlays, and right before the end. */
const MOMENTS = [1, 30, 150, 300, 420, 'apply', 'verify'] as const

describe('a large lab is cut off', () => {
  test('by the end of its client: nothing must be left', { timeout: 120_000 }, async ({ lab }) => {
    for (const at of MOMENTS) {
      expect((await crashUp(lab, large(), at)).signal).toBe('SIGKILL')
      await expectNothingLeft(lab)
    }
    await lab.up(large())
  })

  test('by the end of its client, while many nodes are on their way: nothing must be left', { timeout: 120_000 }, async ({ lab }) => {
    for (const at of [1, 600, 1200, 1800]) {
      expect((await crashUp(lab, large('', 400), at, 100)).signal).toBe('SIGKILL')
      await expectNothingLeft(lab)
    }
  })

  test('by the end of its engine before it has begun: that must be told, and nothing be left', async ({ lab }) => {
    const refused = lab.refusal(large())
    killEngines()
    diagnosticOf(await refused, 'ENGINE_FAILED')
    await expectNothingLeft(lab)
  })

  test.for([1, 150, 300, 420])('by the end of its engine at operation %i: that must be told, and nothing be left', async (at, { lab }) => {
    const onEvent = (event: { type: string; done?: number }): void => {
      if (event.type === 'progress' && event.done! >= at) killEngines()
    }
    diagnosticOf(await lab.refusal(large(), { slice: 1, onEvent }), 'ENGINE_FAILED')
    await expectNothingLeft(lab)
  })

  test.for([1, 30, 300])('by the end of its holder at operation %i: that must be told, and nothing be left', async (at, { lab }) => {
    const onEvent = (event: { type: string; done?: number }): void => {
      const holder = event.type === 'progress' && event.done! >= at ? findProcess(holdCommand(lab.directory)) : undefined
      if (holder !== undefined) sendSignal(holder.pid, 'SIGKILL')
    }
    diagnosticOf(await lab.refusal(large(), { slice: 1, onEvent }), 'LAB_DEAD')
    await expectNothingLeft(lab)
  })

  test.for(MOMENTS)('by its caller at %s: nothing must be left', async (at, { lab }) => {
    const controller = new AbortController()
    const onEvent = (event: { type: string; done?: number; stage?: string }): void => {
      if (event.stage === at || (typeof at === 'number' && event.done! >= at)) controller.abort(new Error('called off'))
    }
    await expect(lab.up(large(), { slice: 1, signal: controller.signal, onEvent })).rejects.toThrow('called off')
    await expectNothingLeft(lab)
  })

  test('by the limit of open files: that must be told, and nothing be left', async ({ lab, skip }) => {
    needs({ skip }, 'command:prlimit')
    for (const limit of [256, 400]) {
      const { stderr, status } = spawnSync(
        'prlimit',
        [`--nofile=${limit}:${limit}`, process.execPath, CLI, 'up', lab.write('lab.yaml', large()), '--name', lab.name],
        {
          encoding: 'utf8',
        },
      )
      expect(stderr).toMatch(/^error\[ENGINE_FAILED\][^]*RLIMIT_NOFILE[^]*ulimit -n/)
      expect(status).toBe(3)
      await expectNothingLeft(lab)
    }
  })
})
