/** A running lab must become what the file now says, and nothing that the file did not change may notice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect } from 'vitest'
import { nodeCommand } from '../../src/index.ts'
import { dumpNodes } from '../support/kernel-dump.ts'
import { test, type LiveLab } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

const BEFORE = `
profiles: { router: { forwarding: true, sysctls: { net.ipv4.conf.all.rp_filter: 2 } } }
nodes:
  h1: { gateway: r, files: { /etc/motd: "one\\n", /etc/netlab-test/gone: "gone\\n" }, hosts: { db: 10.9.0.5 } }
  h2: { gateway: r, neighbors: { 10.0.2.77: 02:00:00:00:00:77 }, sysctls: { net.ipv4.tcp_ecn: 1 } }
  old: {}
  r:
    use: router
    loopback: 10.255.0.1
    routes: [10.8.0.0/16 via 10.0.1.2, 10.9.0.0/16 via 10.0.2.2 metric 5, blackhole 10.10.0.0/16]
    rules: [from 10.1.0.0/24 table 100, from 10.2.0.0/24 table 100 priority 500]
    interfaces: { eth1: { mtu: 1400 } }
    iptables: [-A FORWARD -p tcp --dport 23 -j DROP]
bridges: { lan: { subnet: [10.0.1.0/24, "fd00:1::/64"] }, side: { ageing: 10s, address: 10.0.3.254/24 } }
links:
  - [r, lan]
  - [h1, lan]
  - { endpoints: [r:eth1, h2], subnet: 10.0.2.0/24 }
  - [old, side]
  - [h2:side0, side]
`

const AFTER = `
profiles: { router: { forwarding: true } }
nodes:
  h1: { gateway: r, files: { /etc/motd: { content: "two\\n", mode: "0600" }, /etc/netlab-test/new: "new\\n" } }
  h2: { gateway: r, neighbors: { 10.0.2.78: 02:00:00:00:00:78 }, sysctls: { net.ipv4.tcp_ecn: 0, net.ipv4.ip_default_ttl: 40 } }
  new: { gateway: r }
  r:
    use: router
    loopback: [10.255.0.2, "fd00:ffff::1"]
    routes: [10.8.0.0/16 via 10.0.2.2, 10.9.0.0/16 via 10.0.2.2 metric 6, unreachable 10.10.0.0/16, "fd00:9::/64 via fd00:1::9"]
    rules: [from 10.1.0.0/24 table 101, from 10.3.0.0/24 table 100 priority 400]
    interfaces: { eth1: { mtu: 1500 }, wan: { address: 192.0.2.1/24, mac: 02:00:00:00:00:99 } }
    iptables: [-A FORWARD -p tcp --dport 22 -j DROP]
    ip6tables: [-P FORWARD DROP]
bridges: { lan: { subnet: [10.0.1.0/24, "fd00:1::/64"], mcast_snooping: true }, side: { stp: true, forward_delay: 2s, ageing: 30s, address: [10.0.3.253/24, "fd00:3::1/64"] }, third: {} }
links:
  - [r, lan]
  - [h1, lan]
  - { endpoints: [r:eth1, h2], subnet: [10.0.2.0/24, "fd00:2::/64"] }
  - [new, lan]
  - [r:wan, third]
  - [h2:side0, side]
`
const NODES_BEFORE = ['h1', 'h2', 'r', 'old', 'lan', 'side']
const NODES_AFTER = ['h1', 'h2', 'r', 'new', 'lan', 'side']
const FILES = [
  '/etc/motd',
  '/etc/netlab-test/gone',
  '/etc/netlab-test/new',
  '/proc/sys/net/ipv4/conf/all/rp_filter',
  '/proc/sys/net/ipv4/tcp_ecn',
  '/proc/sys/net/ipv4/ip_default_ttl',
]

describe('a changed file', () => {
  test('it must be reached exactly, and the first one again', async ({ lab, skip }) => {
    needs({ skip }, 'table:iptables', 'table:ip6tables')
    await lab.up(BEFORE)
    const first = await dumpNodes(lab, NODES_BEFORE, FILES)
    await lab.up(AFTER)
    expect((await lab.up(AFTER)).plan.operations).toEqual([])
    const changed = await dumpNodes(lab, NODES_AFTER, FILES)
    await lab.up(BEFORE)
    expect((await lab.up(BEFORE)).plan.operations).toEqual([])
    expect(await dumpNodes(lab, NODES_BEFORE, FILES)).toEqual(first)
    await lab.up(AFTER)
    expect(await dumpNodes(lab, NODES_AFTER, FILES)).toEqual(changed)
  })

  test('the network that is changed must be the one that comes up fresh', async ({ lab, skip }) => {
    needs({ skip }, 'table:iptables', 'table:ip6tables')
    await lab.up(BEFORE)
    await lab.up(AFTER)
    const changed = await dumpNodes(lab, NODES_AFTER, FILES)
    await lab.up(AFTER, { recreate: true })
    expect(changed).toEqual(await dumpNodes(lab, NODES_AFTER, FILES))
  })

  test('a node that is taken away must be gone for good, a new one must be reached', async ({ lab, skip }) => {
    needs({ skip }, 'table:iptables', 'table:ip6tables')
    await lab.up(BEFORE)
    await lab.up(AFTER)
    await lab.sh('h1', 'ping -4 -c 1 -W 5 new && ping -6 -c 1 -W 5 new')
    await expect(() => lab.node('old').exec(['true'])).rejects.toThrow(/NODE_UNKNOWN/)
    expect(await lab.sh('h1', 'cat /etc/hosts')).not.toMatch(/\bold\b/)
  })
})

const THREE = (more: string) => `
nodes: { a: {}, b: { forwarding: true }, c: { gateway: b }, d: {} ${more}
links:
  - { endpoints: [a, b], subnet: [10.0.1.0/24, "fd00:1::/64"] }
  - { endpoints: [b, c], subnet: 10.0.2.0/24 }
  - { endpoints: [c, d], subnet: 10.0.3.0/24 }
`
const QUIET = THREE('}')
const BUSY = `${THREE(', e: {}, f: { routes: [10.0.2.0/24 via 10.0.4.1] } }\nbridges: { sw: { subnet: 10.0.5.0/24 } }')}
  - { endpoints: [b:extra, f], subnet: 10.0.4.0/24 }
  - [d:sw0, sw]
  - [e, sw]
`

describe('what the file did not change', () => {
  test('links must keep their index and their counters', async ({ lab }) => {
    await lab.up(QUIET)
    await lab.sh('a', 'ping -c 3 -i 0.01 -W 5 b')
    const read = async () => (await lab.ip('b', '-s link show dev eth0'))[0] as { ifindex: number; stats64: { rx: { packets: number } } }
    const before = await read()
    await lab.up(BUSY)
    const after = await read()
    expect(after.ifindex).toBe(before.ifindex)
    expect(after.stats64.rx.packets).toBeGreaterThanOrEqual(before.stats64.rx.packets)
    expect(before.stats64.rx.packets).toBeGreaterThanOrEqual(3)
  })

  test('a ping across it must lose no packet while the rest changes to and fro', async ({ lab }) => {
    await lab.up(QUIET)
    const ping = startInNode(lab, 'a', ['ping', '-i', '0.005', '-W', '2', '10.0.1.2'])
    const ping6 = startInNode(lab, 'a', ['ping', '-i', '0.005', '-W', '2', 'fd00:1::2'])
    await lab.up(BUSY)
    await lab.up(QUIET)
    await lab.up(BUSY.replace('10.0.3.0/24', '10.0.33.0/24'))
    for (const running of [ping, ping6]) {
      const { transmitted, received } = await stopPing(running)
      expect(transmitted).toBeGreaterThan(50)
      expect(received).toBe(transmitted)
    }
  })

  test('a route must be replaced without a moment in which it is missing', async ({ lab }) => {
    const file = (metric: string) => `
nodes: { a: { routes: [10.9.0.1 via 10.0.1.2 ${metric}] }, b: { loopback: 10.9.0.1 } }
links: [{ endpoints: [a, b], subnet: 10.0.1.0/24 }, { endpoints: [a, b], subnet: 10.0.2.0/24 }]`
    await lab.up(file(''))
    const ping = startInNode(lab, 'a', ['ping', '-i', '0.002', '-W', '2', '10.9.0.1'])
    await lab.up(file('mtu 1300'))
    await lab.up(file('').replace('10.0.1.2', '10.0.2.2'))
    const { transmitted, received, errors } = await stopPing(ping)
    expect(errors).toBe('')
    expect(received).toBe(transmitted)
  })
})

interface Running {
  readonly end: Promise<{ stdout: string; stderr: string }>
  readonly interrupt: () => void
}

function startInNode(lab: LiveLab, node: string, argv: readonly string[]): Running {
  const { file, args, env } = nodeCommand(lab.name, node, argv)
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  const end = once(child, 'close').then(() => ({ stdout, stderr }))
  return { end, interrupt: () => child.kill('SIGINT') }
}

/** ping prints its count when SIGINT ends it. */
async function stopPing(running: Running): Promise<{ transmitted: number; received: number; errors: string }> {
  running.interrupt()
  const { stdout, stderr } = await running.end
  const [, transmitted, received] = /(\d+) packets transmitted, (\d+) received/.exec(stdout) ?? []
  return { transmitted: Number(transmitted), received: Number(received), errors: stderr }
}

test('a change that ended otherwise than the file says must be known, and what is left of it done by the next `up`', async ({ lab }) => {
  await lab.up('links: [{ endpoints: [a, b], subnet: 10.0.0.0/24 }]\nnodes: { a: {}, b: {} }')
  const wish = `
nodes: { a: {}, b: {}, c: { setup: [ip addr add 10.9.0.1/24 dev lo, ip addr del 10.1.0.2/24 dev eth0] } }
links: [{ endpoints: [a, b], subnet: 10.0.0.0/24 }, { endpoints: [a, c], subnet: 10.1.0.0/24 }]
`
  const { diagnostics } = await lab.refusal(wish)
  expect(diagnostics).toMatchObject([{ code: 'NOT_AS_DESIRED', detail: expect.stringContaining('All other changes stay.') as string }])
  // What stays is the lab's: its nodes are known, and what their setup commands made is left to them.
  expect(await lab.sh('c', 'ip -br addr show dev lo')).toContain('10.9.0.1/24')
  expect((await lab.drift()).map(({ type, netns }) => `${netns} ${type}`)).toEqual(['c add addr'])
  await lab.up(wish)
  expect(await lab.drift()).toEqual([])
  expect(await lab.sh('c', 'ip -br addr show dev lo')).toContain('10.9.0.1/24')
})
