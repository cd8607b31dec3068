/**
 * Kinds of links and VLANs on a kernel that has them all. One lab for everything: a start costs the emulated machine seconds.
 * What is measured is what packets meet, told by the kernel's own counters and by ping.
 */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { downLink, plan, upLink } from '../../src/index.ts'
import { formatPlanShell } from '../../src/plan/shell.ts'
import { sharedLab } from '../support/live-lab.ts'

const YAML = `
nodes:
  a[1-2]: {}
  b1: {}
  t: { interfaces: { eth0.10: { kind: vlan, parent: eth0, id: 10 }, eth0.20: { kind: vlan, parent: eth0, id: 20 } } }
  pe:
    forwarding: true
    interfaces: { red: { kind: vrf, table: 10 }, blue: { kind: vrf, table: 20 }, "eth[0-1]": { vrf: red }, eth2: { vrf: blue } }
  red[1-2]: { gateway: pe }
  blue1: { gateway: pe }
  s: { interfaces: { bond0: { kind: bond, mode: active-backup, miimon: 50, primary: eth0, members: [eth0, eth1] } } }
  c: {}
  w1:
    interfaces:
      wg0: { kind: wireguard, address: 10.255.0.1/24, peers: [w2] }
      gre1: { kind: gre, remote: w2, address: 172.16.0.1/30 }
      br0: { kind: bridge, members: [vx0, dum0], address: 172.17.0.1/24 }
      vx0: { kind: vxlan, id: 100, remote: w2 }
      dum0: { kind: dummy, mtu: 1450 }
      mv0: { kind: macvlan, parent: eth0, address: 10.4.0.9 }
      tap0: { kind: tap, user: 0 }
  w2:
    interfaces:
      wg0: { kind: wireguard, address: 10.255.0.2/24 }
      gre1: { kind: gre, remote: w1, address: 172.16.0.2/30 }
      br0: { kind: bridge, members: [vx0], address: 172.17.0.2/24 }
      vx0: { kind: vxlan, id: 100, remote: w1 }
  h[1-2]: {}

bridges:
  sw[1-2]:
    vlan_filtering: true
    vlans: { 10: { subnet: 10.0.10.0/24 }, 20: { subnet: 10.0.20.0/24 } }
  lan: { subnet: 10.3.0.0/24 }
  ring1: { subnet: 10.5.0.0/24, stp: true, priority: 0, forward_delay: 2s, hello: 1s, max_age: 6s }
  ring2: { stp: true, forward_delay: 2s, hello: 1s, max_age: 6s }
  ring3: { stp: true, priority: 4096, forward_delay: 2s, hello: 1s, max_age: 6s }

links:
  - [a1, { bridge: sw1, vlan: 10 }]
  - [a2, { bridge: sw2, vlan: 10, fdb: 02:00:00:00:00:aa }]
  - [b1, { bridge: sw2, vlan: 20 }]
  - [t, { bridge: sw1, vlans: [10, 20] }]
  - [{ bridge: sw1, vlans: [10-12, 20] }, { bridge: sw2, vlans: [10-12, 20] }]
  - { endpoints: ["pe:eth0", red1], subnet: 10.1.0.0/24 }
  - { endpoints: ["pe:eth1", red2], subnet: 10.2.0.0/24 }
  - { endpoints: ["pe:eth2", blue1], subnet: 10.1.0.0/24 }
  - ["s:eth0", lan]
  - ["s:eth1", lan]
  - [c, lan]
  - { endpoints: [w1, w2], subnet: 10.4.0.0/24 }
  - [h1, ring1]
  - [h2, ring2]
  - [{ bridge: ring1, name: r12 }, ring2]
  - [ring2, ring3]
  - [ring3, ring1]
`

const lab = sharedLab(YAML)

/** Answers that came back of so many packets. */
async function answers(from: string, to: string, words = '-c 1 -W 2'): Promise<number> {
  const { stdout } = await lab.node(from).exec(['sh', '-c', `ping ${words} ${to}`])
  return Number(/(\d+) received/.exec(stdout)?.[1] ?? 0)
}

/** Packets that a link has got. */
async function received(node: string, ifname: string): Promise<number> {
  return Number(await lab.sh(node, `cat /sys/class/net/${ifname}/statistics/rx_packets`))
}

async function addressOf(node: string, ifname: string): Promise<string> {
  const [link] = (await lab.ip(node, `-4 addr show dev ${ifname}`)) as { addr_info: { local: string }[] }[]
  return link?.addr_info[0]?.local ?? ''
}

test('nothing differs from the file, and a second look at it finds nothing to do', async () => {
  expect(await lab.drift()).toEqual([])
})

describe('VLANs', () => {
  test('a trunk carries both, each to its own', async () => {
    expect(await answers('a1', 'a2')).toBe(1)
    expect(await answers('t', await addressOf('a1', 'eth0'))).toBe(1)
    expect(await answers('t', await addressOf('b1', 'eth0'))).toBe(1)
  })

  test('no frame of one reaches the other, not even a broadcast', async () => {
    const before = await received('b1', 'eth0')
    // 20 broadcasts on VLAN 10, which both switches flood.
    await lab.sh('a1', 'ip neigh flush all; ping -b -c 20 -i 0.01 -W 1 10.0.10.255 >/dev/null 2>&1 || true')
    expect(await received('a2', 'eth0')).toBeGreaterThanOrEqual(20)
    expect((await received('b1', 'eth0')) - before).toBeLessThan(3)
  })
})

test('a VRF knows its own and nobody else, though addresses are the same', async () => {
  expect(await answers('red1', '10.2.0.2')).toBe(1)
  expect(await answers('blue1', '10.2.0.2', '-c 1 -W 1')).toBe(0)
  expect(await answers('pe', '-I blue 10.1.0.2')).toBe(1)
})

test('a bond loses next to nothing when a cable is cut, and is mended by up', async () => {
  const ping = answers('c', 's', '-c 60 -i 0.05 -W 1')
  await expect.poll(() => received('s', 'bond0'), { timeout: 20_000 }).toBeGreaterThan(10)
  await lab.sh('s', 'ip link set eth0 down')
  // miimon is 50 ms, a packet each 50 ms; the emulated machine may be late.
  expect(await ping).toBeGreaterThanOrEqual(50)
  expect((await lab.sh('s', 'cat /sys/class/net/bond0/bonding/active_slave')).trim()).toBe('eth1')
  const { plan: mended } = await lab.up(YAML)
  expect(mended.operations).toHaveLength(1)
  expect((await lab.sh('s', 'cat /sys/class/net/bond0/bonding/active_slave')).trim()).toBe('eth0')
})

describe('tunnels', () => {
  test('WireGuard shakes hands and carries', async () => {
    expect(await answers('w1', '10.255.0.2', '-c 3 -i 0.2 -W 5')).toBeGreaterThanOrEqual(2)
    expect(Number((await lab.sh('w1', 'wg show wg0 latest-handshakes')).trim().split('\t')[1])).toBeGreaterThan(0)
  })

  test.each([
    ['GRE', '172.16.0.2', 1500 - 24],
    ['VXLAN', '172.17.0.2', 1500 - 50],
    ['WireGuard', '10.255.0.2', 1420],
  ])('%s takes what its MTU says, and not a byte more', async (_, to, mtu) => {
    const headers = 28
    expect(await answers('w1', to, `-M do -s ${mtu - headers} -c 1 -W 5`)).toBe(1)
    expect(await answers('w1', to, `-M do -s ${mtu - headers + 1} -c 1 -W 1`)).toBe(0)
  })
})

test('a tap is there for a program', async () => {
  const [tap] = await lab.ip('w1', '-d link show dev tap0')
  expect(tap).toMatchObject({ linkinfo: { info_kind: 'tun', info_data: { type: 'tap', persist: true, user: 'root' } } })
})

// The one waits for timers, the other builds elsewhere.
test.concurrent('a spanning tree finds the other way round when a cable is cut', async () => {
  await expect.poll(() => answers('h1', 'h2'), { timeout: 30_000 }).toBe(1)
  const pings = lab.node('h1').exec(['sh', '-c', `ping -D -i 0.1 -w 14 ${await addressOf('h2', 'eth0')}`])
  const before = await received('h2', 'eth0')
  await expect.poll(() => received('h2', 'eth0'), { timeout: 20_000 }).toBeGreaterThan(before + 5)
  await downLink(lab.name, 'ring1:ring1.r12')
  const times = [...(await pings).stdout.matchAll(/^\[([\d.]+)\].* time=/gm)].map(([, time]) => Number(time))
  const silence = Math.max(...times.slice(1).map((time, index) => time - times[index]!))
  // ring2 loses its root port and has another, blocked: it listens and learns, forward_delay each. Nobody waits for max_age.
  expect(silence).toBeGreaterThanOrEqual(2 * 2 - 0.2)
  expect(silence).toBeLessThan(2 * 2 + 3)
  await upLink(lab.name, 'ring1:ring1.r12')
})

test.concurrent('what the shell plan builds is the same network', async () => {
  const { plan: planned } = await plan(lab.write('lab.yaml', YAML), { name: 'copy' })
  const script = lab.write('copy.sh', formatPlanShell(planned))
  const nodes = ['t', 'pe', 's', 'w1', 'w2']
  const dumps = [...nodes.map((node) => `copy.${node}`), 'copy'].map(
    (netns) => `echo "== ${netns}"; ${dumpCommand(`ip netns exec ${netns} `)}`,
  )
  const inside = `mount -t tmpfs none /run && mkdir /run/netns && sh -eu ${script} && ${dumps.join('; ')}`
  const { stdout, stderr, status } = spawnSync('unshare', ['--net', '--mount', 'sh', '-c', inside], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  const copies = new Map(
    stdout
      .split('== ')
      .slice(1)
      .map((part) => [part.split('\n')[0], part.slice(part.indexOf('\n') + 1)]),
  )
  for (const node of nodes) expect(readable(copies.get(`copy.${node}`)), node).toEqual(readable(await lab.sh(node, dumpCommand(''))))
})

function dumpCommand(prefix: string): string {
  return ['ip -d -j link', 'ip -j addr', 'ip -j route show table all', 'bridge -j vlan']
    .map((words) => `${prefix}${words}; echo`)
    .join('; ')
}

/** What the kernel deals out anew, what names other namespaces, and what is said of a lab's name (lladdrs are made from it). */
const PASSING =
  /^(ifindex|link_index|link_netnsid|link|link_netns|operstate|flags|address|broadcast|permaddr|perm_hwaddr|.*_timer|bridge_id|root_id|bridge|id|topology_change.*|designated.*|ad_.*|no|num_tx_queues|num_rx_queues|state|linkmode|gso_max.*|tso_max.*|gro_max.*|link_local|valid_life_time|preferred_life_time|queue_id|link_failure_count|mii_status|active_slave)$/

function readable(text: string | undefined): string[] {
  return (text ?? '')
    .split('\n')
    .filter((line) => line.startsWith('['))
    .flatMap((line) => (JSON.parse(line) as { dst?: string }[]).filter((row) => Object.keys(row).length > 0))
    .map((row) => JSON.stringify(row, (key, value: unknown) => (PASSING.test(key) ? undefined : value)))
    .sort()
}
