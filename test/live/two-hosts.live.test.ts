/** The smallest lab, from up to down: what a node is, and what a command in it can do. */
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, expect, test as onShared } from 'vitest'
import { sharedLab, test } from '../support/live-lab.ts'
import { isRunning, processesNamed } from '../support/processes.ts'

const TWO_HOSTS = `
nodes: { h1: {}, h2: {} }
links:
  - { endpoints: [h1, h2], subnet: [10.0.0.0/24, "fd00::/64"] }
`

describe('two hosts', () => {
  const lab = sharedLab(TWO_HOSTS)

  onShared('the hosts must reach each other by name, over both families', async () => {
    for (const [from, to] of [
      ['h1', 'h2'],
      ['h2', 'h1'],
      ['h1', 'h1'],
    ] as const) {
      await lab.sh(from, `ping -4 -c 1 -W 5 ${to}`)
      await lab.sh(from, `ping -6 -c 1 -W 5 ${to}`)
    }
  })

  onShared('a second up must plan nothing and change nothing', async () => {
    const dump = () => lab.sh('h1', 'ip -d addr; ip route; ip -6 route; cat /proc/self/mountinfo')
    const before = await dump()
    const { plan, warnings } = await lab.up(TWO_HOSTS)
    expect(plan.operations).toEqual([])
    expect(warnings).toEqual([])
    expect(await dump()).toBe(before)
  })

  onShared("the node's name must be its own", async () => {
    expect(await lab.sh('h1', 'uname -n; hostname; cat /etc/hostname')).toBe('h1\nh1\nh1\n')
    expect(hostname()).not.toBe('h1')
    expect(await lab.sh('h1', 'cat /etc/hosts')).toMatch(/^10\.0\.0\.2\s+h2$/m)
    expect(await lab.sh('h1', 'echo $NETLAB_LAB $NETLAB_NODE')).toBe(`${lab.name} h1\n`)
  })

  onShared("/sys, /run and /tmp must be the node's own", async () => {
    expect(await lab.sh('h1', 'ls /sys/class/net')).toBe('eth0\nlo\n')
    expect(await lab.sh('h1', 'ls -A /run /tmp')).toBe('/run:\n\n/tmp:\n')
    await lab.sh('h1', 'touch /run/mine /tmp/mine')
    expect(await lab.sh('h2', 'ls -A /run /tmp')).toBe('/run:\n\n/tmp:\n')
    expect(existsSync('/run/mine') || existsSync('/tmp/mine')).toBe(false)
  })

  onShared('each node must have net, mnt and uts namespaces that nobody else has', async () => {
    for (const kind of ['net', 'mnt', 'uts']) {
      const [h1, h2] = await Promise.all(['h1', 'h2'].map((node) => lab.sh(node, `readlink /proc/self/ns/${kind}`)))
      expect(new Set([h1, h2, `${readlinkSync(`/proc/self/ns/${kind}`)}\n`]).size).toBe(3)
    }
  })
})

describe('a command in a node', () => {
  const lab = sharedLab(TWO_HOSTS)

  onShared('its exit status must come back', async () => {
    const status = async (...argv: string[]) => (await lab.node('h1').exec(argv)).status
    expect(await status('true')).toBe(0)
    expect(await status('false')).toBe(1)
    expect(await status('sh', '-c', 'exit 42')).toBe(42)
    expect(await status('/etc/passwd')).toBe(126)
    expect(await status('/no/such/program')).toBe(127)
    expect(await status('sh', '-c', 'kill -TERM $$')).toBe(128 + 15)
    expect(await status('sh', '-c', 'kill -KILL $$')).toBe(128 + 9)
  })

  onShared('its input must reach it, its two outputs must come back apart', async () => {
    const input = 'x'.repeat(300_000)
    const { stdout, stderr } = await lab.node('h1').exec(['sh', '-c', 'cat; echo said >&2'], { input })
    expect(stdout).toBe(input)
    expect(stderr).toBe('said\n')
    expect((await lab.node('h1').exec(['cat'])).stdout).toBe('')
  })

  onShared('it must end when the one who asked for it gives up', async () => {
    const controller = new AbortController()
    const file = `/tmp/${lab.name}`
    const running = lab.node('h1').exec(['sh', '-c', 'touch $0 && exec tail -f $0', file], { signal: controller.signal })
    await expect.poll(() => lab.sh('h1', 'ls /tmp'), { timeout: 5_000 }).toContain(lab.name)
    controller.abort()
    await expect(running).rejects.toThrow(/abort/i)
    await expect.poll(() => processesNamed(file), { timeout: 5_000 }).toEqual([])
  })

  onShared('it must see the processes of its node and no others', async () => {
    // What earlier commands left may still be on its way out.
    await expect
      .poll(async () => (await lab.sh('h1', 'ps -eo args=')).trim().split('\n'), { timeout: 5_000 })
      .toEqual([expect.stringContaining('nsexec init'), 'sh -c ps -eo args=', 'ps -eo args='])
  })
})

test('down must leave nothing of the lab', async ({ lab }) => {
  await lab.up(TWO_HOSTS)
  const { holderPid } = lab.notes()
  await lab.down()
  expect(existsSync(lab.directory)).toBe(false)
  expect(isRunning(holderPid)).toBe(false)
  expect(existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.startsWith(lab.name)) : []).toEqual([])
})

test('a daemon that a command leaves behind must run on, and end with the lab', async ({ lab }) => {
  await lab.up(TWO_HOSTS)
  const word = `${lab.name}-daemon`
  await lab.sh('h1', `setsid sh -c 'sleep 600; true' ${word} </dev/null >/dev/null 2>&1 &`)
  await expect.poll(() => processesNamed(word), { timeout: 5_000 }).toHaveLength(1)
  expect(await lab.sh('h1', 'ps -eo args=')).toContain(word)
  expect(await lab.sh('h2', 'ps -eo args=')).not.toContain(word)
  await lab.down()
  expect(processesNamed(word)).toEqual([])
})
