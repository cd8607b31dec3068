/**
 * `netlab test`: the report must name what is wrong with a network closely enough to find it. Each lab here has one planted fault.
 */
import { describe, expect, test } from 'vitest'
import type { FileResult } from '../../src/check/result.ts'
import { check } from '../support/check-text.ts'
import { needs } from '../support/needs.ts'

const USER_NEEDS = process.getuid?.() === 0 ? [] : (['userns'] as const)

/** Everything that the report says of the causes. */
function causesOf({ tests }: FileResult): string {
  return tests.flatMap(({ steps }) => steps.flatMap(({ misses }) => misses.flatMap(({ because }) => because))).join('\n')
}

const FAULTS: readonly (readonly [fault: string, yaml: string, cause: RegExp])[] = [
  [
    'a wrong mask',
    `
nodes: { h1: {}, h2: {} }
bridges: { lan: {} }
links:
  - [{ node: h1, address: 10.0.0.10/24 }, lan]
  - [{ node: h2, address: 10.0.0.200/25 }, lan]
tests: [{ from: h1, to: h2, ping: {} }]
`,
    /h1 \(10\.0\.0\.10\/24\) and h2 \(10\.0\.0\.200\/25\) are on one link, but the masks differ/,
  ],
  [
    'a missing return route',
    `
nodes:
  h1: { gateway: r1 }
  r1: { forwarding: true, routes: [10.0.3.0/24 via 10.0.2.2] }
  r2: { forwarding: true }
  h2: { gateway: r2 }
links:
  - { endpoints: [h1, r1], subnet: 10.0.1.0/24 }
  - { endpoints: [r1, r2], subnet: 10.0.2.0/24 }
  - { endpoints: [r2, h2], subnet: 10.0.3.0/24 }
tests: [{ from: h1, to: h2, ping: {} }]
`,
    /its answer got lost on the way back[^]*r2 has no route to 10\.0\.1\.1/,
  ],
  [
    'a rule that drops',
    `
nodes:
  h1: { gateway: fw }
  web: { gateway: fw }
  fw:
    forwarding: true
    iptables: [-A FORWARD -p udp -j ACCEPT, -A FORWARD -p icmp -j ACCEPT, -A FORWARD -p tcp --dport 80 -j DROP]
links:
  - { endpoints: [h1, fw], subnet: 10.0.1.0/24 }
  - { endpoints: [fw, web], subnet: 10.0.2.0/24 }
tests: [{ from: h1, to: web, tcp: 80 }]
`,
    /fw dropped it by rule 3 of chain FORWARD: iptables -A FORWARD -p tcp -m tcp --dport 80 -j DROP/,
  ],
  [
    'a rejection behind a rewritten destination',
    `
nodes:
  h1: {}
  web: { gateway: fw }
  fw:
    forwarding: true
    nftables: |
      table inet f {
        counter rejected {}
        chain pre { type nat hook prerouting priority dstnat; tcp dport 8080 dnat ip to 10.0.2.2:80; }
        chain forward { type filter hook forward priority filter; counter name rejected reject with icmpx admin-prohibited; }
      }
links:
  - { endpoints: [h1, fw], subnet: 10.0.1.0/24 }
  - { endpoints: [fw, web], subnet: 10.0.2.0/24 }
tests: [{ from: h1, to: fw, tcp: 8080 }]
`,
    /^The packet reached fw, which sent that answer itself\.\nfw rejected it by rule 1 of chain inet f forward: nftables counter name "rejected" reject/,
  ],
  [
    'the routes that lead another way, there and back',
    `
nodes:
  h1: { gateway: r1 }
  r1: { forwarding: true, routes: [10.0.5.0/24 via 10.0.2.2], rules: [from 10.9.0.0/16 table 100] }
  r2: { forwarding: true, routes: [10.0.5.0/24 via 10.0.4.2, 10.0.1.0/24 via 10.0.2.1] }
  r3: { forwarding: true, routes: [10.0.1.0/24 via 10.0.4.1] }
  h2: { gateway: r3 }
links:
  - { endpoints: [h1, r1], subnet: 10.0.1.0/24 }
  - { endpoints: [r1, r2], subnet: 10.0.2.0/24 }
  - { endpoints: [r1, r3], subnet: 10.0.3.0/24 }
  - { endpoints: [r2, r3], subnet: 10.0.4.0/24 }
  - { endpoints: [r3, h2], subnet: 10.0.5.0/24 }
tests: [{ from: h1, to: h2, path: [r1, r3, h2], back: [r3, r1, h1] }]
`,
    /^r1 sent it on by eth1 to r2, not to r3: its way to 10\.0\.5\.2 is via 10\.0\.2\.2 dev eth1\. It has policy rules: .* lookup 100\.\nr3 sent it on by eth1 to r2, not to r1: its way to 10\.0\.1\.1 is via 10\.0\.4\.1 dev eth1\.$/,
  ],
  [
    'the MTU of the sender itself',
    `
nodes: { h1: {}, h2: {} }
links: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]
tests: [{ from: h1, to: h2, mtu: 1600 }]
`,
    /^h1:eth0 has MTU 1500: what is larger does not leave it in one piece\.$/,
  ],
  [
    'an MTU black hole',
    `
nodes:
  h1: { gateway: r1 }
  r1: { forwarding: true, iptables: [-A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP] }
  h2: { gateway: r1 }
links:
  - { endpoints: [h1, r1], subnet: 10.0.1.0/24 }
  - { endpoints: [r1, h2], subnet: 10.0.2.0/24, mtu: 1400 }
tests: [{ from: h1, to: h2, mtu: 1500 }]
`,
    /more than 1400 bytes vanish[^]*MTU black hole[^]*whose MTU is 1400/,
  ],
  [
    'an asymmetric path with rp_filter',
    `
nodes:
  h1: { gateway: r1 }
  r1: { forwarding: true, routes: [10.0.4.0/24 via 10.0.2.2], sysctls: { net.ipv4.conf.all.rp_filter: 0, net.ipv4.conf.default.rp_filter: 0 } }
  r2: { forwarding: true, routes: [10.0.1.0/24 via 10.0.3.1], sysctls: { net.ipv4.conf.all.rp_filter: 1 } }
  h2: { gateway: r2 }
links:
  - { endpoints: [h1, r1], subnet: 10.0.1.0/24 }
  - { endpoints: [r1, r2], subnet: 10.0.2.0/24 }
  - { endpoints: [r1, r2], subnet: 10.0.3.0/24 }
  - { endpoints: [r2, h2], subnet: 10.0.4.0/24 }
tests: [{ from: h1, to: h2, ping: {} }]
`,
    /r2 dropped it by its reverse path filter[^]*asymmetric path/,
  ],
  [
    'an address that two nodes have',
    `
nodes: { h1: {}, h2: {}, h3: { setup: [ip addr add 10.0.0.3/24 dev eth0] } }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links: [[h1, lan], [h3, lan], [h2, lan]]
tests: [{ from: h1, to: h2, arp: {} }]
`,
    /10\.0\.0\.3 is taken twice: h[23]:eth0 .* and h[23]:eth0/,
  ],
  [
    'NAT hairpin',
    `
nodes:
  h1: { gateway: fw }
  web: { gateway: fw }
  outside: {}
  fw:
    forwarding: true
    iptables: [-t nat -A PREROUTING -d 203.0.113.1 -p tcp --dport 80 -j DNAT --to-destination 10.0.1.3]
bridges: { lan: { subnet: 10.0.1.0/24 } }
links: [["fw:lan", lan], [h1, lan], [web, lan], { endpoints: ["fw:wan", outside], subnet: 203.0.113.0/24 }]
tests: [{ from: h1, to: 203.0.113.1, tcp: 80, expect: refused }]
`,
    /from web \(10\.0\.1\.3\), but h1 had asked 203\.0\.113\.1[^]*NAT hairpin/,
  ],
  [
    'a routing loop',
    `
nodes:
  h1: { gateway: r1 }
  r1: { forwarding: true, routes: [10.9.0.0/16 via 10.0.2.2] }
  r2: { forwarding: true, routes: [10.9.0.0/16 via 10.0.2.1, 10.0.1.0/24 via 10.0.2.1] }
links:
  - { endpoints: [h1, r1], subnet: 10.0.1.0/24 }
  - { endpoints: [r1, r2], subnet: 10.0.2.0/24 }
tests: [{ from: h1, to: 10.9.0.1, ping: {} }]
`,
    /round in a circle[^]*r1 → r2 → r1/,
  ],
  [
    'a router that does not forward',
    `
nodes: { h1: { gateway: 10.0.1.2 }, r1: {}, h2: { gateway: 10.0.2.1 } }
links:
  - { endpoints: [h1, r1], subnet: 10.0.1.0/24 }
  - { endpoints: [r1, h2], subnet: 10.0.2.0/24 }
tests: [{ from: h1, to: h2, ping: {} }]
`,
    /r1 does not pass packets on: net\.ipv4\.ip_forward is 0/,
  ],
  [
    'a gateway that is no router',
    `
nodes: { h1: { gateway: 10.0.1.3 }, h3: {}, r: { forwarding: true }, h2: { gateway: r } }
bridges: { lan: { subnet: 10.0.1.0/24 } }
links:
  - [{ node: r, address: 10.0.1.1/24 }, lan]
  - [{ node: h1, address: 10.0.1.2/24 }, lan]
  - [{ node: h3, address: 10.0.1.3/24 }, lan]
  - { endpoints: [r, h2], subnet: 10.0.2.0/24 }
tests: [{ from: h1, to: h2, ping: {} }]
`,
    /is the gateway wrong\? On the same link there is r \(10\.0\.1\.1\)/,
  ],
  [
    'a mask that takes a far network for its own',
    `
nodes: { h1: { gateway: 10.0.0.1 }, r: { forwarding: true }, h2: { gateway: 10.0.1.1 } }
links:
  - [{ node: h1, address: 10.0.0.10/23 }, { node: r, address: 10.0.0.1/24 }]
  - [{ node: r, address: 10.0.1.1/24 }, { node: h2, address: 10.0.1.2/24 }]
tests: [{ from: h1, to: h2, ping: {} }]
`,
    /10\.0\.1\.2 lies in the network of its own address 10\.0\.0\.10\/23[^]*the prefix length is wrong/,
  ],
  [
    'a program that listens on its own node alone',
    `
nodes:
  h1: { iptables: [-A OUTPUT -p tcp --dport 81 -j DROP] }
  web: { services: { http: { run: "python3 -m http.server 80 --bind 127.0.0.1", ready: { tcp: 80 } } } }
links: [{ endpoints: [h1, web], subnet: 10.0.0.0/24 }]
tests: [{ from: h1, to: web, tcp: [80, 81] }]
`,
    /tcp port 80 on 127\.0\.0\.1 alone[^]*h1 dropped it by rule 1 of its own chain OUTPUT: -A OUTPUT -p tcp -m tcp --dport 81 -j DROP/,
  ],
  [
    'a MAC address that two nodes have',
    `
nodes: { h1: {}, h2: {}, h3: {} }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links: [[h1, lan], [{ node: h2, mac: "02:00:00:00:00:99" }, lan], [h3, lan]]
tests:
  - steps:
      - exec: { node: h3, run: ip link set eth0 address 02:00:00:00:00:99 }
      - { from: h1, to: h2, tcp: 80 }
`,
    /h2:eth0 and h3:eth0 have the same MAC address 02:00:00:00:00:99 on one link/,
  ],
  [
    'two ports that are isolated from each other',
    `
nodes: { h1: {}, h2: {} }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links: [[h1, { bridge: lan, isolated: true }], [h2, { bridge: lan, isolated: true }]]
tests: [{ from: h1, to: h2, ping: {} }]
`,
    /h2 has it on eth0, which is on the same link\.\n.*lan took it in at the port h1\.eth0[^]*did not send it out at the port h2\.eth0[^]*both ports are isolated/,
  ],
  [
    'a node that answers no echo, and one that answers no ARP',
    `
nodes:
  h1: {}
  h2: { sysctls: { net.ipv4.icmp_echo_ignore_all: 1 } }
  h3: { sysctls: { net.ipv4.conf.all.arp_ignore: 8 } }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links: [[h1, lan], [h2, lan], [h3, lan]]
tests: [{ steps: [{ from: h1, to: [h2, h3], ping: {} }] }]
`,
    /h2 answers no echo request: its net\.ipv4\.icmp_echo_ignore_all is 1[^]*h3 answers no ARP request for this address: its net\.ipv4\.conf\.all\.arp_ignore is 8/,
  ],
  [
    'a destination that NAT makes of it and nobody has',
    `
nodes:
  out: {}
  fw: { forwarding: true, iptables: [-t nat -A PREROUTING -d 203.0.113.1 -p tcp --dport 80 -j DNAT --to-destination 10.0.2.99] }
  web: { gateway: fw }
links: [{ endpoints: [fw, out], subnet: 203.0.113.0/24 }, { endpoints: [fw, web], subnet: 10.0.2.0/24 }]
tests: [{ from: out, to: 203.0.113.1, tcp: 80 }]
`,
    /fw gave it the destination 10\.0\.2\.99 by rule 1 of chain nat PREROUTING[^]*who has 10\.0\.2\.99, and nobody answers: no node has this address/,
  ],
  [
    'a gateway that nobody has, at the one who is to answer',
    `
nodes: { h1: { gateway: r1 }, r1: { forwarding: true }, h2: { gateway: 10.0.2.77 } }
links: [{ endpoints: [h1, r1], subnet: 10.0.1.0/24 }, { endpoints: [r1, h2], subnet: 10.0.2.0/24 }]
tests: [{ from: h1, to: h2, ping: {} }]
`,
    /reached h2, and no answer left it\.\n.*h2 asks on eth0 by ARP who has 10\.0\.2\.77, and nobody answers: no node has this address/,
  ],
  [
    'a policy rule that leads to another table',
    `
nodes:
  h1: { gateway: r1 }
  r1: { forwarding: true, rules: [from 10.0.1.0/24 lookup 100], routes: [blackhole default table 100] }
  h2: { gateway: r1 }
links: [{ endpoints: [h1, r1], subnet: 10.0.1.0/24 }, { endpoints: [r1, h2], subnet: 10.0.2.0/24 }]
tests: [{ from: h1, to: h2, ping: {} }]
`,
    /for packets from 10\.0\.1\.1 that come in by eth0 its policy rules find a route of type blackhole: priority \d+ from 10\.0\.1\.0\/24 lookup 100/,
  ],
]

describe.concurrent('the report', () => {
  test.for(FAULTS)('must name %s', { timeout: 60_000 }, async ([, yaml, cause], context) => {
    needs(context, 'command:ip', 'table:iptables', ...USER_NEEDS)
    const result = await check(yaml)
    expect(result.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(result.tests.map(({ status }) => status)).toEqual(['failed'])
    expect(causesOf(result)).toMatch(cause)
  })
})
