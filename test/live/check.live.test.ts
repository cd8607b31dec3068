/** `netlab test`: its answers must agree with those of the tools that everybody knows; its actions do what they say. */
import { describe, expect, test } from 'vitest'
import { check } from '../support/check-text.ts'
import { needs } from '../support/needs.ts'

const USER_NEEDS = process.getuid?.() === 0 ? [] : (['userns'] as const)

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
  - { from: h1, to: web, path: [h1, fw, web], back: [web, fw, h1] }
  - { from: h1, to: web, mtu: 1500 }
  - { from: h1, run: ping -c 1 -W 1 -M do -s 1472 web }
  - { from: h1, state: { route: 10.0.2.2, via: 10.0.1.2, dev: eth0 } }
`

  test('in what they say of one network', { timeout: 60_000 }, async (context) => {
    needs(context, 'command:ip', 'command:ping', 'table:iptables', ...USER_NEEDS)
    const { tests } = await check(LAB)
    expect(tests.map(({ name, status }) => `${name}: ${status}`)).toEqual(tests.map(({ name }) => `${name}: passed`))
    expect(tests).toHaveLength(20)
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

  test('must cut and impair a cable between switches', { timeout: 60_000 }, async (context) => {
    needs(context, 'command:ip', ...USER_NEEDS)
    const { tests } = await check(`
nodes: { h1: {}, h2: {} }
bridges: { lan: { subnet: 10.0.1.0/24 }, far: {} }
links: [[lan, far], [h1, lan], [h2, far]]
tests:
  - steps:
      - { from: h1, to: h2, ping: {} }
      - { impair: { link: "lan:lan.far", rate: 1mbit } }
      - { reset: "lan:lan.far" }
      - { down: "far:far.lan" }
      - { from: h1, to: h2, ping: {}, expect: no-reply }
      - { up: "far:far.lan" }
      - { from: h1, to: h2, ping: {}, within: 5s }
`)
    expect(tests.flatMap(({ steps }) => steps.filter(({ status }) => status !== 'passed'))).toEqual([])
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
