/** Links, addresses and bridges of a file must be what `ip` shows. */
import { describe, expect, test as onShared } from 'vitest'
import { sharedLab, test } from '../support/live-lab.ts'

describe('interfaces', () => {
  const lab = sharedLab(`
nodes:
  a:
    loopback: [10.255.0.1, "fd00:ffff::1"]
    interfaces:
      wan0: { mac: 02:00:00:00:02:10, mtu: 9000, address: [10.1.0.1/24, 10.1.0.11/24, 10.7.7.7/32, "fd00:1::1/64", "fd00:1::11/64"] }
      down0: { state: down, address: [10.2.0.1/24, "fd00:2::1/64"] }
  b:
    interfaces: { very-long.name0: { address: 10.1.0.2/24, mtu: 9000 } }
  p1: {}
  p2: {}
links:
  - [a:wan0, b:very-long.name0]
  - [a:down0, b]
  - { endpoints: [p1, p2], subnet: [10.3.0.0/30, "fd00:3::/127"] }
  - { endpoints: [p1, p2], subnet: 10.3.0.8/31 }
  - { endpoints: [p1, p2], mtu: 1280 }
`)

  const addresses = async (node: string, ifname: string) => {
    const [link] = (await lab.ip(node, `addr show dev ${ifname}`)) as [{ addr_info: { local: string; prefixlen: number; scope: string }[] }]
    return link.addr_info.filter(({ scope }) => scope === 'global').map(({ local, prefixlen }) => `${local}/${prefixlen}`)
  }

  onShared('an interface must have all its addresses, of both families, in the order of the file', async () => {
    expect(await addresses('a', 'wan0')).toEqual([
      '10.1.0.1/24',
      '10.7.7.7/32',
      '10.1.0.11/24',
      ...(await addresses('a', 'wan0')).filter((address) => address.includes(':')),
    ])
    expect(new Set(await addresses('a', 'wan0'))).toEqual(
      new Set(['10.1.0.1/24', '10.1.0.11/24', '10.7.7.7/32', 'fd00:1::1/64', 'fd00:1::11/64']),
    )
  })

  onShared('an interface must have the MAC and the MTU of the file', async () => {
    // The kernel tells the operational state up to a second late (linkwatch_event).
    const shown = (node: string, ifname: string) => expect.poll(() => lab.ip(node, `link show dev ${ifname}`), { timeout: 10_000 })
    await shown('a', 'wan0').toMatchObject([{ address: '02:00:00:00:02:10', mtu: 9000, operstate: 'UP' }])
    await shown('b', 'very-long.name0').toMatchObject([{ mtu: 9000, operstate: 'UP' }])
    expect(await lab.ip('p1', 'link show dev eth2')).toMatchObject([{ mtu: 1280 }])
    expect(await lab.ip('p2', 'link show dev eth2')).toMatchObject([{ mtu: 1280 }])
  })

  onShared('an interface that is to be down must be down, its far end without carrier', async () => {
    expect(await lab.ip('a', 'link show dev down0')).toMatchObject([{ operstate: 'DOWN', flags: ['BROADCAST', 'MULTICAST'] }])
    expect(await lab.ip('b', 'link show dev eth0')).toMatchObject([{ flags: expect.arrayContaining(['NO-CARRIER', 'UP']) as unknown }])
    expect(await addresses('a', 'down0')).toContain('10.2.0.1/24')
  })

  onShared('lo must be up, with its own addresses and those of the file', async () => {
    expect(await lab.ip('b', 'link show dev lo')).toMatchObject([{ flags: expect.arrayContaining(['UP']) as unknown }])
    expect(await addresses('a', 'lo')).toEqual(['10.255.0.1/32', 'fd00:ffff::1/128'])
    await lab.sh('a', 'ping -c 1 -W 5 10.255.0.1; ping -c 1 -W 5 fd00:ffff::1')
  })

  onShared('several links between two nodes must be separate cables', async () => {
    for (const ifname of ['eth0', 'eth1', 'eth2']) {
      const [near] = await lab.ip('p1', `link show dev ${ifname}`)
      const [far] = await lab.ip('p2', `link show dev ${ifname}`)
      expect(near).toMatchObject({ link_index: far?.['ifindex'] })
      expect(far).toMatchObject({ link_index: near?.['ifindex'] })
    }
    expect(await addresses('p1', 'eth2')).toEqual([])
  })

  onShared('subnets of two addresses must give both ends one', async () => {
    expect(await addresses('p1', 'eth0')).toEqual(['10.3.0.1/30', 'fd00:3::/127'])
    expect(await addresses('p2', 'eth0')).toEqual(['10.3.0.2/30', 'fd00:3::1/127'])
    expect(await addresses('p1', 'eth1')).toEqual(['10.3.0.8/31'])
    expect(await addresses('p2', 'eth1')).toEqual(['10.3.0.9/31'])
    for (const far of ['10.3.0.2', 'fd00:3::1', '10.3.0.9']) await lab.sh('p1', `ping -c 1 -W 5 ${far}`)
  })

  onShared('a large packet must cross a link with a large MTU, whole', async () => {
    await lab.sh('b', 'ping -c 1 -W 5 -M do -s 8972 10.1.0.1')
    await expect(lab.sh('b', 'ping -c 1 -W 1 -M do -s 8973 10.1.0.1')).rejects.toThrow(/message too long|mtu/i)
  })
})

test('a lab without IPv6 in its file must have no IPv6 addresses but ::1', async ({ lab }) => {
  await lab.up('nodes: { h1: {} }\nbridges: { lan: { subnet: 10.0.0.0/24 } }\nlinks: [[h1, lan]]')
  expect(await lab.sh('h1', 'ip -6 -o addr show dev eth0')).toBe('')
  expect(await lab.sh('lan', 'ip -6 -o addr')).not.toContain('fe80')
})

describe('bridges', () => {
  const lab = sharedLab(`
nodes: { h1: {}, h2: { interfaces: { eth0: { mtu: 1400 } } }, h3: {} }
bridges:
  lan: { subnet: [10.0.1.0/24, "fd00:1::/64"] }
  managed: { address: [10.0.2.254/24, "fd00:2::fe/64"], subnet: 10.0.2.0/24, mac: 02:00:00:00:00:fe }
  tree: { stp: true, priority: 4096, ageing: 10s, forward_delay: 2s, hello: 1s, max_age: 6s, mcast_snooping: true, mtu: 1400 }
links:
  - [h1, lan]
  - [h2, lan]
  - [h3, managed]
  - [h3, tree]
`)

  const bridge = async (node: string, ifname: string) => (await lab.ip(node, `-d link show dev ${ifname}`))[0]

  onShared('hosts on a bridge must reach each other, over both families', async () => {
    await lab.sh('h1', 'ping -4 -c 1 -W 5 h2; ping -6 -c 1 -W 5 h2')
    expect(await lab.ip('h1', 'link show type veth')).toHaveLength(1)
  })

  onShared('a bridge must lie outside every node, with the far ends as its ports', async () => {
    expect(await lab.ip('lan', 'link show master lan')).toHaveLength(2)
    expect(await bridge('lan', 'lan')).toMatchObject({
      linkinfo: { info_kind: 'bridge', info_data: { stp_state: 0, mcast_snooping: 0 } },
    })
    const states = async () =>
      [...(await lab.ip('lan', 'link show master lan')), await bridge('lan', 'lan')].map((link) => link?.['operstate'])
    await expect.poll(states, { timeout: 10_000 }).toEqual(['UP', 'UP', 'UP'])
  })

  onShared('a bridge with an address must answer under it', async () => {
    await lab.sh('h3', 'ping -4 -c 1 -W 5 10.0.2.254')
    expect(await bridge('managed', 'managed')).toMatchObject({ address: '02:00:00:00:00:fe' })
    expect(await lab.ip('managed', 'addr show dev managed')).toMatchObject([
      { addr_info: expect.arrayContaining([expect.objectContaining({ local: 'fd00:2::fe', prefixlen: 64 })]) as unknown },
    ])
  })

  onShared('a bridge must have the options of the file', async () => {
    const options = {
      stp_state: 1,
      priority: 4096,
      ageing_time: 1000,
      forward_delay: 200,
      hello_time: 100,
      max_age: 600,
      mcast_snooping: 1,
    }
    const wanted = { mtu: 1400, linkinfo: { info_data: options } }
    // While the tree finds together, ageing is two forward delays (__br_set_topology_change): for max_age + forward_delay, 8 s.
    await expect.poll(() => bridge('tree', 'tree'), { timeout: 30_000, interval: 500 }).toMatchObject(wanted)
  })
})
