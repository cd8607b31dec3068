/**
 * What switches, bonds and labels do with frames, on a kernel that has it all. One lab, and the waits side by side: a start costs the
 * emulated machine seconds, and LACP, IGMP and spanning trees have timers of their own.
 */
import { expect, test } from 'vitest'
import { sharedLab } from '../support/live-lab.ts'

const KEY = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk='

const YAML = `
nodes:
  q1: { interfaces: { eth0.100: { kind: vlan, parent: eth0, id: 100, protocol: 802.1ad }, s.c: { kind: vlan, parent: eth0.100, id: 7, address: 10.20.0.1/24 } } }
  q2: { interfaces: { eth0.100: { kind: vlan, parent: eth0, id: 100, protocol: 802.1ad }, s.c: { kind: vlan, parent: eth0.100, id: 7, address: 10.20.0.2/24 } } }
  n[1-2]: {}
  t: {}
  l[1-2]: { interfaces: { bond0: { kind: bond, mode: 802.3ad, miimon: 50, lacp_rate: fast, members: [eth0, eth1] } } }
  m1: { interfaces: { mv0: { kind: macvlan, parent: eth0, address: 10.22.0.101/24 } } }
  m2: { interfaces: { iv0: { kind: ipvlan, parent: eth0, address: 10.22.0.102/24 } } }
  i[1-3]: {}
  f[1-3]: {}
  gw:
    interfaces:
      br0: { kind: bridge, members: [eth0, eth1, eth2], mcast_snooping: true, address: 10.25.0.1/24 }
      eth1: { mdb: 239.1.1.1 }
    setup: [ip link set br0 type bridge mcast_querier 1 mcast_query_response_interval 100]
  g[0-2]: {}
  p1: { routes: [10.28.0.0/24 encap mpls 100 via 10.26.0.2] }
  p2: { forwarding: true, mpls: [100 as 200 via 10.27.0.2] }
  p3: { forwarding: true, mpls: [200 via 10.28.0.2], routes: [10.26.0.0/24 via 10.27.0.1] }
  p4: { routes: [default via 10.28.0.1] }
  k1: { interfaces: { wg0: { kind: wireguard, private_key: ${KEY}, address: 10.29.1.1/24, peers: [k2] } } }
  k2: { interfaces: { wg0: { kind: wireguard, address: 10.29.1.2/24 } } }

bridges:
  sw[1-2]: { vlan_filtering: true, vlans: { 30: { subnet: 10.21.0.0/24 } } }
  lan: { subnet: 10.22.0.0/24 }
  priv: { subnet: 10.23.0.0/24 }
  hub: { subnet: 10.24.0.0/24 }

links:
  - [q1, q2]
  - [n1, { bridge: sw1, vlan: 30 }]
  - [n2, { bridge: sw2, vlan: 30 }]
  - [t, { bridge: sw2, vlan: 30, vlans: [10] }]
  - [{ bridge: sw1, vlan: 30, vlans: [10] }, { bridge: sw2, vlan: 30, vlans: [10] }]
  - { endpoints: ["l1:eth0", "l2:eth0"] }
  - { endpoints: ["l1:eth1", "l2:eth1"] }
  - [m1, lan]
  - [m2, lan]
  - ["i[1-2]", { bridge: priv, isolated: true }]
  - [i3, priv]
  - [f1, { bridge: hub, name: f1port, learning: false }]
  - [f2, hub]
  - [f3, hub]
  - ["gw:eth0", g0]
  - ["gw:eth1", g1]
  - ["gw:eth2", g2]
  - { endpoints: [p1, p2], subnet: 10.26.0.0/24 }
  - { endpoints: [p2, p3], subnet: 10.27.0.0/24 }
  - { endpoints: [p3, p4], subnet: 10.28.0.0/24 }
  - { endpoints: [k1, k2], subnet: 10.29.0.0/24 }
`

const lab = sharedLab(YAML)

/** Whether an answer came back, of a few. */
async function reaches(from: string, to: string, words = '-c 3 -i 0.2 -W 2'): Promise<boolean> {
  return (await lab.node(from).exec(['sh', '-c', `ping ${words} ${to}`])).status === 0
}

async function counter(node: string, ifname: string, name = 'rx_packets'): Promise<number> {
  return Number(await lab.sh(node, `cat /sys/class/net/${ifname}/statistics/${name}`))
}

test('nothing differs from the file', async () => {
  expect(await lab.drift()).toEqual([])
})

// Each on links of its own; most of them wait.
test.concurrent('QinQ: a frame bears both tags, the outer of 802.1ad', async () => {
  const sniffed = lab.sh('q2', 'timeout 20 tcpdump -c 1 -nne -i eth0 icmp or vlan 2>/dev/null || true')
  await expect.poll(() => reaches('q1', '10.20.0.2'), { timeout: 20_000 }).toBe(true)
  expect(await sniffed).toMatch(/802\.1Q-QinQ \(0x88a8\).*vlan 100.*802\.1Q.*vlan 7/s)
})

test.concurrent('a trunk has its native VLAN untagged', async () => {
  expect(await reaches('n1', '10.21.0.2')).toBe(true)
  expect(await reaches('t', '10.21.0.1')).toBe(true)
})

test.concurrent('LACP joins both cables, and loses one without a break', async () => {
  const bond = (file: string): Promise<string> => lab.sh('l1', `cat /sys/class/net/bond0/bonding/${file}`)
  await lab.sh('l1', 'ip addr add 10.30.0.1/24 dev bond0')
  await lab.sh('l2', 'ip addr add 10.30.0.2/24 dev bond0')
  await expect.poll(() => bond('ad_num_ports'), { timeout: 30_000 }).toBe('2\n')
  expect(await bond('ad_partner_mac')).toBe(await lab.sh('l2', 'cat /sys/class/net/bond0/address'))
  const pings = lab.node('l1').exec(['sh', '-c', 'ping -q -c 60 -i 0.05 -W 1 10.30.0.2'])
  await expect.poll(() => counter('l2', 'bond0'), { timeout: 20_000 }).toBeGreaterThan(10)
  await lab.sh('l1', 'ip link set eth0 down')
  // miimon is 50 ms, a packet each 50 ms; the emulated machine may be late.
  expect(Number(/(\d+) received/.exec((await pings).stdout)?.[1])).toBeGreaterThanOrEqual(50)
  expect(await bond('ad_num_ports')).toBe('1\n')
})

test.concurrent('macvlan and ipvlan are hosts of their own on the segment of their parent', async () => {
  expect(await reaches('m1', '-I mv0 10.22.0.102')).toBe(true)
  expect(await reaches('m2', '-I iv0 10.22.0.101')).toBe(true)
  // With its own address a macvlan, with that of its parent an ipvlan.
  const lladdr = (node: string, ifname: string): Promise<string> => lab.sh(node, `cat /sys/class/net/${ifname}/address`)
  expect(await lladdr('m1', 'mv0')).not.toBe(await lladdr('m1', 'eth0'))
  expect(await lladdr('m2', 'iv0')).toBe(await lladdr('m2', 'eth0'))
})

test.concurrent('isolated ports reach the others, and not each other', async () => {
  expect(await reaches('i1', '10.23.0.3')).toBe(true)
  expect(await reaches('i2', '10.23.0.3')).toBe(true)
  expect(await reaches('i1', '10.23.0.2', '-c 2 -i 0.2 -W 1')).toBe(false)
})

test.concurrent('a group goes to the port that has it for good, and to no other', async () => {
  await lab.sh('g0', 'ip route add 239.0.0.0/8 dev eth0')
  const send = async (): Promise<readonly number[]> => {
    const before = [await counter('g1', 'eth0'), await counter('g2', 'eth0')]
    await lab.node('g0').exec(['sh', '-c', 'ping -q -c 20 -i 0.02 -W 1 239.1.1.1'])
    return [(await counter('g1', 'eth0')) - before[0]!, (await counter('g2', 'eth0')) - before[1]!]
  }
  // Until its own query has gone unanswered the bridge does not know whether it knows all, and floods.
  await expect.poll(async () => (await send())[1], { timeout: 40_000 }).toBeLessThan(10)
  expect((await send())[0]).toBeGreaterThanOrEqual(20)
})

test.concurrent('labels lead there, and are swapped: no router between the ends has another way', async () => {
  const seen = ['p2', 'p3'].map((node) => lab.sh(node, 'timeout 20 tcpdump -c 1 -nn -i eth0 mpls 2>/dev/null || true'))
  await expect.poll(() => reaches('p1', '10.28.0.2', '-c 20 -i 0.2 -W 2'), { timeout: 20_000 }).toBe(true)
  expect(await lab.sh('p2', 'ip route show 10.28.0.0/24')).toBe('')
  const [before, behind] = await Promise.all(seen)
  expect(before).toMatch(/MPLS \(label 100,.*\[S\]/)
  expect(behind).toMatch(/MPLS \(label 200,.*\[S\]/)
})

test.concurrent('WireGuard takes a key that is given', async () => {
  expect((await lab.sh('k1', 'wg show wg0 private-key')).trim()).toBe(KEY)
  expect(await reaches('k1', '10.29.1.2', '-c 3 -i 0.2 -W 5')).toBe(true)
})

test('what is not learnt is flooded, until an entry says where it is', async () => {
  const mac = (await lab.sh('f1', 'cat /sys/class/net/eth0/address')).trim()
  const seenByOther = async (): Promise<number> => {
    const before = await counter('f3', 'eth0')
    expect(await reaches('f2', '10.24.0.1', '-c 20 -i 0.02 -W 2')).toBe(true)
    return (await counter('f3', 'eth0')) - before
  }
  expect(await seenByOther()).toBeGreaterThanOrEqual(20)
  await lab.up(YAML.replace('learning: false }', `learning: false, fdb: "${mac}" }`))
  expect(await seenByOther()).toBeLessThan(10)
})
