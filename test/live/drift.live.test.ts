/** What somebody changed by hand must be found, named with its line, and put right; what is the user's own must be left alone. */
import { afterEach, describe, expect, test as onShared } from 'vitest'
import { describe as inWords } from '../../src/plan/words.ts'
import { dumpNodes } from '../support/kernel-dump.ts'
import { sharedLab, test } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

const LAB = `nodes:
  r:
    forwarding: true
    loopback: 10.255.0.1
    routes:
      - 10.9.0.0/16 via 10.0.1.2
      - fd00:9::/64 via fd00:1::2
    rules:
      - from 10.1.0.0/24 table 100
    neighbors:
      - 10.0.1.77 lladdr 02:00:00:00:00:77 dev eth0
    sysctls:
      net.ipv4.conf.all.rp_filter: 0
    files:
      /etc/motd: "hello"
  h: { gateway: r }
bridges:
  lan: { subnet: [10.0.2.0/24, "fd00:2::/64"] }
links:
  - { endpoints: [r, h], subnet: [10.0.1.0/24, "fd00:1::/64"] }
  - [r:lan0, lan]
  - [h:lan0, lan]
`
const NODES = ['r', 'h', 'lan']
const FILES = ['/proc/sys/net/ipv4/conf/all/rp_filter', '/proc/sys/net/ipv4/ip_forward', '/etc/motd']

/** By what is done by hand: where, the operation that it makes necessary, and the line of the file that asks for it. */
const CHANGES: [string, string, string, RegExp, number | undefined][] = [
  ['a route is deleted', 'r', 'ip route del 10.9.0.0/16', /^add route 10\.9\.0\.0\/16/, 6],
  ['a route is added', 'r', 'ip route add 10.8.0.0/16 via 10.0.1.2', /^del route 10\.8\.0\.0\/16/, undefined],
  ['a route is bent', 'r', 'ip route replace 10.9.0.0/16 via 10.0.2.2', /^replace route 10\.9\.0\.0\/16/, 6],
  ['an IPv6 route is deleted', 'r', 'ip -6 route del fd00:9::/64', /^add route fd00:9::\/64/, 7],
  ['the route to a subnet is deleted', 'h', 'ip route del 10.0.2.0/24', /^add addr 10\.0\.2\./, 18],
  ['the IPv6 route to a subnet is deleted', 'h', 'ip -6 route del fd00:2::/64', /^add addr fd00:2::/, 18],
  ['an address is deleted', 'r', 'ip addr del 10.255.0.1/32 dev lo', /^add addr 10\.255\.0\.1/, 4],
  ['an address is added', 'h', 'ip addr add 10.66.0.1/24 dev eth0', /^del addr 10\.66\.0\.1/, undefined],
  ['a link is set down', 'h', 'ip link set lan0 down', /^set link lan0/, 22],
  ['an MTU is changed', 'h', 'ip link set lan0 mtu 1300', /^set link lan0/, 22],
  ['a MAC is changed', 'h', 'ip link set lan0 address 02:00:00:00:00:66', /^set link lan0/, 22],
  ['a rule is deleted', 'r', 'ip rule del table 100', /^add rule/, 9],
  ['a neighbour is changed', 'r', 'ip neigh replace 10.0.1.77 lladdr 02:00:00:00:00:78 dev eth0', /^set neigh 10\.0\.1\.77/, 11],
  ['a sysctl is changed', 'r', 'echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter', /^set sysctl net\.ipv4\.conf\.all\.rp_filter/, 13],
  ['forwarding is switched off', 'r', 'echo 0 > /proc/sys/net/ipv4/ip_forward', /^set sysctl net\.ipv4\.ip_forward/, 3],
  ['a file is overwritten', 'r', 'echo other > /etc/motd', /^write file \/etc\/motd/, 15],
  ['a cable is deleted', 'r', 'ip link del eth0', /^add link eth0 kind veth/, 20],
  ['a port is taken out of its bridge', 'lan', 'ip link set r.lan0 nomaster', /^set link r\.lan0/, 21],
  ['a bridge is deleted', 'lan', 'ip link del lan', /^add link lan kind bridge/, 18],
]

describe('drift', () => {
  const lab = sharedLab(LAB)

  // Each test leaves the lab as the file says, unless it fails.
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await lab.up(LAB)
  })

  onShared.each(CHANGES)('when %s, it must be named and put right', async (_, node, command, operation, line) => {
    const before = await dumpNodes(lab, NODES, FILES)
    await lab.sh(node, command)
    const named = (await lab.drift()).map((found) => ({ text: inWords(found), line: found.origin?.line }))
    expect(named).toContainEqual({ text: expect.stringMatching(operation) as string, line })
    await lab.up(LAB)
    expect((await lab.drift()).map(inWords)).toEqual([])
    expect(await dumpNodes(lab, NODES, FILES)).toEqual(before)
  })

  onShared('a cable that was deleted must come back with its addresses, routes and neighbours', async () => {
    const before = await dumpNodes(lab, NODES, FILES)
    await lab.sh('h', 'ip link del eth0; ip link del lan0')
    await lab.up(LAB)
    expect(await dumpNodes(lab, NODES, FILES)).toEqual(before)
    await lab.sh('h', 'ping -c 1 -W 5 10.0.1.1 && ping -c 1 -W 5 fd00:1::1 && ping -c 1 -W 5 10.0.2.1 && ping -c 1 -W 5 fd00:2::1')
  })
})

test('rules that were changed by hand must be named and put right', async ({ lab, skip }) => {
  needs({ skip }, 'table:iptables', 'table:nft')
  const file = `nodes:
  f:
    iptables:
      - -A FORWARD -p tcp --dport 80 -j ACCEPT
  n:
    nftables: |
      table inet guard { chain input { type filter hook input priority 0; tcp dport 80 drop; }; }
`
  await lab.up(file)
  expect(await lab.drift()).toEqual([])
  await lab.sh('f', 'iptables -A FORWARD -p tcp --dport 81 -j ACCEPT')
  await lab.sh('n', 'nft flush ruleset')
  expect((await lab.drift()).map((found) => [inWords(found), found.origin?.line])).toEqual([
    ['set iptables rules', 4],
    ['set nftables rules', 6],
  ])
  await lab.up(file)
  expect(await lab.drift()).toEqual([])
  expect(await lab.sh('f', 'iptables -S FORWARD')).not.toContain('81')
  expect(await lab.sh('n', 'nft list ruleset')).toContain('tcp dport 80 drop')
})

test('counters of rules must not be drift', async ({ lab, skip }) => {
  needs({ skip }, 'table:iptables')
  const file = `
nodes: { a: { iptables: [-A INPUT -p icmp -j ACCEPT, -t nat -A POSTROUTING -j MASQUERADE] }, b: {} }
links: [{ endpoints: [a, b], subnet: 10.0.0.0/24 }]
`
  await lab.up(file)
  await lab.sh('b', 'ping -c 1 -W 5 a')
  expect(await lab.drift()).toEqual([])
})

test("what is the user's own must be left alone", async ({ lab }) => {
  const file = `
nodes:
  a:
    setup: [ip link add made type bridge, ip addr add 10.77.0.1/24 dev made, ip link set made up, ip route add 10.78.0.0/16 via 10.77.0.2]
  b: {}
links:
  - { endpoints: [a, b], subnet: 10.0.0.0/24 }
`
  await lab.up(file)
  expect(await lab.drift()).toEqual([])
  await lab.sh(
    'b',
    'ip link add mine type veth peer name other && ip link set mine addrgenmode none && ip link set other addrgenmode none && ip link set mine up && ip link set other up && ip addr add 10.88.0.1/24 dev mine',
  )
  await lab.sh('b', 'ip link add mybridge type bridge && ip link set other master mybridge')
  expect((await lab.drift()).map(inWords)).toEqual([])
  const before = await dumpNodes(lab, ['a', 'b'])
  await lab.up(`${file}  - { endpoints: [a, b], subnet: 10.0.9.0/24 }\n`)
  await lab.up(file)
  expect(await dumpNodes(lab, ['a', 'b'])).toEqual(before)
  expect(await lab.drift()).toEqual([])
})
