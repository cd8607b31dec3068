/** Routes, rules and neighbours of a file must be what `ip` shows and what packets meet. */
import { describe, expect, test } from 'vitest'
import { sharedLab } from '../support/live-lab.ts'

describe('routes', () => {
  const lab = sharedLab(`
nodes:
  h:
    loopback: 10.255.0.1
    routes:
      - default via 10.0.1.1 dev eth0 metric 5
      - { to: default, via: 10.0.2.1, metric: 10 }
      - { to: 10.9.0.0/16, via: 10.0.2.1, table: 100, src: 10.255.0.1, mtu: 1300 }
      - { to: 10.10.0.0/16, nexthops: [{ via: 10.0.1.1 }, { via: 10.0.2.1, weight: 3 }] }
      - 10.11.0.0/16 dev eth1
      - { to: 10.12.0.0/16, via: 172.16.0.1, dev: eth0, onlink: true }
      - blackhole 10.13.0.0/16
      - { to: 10.14.0.0/16, type: unreachable }
      - { to: 10.15.0.0/16, type: prohibit, metric: 7 }
      - 10.16.0.0/16 via inet6 fd00:1::1 dev eth0
      - "fd00:9::/64 via fd00:1::1"
      - { to: "fd00:a::/64", nexthops: [{ via: "fd00:1::1" }, { via: "fd00:2::1", weight: 2 }] }
      - { to: "::/0", via: "fd00:2::1", metric: 50 }
      - "unreachable fd00:b::/64"
      - 10.17.0.9 via 10.0.1.1
  r1: { forwarding: true, loopback: [10.9.0.1/16, 10.16.0.1/32, "fd00:9::1/64"], routes: [10.255.0.1 via 10.0.1.2] }
  r2: { forwarding: true, routes: [10.255.0.1 via 10.0.2.2] }
links:
  - { endpoints: [r1, h], subnet: [10.0.1.0/24, "fd00:1::/64"] }
  - { endpoints: [r2, h], subnet: [10.0.2.0/24, "fd00:2::/64"] }
`)

  const route = async (words: string) => lab.ip('h', words)

  test('two default routes must differ by their metrics', async () => {
    expect(await route('route show default')).toMatchObject([
      { gateway: '10.0.1.1', dev: 'eth0', metric: 5 },
      { gateway: '10.0.2.1', dev: 'eth1', metric: 10 },
    ])
  })

  test('table, src and mtu of a route must be those of the file', async () => {
    expect(await route('route show table 100')).toMatchObject([
      { dst: '10.9.0.0/16', gateway: '10.0.2.1', dev: 'eth1', prefsrc: '10.255.0.1', metrics: [{ mtu: 1300 }] },
    ])
  })

  test('a route over several next hops must have their weights', async () => {
    expect(await route('route show 10.10.0.0/16')).toMatchObject([
      {
        nexthops: [
          { gateway: '10.0.1.1', dev: 'eth0', weight: 1 },
          { gateway: '10.0.2.1', dev: 'eth1', weight: 3 },
        ],
      },
    ])
    expect(await route('-6 route show fd00:a::/64')).toMatchObject([
      { nexthops: expect.arrayContaining([expect.objectContaining({ gateway: 'fd00:2::1', weight: 2 })]) as unknown },
    ])
  })

  test('direct, onlink and host routes must be as the file says', async () => {
    expect(await route('route show 10.11.0.0/16')).toMatchObject([{ dev: 'eth1', scope: 'link' }])
    expect(await route('route show 10.12.0.0/16')).toMatchObject([{ gateway: '172.16.0.1', dev: 'eth0', flags: ['onlink'] }])
    expect(await route('route show 10.17.0.9')).toMatchObject([{ dst: '10.17.0.9', gateway: '10.0.1.1' }])
  })

  test('routes that refuse must refuse as they are told', async () => {
    const refusal = async (address: string) => (await lab.node('h').exec(['ip', 'route', 'get', address])).stderr
    expect(await refusal('10.13.0.1')).toContain('Invalid argument')
    expect(await refusal('10.14.0.1')).toContain('No route to host')
    expect(await refusal('10.15.0.1')).toContain('Permission denied')
    expect(await route('route show 10.15.0.0/16')).toMatchObject([{ type: 'prohibit', metric: 7 }])
    expect(await route('-6 route show fd00:b::/64')).toMatchObject([{ type: 'unreachable' }])
  })

  test('an IPv4 route over an IPv6 gateway must carry IPv4 packets', async () => {
    expect(await route('route show 10.16.0.0/16')).toMatchObject([{ via: { family: 'inet6', host: 'fd00:1::1' }, dev: 'eth0' }])
    await lab.sh('h', 'ping -c 1 -W 5 10.16.0.1')
  })

  test('IPv6 routes must carry packets, the default route with its metric', async () => {
    await lab.sh('h', 'ping -c 1 -W 5 fd00:9::1')
    expect(await route('-6 route show default')).toMatchObject([{ gateway: 'fd00:2::1', metric: 50 }])
  })
})

describe('rules and neighbours', () => {
  const lab = sharedLab(`
nodes:
  h:
    loopback: [10.1.0.1, 10.2.0.1]
    routes: [10.9.0.0/16 via 10.0.1.1 table 100, 10.9.0.0/16 via 10.0.2.1 table 200]
    rules:
      - from 10.1.0.0/24 table 100
      - { from: 10.2.0.0/24, table: 200, priority: 1000 }
      - { to: 10.77.0.0/16, type: prohibit, priority: 900 }
      - { fwmark: "0x10/0xff", iif: eth0, ipproto: tcp, dport: 80, table: 100, priority: 800 }
      - { not: true, from: "fd00:5::/64", table: 100, family: inet6, priority: 700 }
    neighbors: { 10.0.1.200: 02:00:00:00:00:c8, "fd00:1::200": 02:00:00:00:00:c8 }
  r1: { loopback: 10.9.0.1, routes: [10.0.0.0/8 via 10.0.1.2] }
  r2: { loopback: 10.9.0.1, routes: [10.0.0.0/8 via 10.0.2.2] }
links:
  - { endpoints: [r1, h], subnet: [10.0.1.0/24, "fd00:1::/64"] }
  - { endpoints: [r2, h], subnet: 10.0.2.0/24 }
`)

  const echoRequests = async (node: string) => Number(/^IcmpInEchos\s+(\d+)/m.exec(await lab.sh(node, 'nstat -asz IcmpInEchos'))?.[1])

  test('the table must be chosen by the source address', async () => {
    const before = { r1: await echoRequests('r1'), r2: await echoRequests('r2') }
    await lab.sh('h', 'ping -c 1 -W 5 -I 10.1.0.1 10.9.0.1')
    await lab.sh('h', 'ping -c 2 -i 0.01 -W 5 -I 10.2.0.1 10.9.0.1')
    expect(await echoRequests('r1')).toBe(before.r1 + 1)
    expect(await echoRequests('r2')).toBe(before.r2 + 2)
  })

  test('rules must stand at their priorities, with all that they match', async () => {
    expect(await lab.ip('h', 'rule')).toMatchObject([
      { priority: 0, table: 'local' },
      { priority: 800, fwmark: '0x10', fwmask: '0xff', iif: 'eth0', ipproto: 'tcp', dport: 80, table: '100' },
      { priority: 900, dst: '10.77.0.0', dstlen: 16, action: 'prohibit' },
      { priority: 1000, src: '10.2.0.0', srclen: 24, table: '200' },
      { priority: 32765, src: '10.1.0.0', srclen: 24, table: '100' },
      { priority: 32766, table: 'main' },
      { priority: 32767, table: 'default' },
    ])
    expect((await lab.ip('h', '-6 rule')).find(({ priority }) => priority === 700)).toMatchObject({
      src: 'fd00:5::',
      srclen: 64,
      not: null,
    })
  })

  test('neighbours of the file must be permanent', async () => {
    expect(await lab.ip('h', 'neigh show nud permanent')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ dst: '10.0.1.200', dev: 'eth0', lladdr: '02:00:00:00:00:c8' }),
        expect.objectContaining({ dst: 'fd00:1::200', dev: 'eth0', lladdr: '02:00:00:00:00:c8' }),
      ]),
    )
  })
})

describe('routing: auto', () => {
  const lab = sharedLab(`
routing: auto
nodes:
  h[1-2]: {}
  r[1-4]: { forwarding: true }
links:
  - { endpoints: [h1, r1], subnet: [10.1.0.0/24, "fd00:1::/64"] }
  - { endpoints: [r1, r2], subnet: [10.12.0.0/30, "fd00:12::/64"] }
  - { endpoints: [r2, r3], subnet: [10.23.0.0/30, "fd00:23::/64"] }
  - { endpoints: [r3, r4], subnet: [10.34.0.0/30, "fd00:34::/64"] }
  - { endpoints: [r4, h2], subnet: [10.4.0.0/24, "fd00:4::/64"] }
`)

  test('hosts at the ends of a chain must reach each other and every router on the way', async () => {
    for (const node of ['h2', 'r1', 'r2', 'r3', 'r4']) await lab.sh('h1', `ping -4 -c 1 -W 5 ${node} && ping -6 -c 1 -W 5 ${node}`)
    expect(await lab.sh('h1', 'ping -4 -c 1 -W 5 -t 4 h2 || true')).toMatch(/Time to live exceeded/)
    await lab.sh('h1', 'ping -4 -c 1 -W 5 -t 5 h2')
  })
})

const MADE_BY = `
nodes:
  h1:
    routes:
      - 10.9.0.0/16 via 10.0.0.2 proto bird advmss 1360 initcwnd 20 quickack 1
      - { to: 10.8.0.0/16, dev: eth0, proto: static, scope: global, hoplimit: 9, src: 10.0.0.1 }
      - fd00:9::/32 via fd00::2 proto 77 hoplimit 9 mtu 1400
  h2: { forwarding: true }
links:
  - { endpoints: [h1, h2], subnet: [10.0.0.0/24, "fd00::/64"] }
`

describe('made by others', () => {
  const lab = sharedLab(MADE_BY)

  test('a route must bear who made it, its scope and what it says to TCP', async () => {
    expect(await lab.ip('h1', 'route show proto bird')).toMatchObject([
      { dst: '10.9.0.0/16', metrics: [{ advmss: 1360, initcwnd: 20, quickack: 1 }] },
    ])
    expect(await lab.sh('h1', 'ip -d route show 10.8.0.0/16')).toMatch(/dev eth0 proto static scope global src 10\.0\.0\.1 .*hoplimit 9/)
    expect(await lab.sh('h1', 'ip -6 route show fd00:9::/32')).toMatch(/proto 77 .*mtu 1400 hoplimit 9/)
    expect(await lab.drift()).toEqual([])

    await lab.sh('h1', 'ip route change 10.9.0.0/16 via 10.0.0.2 proto static advmss 1360 initcwnd 20 quickack 1')
    expect(await lab.drift()).toMatchObject([{ type: 'replace route', cause: 'proto is static, the file says bird' }])
    await lab.up(MADE_BY)
    expect(await lab.sh('h1', 'ip route show 10.9.0.0/16')).toContain('proto bird')
  })

  test('routes of a routing daemon must be left alone', async () => {
    await lab.sh('h1', 'ip route add 10.7.0.0/16 via 10.0.0.2 proto ospf metric 20')
    expect(await lab.drift()).toEqual([])
    await lab.up(MADE_BY.replace(/^.* proto bird .*\n/m, ''))
    expect(await lab.sh('h1', 'ip route show 10.9.0.0/16; ip route show 10.7.0.0/16')).toMatch(
      /^10\.7\.0\.0\/16 via 10\.0\.0\.2 dev eth0 proto ospf/,
    )
  })

  test('so must its neighbours, which next hops of the other family need (RFC 5549)', async () => {
    await lab.sh('h1', 'ip neigh add 169.254.0.1 lladdr 02:00:00:00:00:02 dev eth0 nud permanent proto zebra')
    expect(await lab.drift()).toEqual([])
    await lab.sh('h1', 'ip neigh add 10.0.0.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent')
    expect(await lab.drift()).toMatchObject([{ type: 'del neigh', neigh: { dst: '10.0.0.77' } }])
  })
})
