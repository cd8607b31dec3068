/**
 * `netlab test`: the report must name what is wrong with a network closely enough to find it, and must agree with the tools that
 * everybody knows. Each lab here has one planted fault.
 */
import { describe, expect, test } from 'vitest'
import { runFile } from '../../src/check/run-file.ts'
import type { FileResult } from '../../src/check/result.ts'
import { newLab } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

const USER_NEEDS = process.getuid?.() === 0 ? [] : (['userns'] as const)

/** Runs the tests of a YAML text. */
async function check(yaml: string): Promise<FileResult> {
  const lab = newLab()
  try {
    return await runFile(lab.write('lab.yaml', yaml), {})
  } finally {
    await lab.remove()
  }
}

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

/** What ping, and a connection made by bash, say of the same question. */
describe.concurrent('the probes must agree with other programs', () => {
  const LAB = `
nodes:
  h1: { gateway: fw }
  web: { gateway: fw }
  fw:
    forwarding: true
    iptables:
      - -A FORWARD -p tcp --dport 81 -j DROP
      - -A FORWARD -p tcp --dport 82 -j REJECT --reject-with tcp-reset
      - -A FORWARD -p tcp --dport 83 -j REJECT --reject-with icmp-admin-prohibited
links:
  - { endpoints: [h1, fw], subnet: 10.0.1.0/24 }
  - { endpoints: [fw, web], subnet: 10.0.2.0/24 }
tests:
  - { from: h1, to: web, ping: {} }
  - { from: h1, run: ping -c 1 -W 1 web }
  - { from: h1, to: 10.0.2.77, ping: {}, expect: unreachable, code: host-unreachable, by: fw }
  - { from: h1, run: ping -c 1 -W 4 10.0.2.77, exit: 1, stdout: Destination Host Unreachable }
  - { from: h1, to: web, tcp: 80, expect: refused }
  - { from: h1, run: [timeout, "2", bash, -c, ": </dev/tcp/web/80"], exit: 1, stderr: Connection refused }
  - { from: h1, to: web, tcp: 81, expect: filtered }
  - { from: h1, run: [timeout, "2", bash, -c, ": </dev/tcp/web/81"], exit: 124 }
  - { from: h1, to: web, tcp: 82, expect: refused }
  - { from: h1, run: [timeout, "2", bash, -c, ": </dev/tcp/web/82"], exit: 1, stderr: Connection refused }
  - { from: h1, to: web, tcp: 83, expect: unreachable, code: host-prohibited, not: true }
  - { from: h1, to: web, tcp: 83, expect: unreachable, code: admin-prohibited, by: fw }
  - { from: h1, run: [timeout, "2", bash, -c, ": </dev/tcp/web/83"], exit: 1, stderr: No route to host }
  - { from: h1, to: web, ping: { ttl: 1 }, expect: no-reply }
  - { from: h1, run: ping -c 1 -W 1 -t 1 web, exit: 1, stdout: Time to live exceeded }
  - { from: h1, to: web, path: [fw, web], back: [fw, h1] }
  - { from: h1, to: web, mtu: 1500 }
  - { from: h1, run: ping -c 1 -W 1 -M do -s 1472 web }
  - { from: h1, state: { route: 10.0.2.2, via: 10.0.1.2, dev: eth0 } }
`

  test('in what they say of one network', { timeout: 60_000 }, async (context) => {
    needs(context, 'command:ip', 'command:ping', 'table:iptables', ...USER_NEEDS)
    const { tests } = await check(LAB)
    expect(tests.map(({ name, status }) => `${name}: ${status}`)).toEqual(tests.map(({ name }) => `${name}: passed`))
    expect(tests).toHaveLength(19)
  })
})

describe.concurrent('programs in nodes', () => {
  const LAB = `
nodes:
  h1: { dns: [10.0.0.2] }
  web:
    files: { /srv/index.html: "<h1>hello</h1>" }
    services:
      http: { run: cd /srv && exec python3 -m http.server 80, ready: { tcp: 80 } }
      dns: { run: "exec dnsmasq -k -u root --no-resolv --no-hosts --address=/web.example/10.0.0.2 --listen-address=10.0.0.2 --bind-interfaces", ready: { udp: 53 } }
links: [{ endpoints: [h1, web], subnet: 10.0.0.0/24 }]
tests:
  - { from: h1, to: web, http: { path: /, body: hello, header: { server: /python/i } } }
  - { from: h1, to: web, http: { path: /none, status: 404 } }
  - { from: h1, dns: { name: web.example, answer: 10.0.0.2 } }
  - { from: h1, to: web, dns: { name: other.example, rcode: REFUSED } }
  - { from: h1, to: web, http: { body: goodbye } }
`

  test('must be asked in their own words', { timeout: 60_000 }, async (context) => {
    needs(context, 'command:ip', 'command:dnsmasq', ...USER_NEEDS)
    const { tests } = await check(LAB)
    expect(tests.map(({ status }) => status)).toEqual(['passed', 'passed', 'passed', 'passed', 'failed'])
    expect(tests[4]!.steps[0]!.misses).toMatchObject([{ expected: 'a body with goodbye', seen: '<h1>hello</h1>' }])
  })
})

describe.concurrent('a timeline', () => {
  const LAB = `
nodes:
  h1: { gateway: r1 }
  r1: { forwarding: true, services: { idle: sleep infinity } }
  h2: { gateway: r1, services: { http: { run: exec python3 -m http.server 80, ready: { tcp: 80 } } } }
bridges: { lan: { subnet: 10.0.1.0/24 } }
links:
  - [h1, lan]
  - [r1, lan]
  - { endpoints: [r1, h2], subnet: 10.0.2.0/24 }
tests:
  - name: what is cut is mended
    steps:
      - { from: h1, to: h2, ping: {} }
      - { down: "h1:eth0" }
      - { from: h1, state: { link: eth0, is: down } }
      - { from: h1, to: h2, ping: {}, expect: no-reply }
      - { up: "h1:eth0" }
      - { from: h1, to: h2, ping: {}, measure: convergence }
      - { down: "r1:eth1" }
      - { from: h1, to: h2, ping: {}, expect: no-reply }
      - { up: "r1:eth1" }
      - { from: h1, to: h2, ping: {}, measure: convergence }
      - { stop: r1 }
      - { from: h1, to: h2, ping: {}, expect: no-reply }
      - { from: r1, run: "grep -h State /proc/[2-9]*/status", stdout: T (stopped) }
      - { start: r1 }
      - { from: h1, to: h2, ping: {}, measure: convergence }
  - name: what is impaired is reset
    steps:
      - { impair: { link: "h2:eth0", rate: 1mbit, both: true } }
      - { from: [h2, r1], run: "tc qdisc show | grep -c 'tbf.*rate 1Mbit'", stdout: /^1$/m }
      - { reset: "h2:eth0" }
      - { from: h2, run: tc qdisc show dev eth0, stdout: /^(?!.*tbf)/ }
      - { impair: { link: "r1:eth1", rate: 1mbit } }
  - { from: r1, run: "! tc qdisc show dev eth1 | grep tbf" }
  - name: a service goes and comes
    steps:
      - { from: h1, to: h2, tcp: 80 }
      - { stop: { node: h2, service: http } }
      - { from: h1, to: h2, tcp: 80, expect: refused }
      - { start: { node: h2, service: http } }
      - { from: h1, to: h2, tcp: 80 }
      - { kill: { node: h2, service: http, signal: TERM } }
      - { from: h1, to: h2, tcp: 80, expect: refused, within: 5s }
      - { restart: { node: h2, service: http } }
      - { from: h1, to: h2, tcp: 80 }
      - { kill: { node: h2, service: http } }
  - { from: h1, to: h2, tcp: 80 }
  - name: a route that goes is back for the next test
    steps:
      - { delete: { node: h2, route: default via 10.0.2.1 } }
      - { from: h1, to: h2, ping: {}, expect: no-reply }
  - { from: h1, to: h2, ping: {} }
`

  test('must do what its steps say, and leave the lab as the file has it', { timeout: 60_000 }, async (context) => {
    needs(context, 'command:ip', ...USER_NEEDS)
    const { tests } = await check(LAB)
    expect(tests.flatMap(({ steps }) => steps.filter(({ status }) => status !== 'passed'))).toEqual([])
    expect(tests[0]!.steps.filter(({ convergenceMs }) => convergenceMs !== undefined)).toHaveLength(3)
  })
})

test(
  '9,900 pairs of 100 hosts must be asked in a few seconds, and leave the neighbour tables as they were',
  { timeout: 60_000 },
  async (context) => {
    needs(context, 'command:ip', ...USER_NEEDS)
    const { tests } = await check(`
nodes: { "h[1-100]": {} }
bridges: { lan: { subnet: 10.0.0.0/16 } }
links: [["h[1-100]", lan]]
tests:
  - { from: all, to: all, ping: {} }
  - { from: all, run: ip neigh | wc -l, stdout: /^0$/m }
`)
    expect(tests.map(({ status, steps }) => [status, steps[0]!.misses])).toEqual([
      ['passed', []],
      ['passed', []],
    ])
    expect(tests[0]!.steps[0]!.asked).toBe(9900)
  },
)
