/** Routing daemons: FRR and BIRD as a node's own, each protocol until its routes are in the kernel and packets follow them. */
import { existsSync } from 'node:fs'
import { expect } from 'vitest'
import { diagnosticOf, test, type LiveLab } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

/** Asks until the command's output matches. The test's own limit ends it. */
/** Asks until the answer is the wanted one. @throws Error with the last answer, before the test's own limit cuts it off without a word */
async function until(lab: LiveLab, node: string, script: string, wanted: RegExp): Promise<string> {
  const deadline = Date.now() + 50_000
  for (;;) {
    const { stdout, stderr } = await lab.node(node).exec(['sh', '-c', script])
    if (wanted.test(stdout)) return stdout
    if (Date.now() > deadline) throw new Error(`${node}: ${script} never said ${String(wanted)}, but at last:\n${stdout}${stderr}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const FAST_OSPF = ['eth0', 'eth1']
  .map(
    (ifname) => `
      interface ${ifname}
       ip ospf hello-interval 1
       ip ospf dead-interval 3
       ip ospf network point-to-point`,
  )
  .join('')

test.concurrent('an OSPF ring must find its ways, and others when a cable goes', { timeout: 120_000 }, async ({ lab, skip }) => {
  needs({ skip }, 'command:/usr/lib/frr/ospfd', 'command:vtysh')
  await lab.up(`
profiles:
  router:
    forwarding: true
    frr: |
      router ospf
       network 10.0.0.0/8 area 0${FAST_OSPF}
nodes:
  # /etc/frr is closed to ordinary users, and lies below the folder that this file needs.
  r1: { use: router, loopback: 10.255.0.1, files: { /etc/netlab-test-motd: of the node } }
  r2: { use: router, loopback: 10.255.0.2 }
  r3: { use: router, loopback: 10.255.0.3 }
  r4: { use: router, loopback: 10.255.0.4 }
links:
  - { endpoints: [r1, r2], subnet: 10.1.0.0/30 }
  - { endpoints: [r2, r3], subnet: 10.2.0.0/30 }
  - { endpoints: [r3, r4], subnet: 10.3.0.0/30 }
  - { endpoints: [r4, r1], subnet: 10.4.0.0/30 }
`)
  await until(lab, 'r1', 'ip route get 10.255.0.2', /via 10\.1\.0\.2 dev eth0/)
  await until(lab, 'r1', 'ping -c 1 -W 1 10.255.0.2', / 0% packet loss/)
  expect(await lab.sh('r1', 'vtysh -c "show ip ospf neighbor"')).toMatch(/10\.255\.0\.2 .* Full/)
  expect(await lab.drift()).toEqual([])
  expect(await lab.sh('r1', 'cat /etc/netlab-test-motd')).toBe('of the node')
  await lab.sh('r1', 'ip link set eth0 down')
  await until(lab, 'r1', 'ip route get 10.255.0.2', /via 10\.4\.0\.1 dev eth1/)
  await until(lab, 'r1', 'ping -c 1 -W 1 10.255.0.2', / 0% packet loss/)
})

test.concurrent('a route reflector must pass on what it hears from two other ASes', { timeout: 120_000 }, async ({ lab, skip }) => {
  needs({ skip }, 'command:/usr/lib/frr/bgpd', 'command:vtysh')
  const ebgp = (as: number, peer: string, network: string): string => `
      router bgp ${as}
       no bgp ebgp-requires-policy
       timers bgp 1 3
       neighbor ${peer} remote-as 65000
       neighbor ${peer} timers connect 1
       address-family ipv4 unicast
        network ${network}`
  const ibgp = (peers: readonly string[], extra: string): string => `
      router bgp 65000
       no bgp ebgp-requires-policy
       timers bgp 1 3${peers
         .map(
           (peer) => `
       neighbor ${peer} remote-as 65000
       neighbor ${peer} timers connect 1`,
         )
         .join('')}${extra}`
  const external = (peer: string, as: number, inner: string): string => `
       neighbor ${peer} remote-as ${as}
       neighbor ${peer} timers connect 1
       address-family ipv4 unicast
        neighbor ${inner} next-hop-self`
  await lab.up(`
defaults: { node: { forwarding: true } }
nodes:
  west:
    loopback: 192.0.2.1/24
    frr: |${ebgp(65001, '10.0.1.2', '192.0.2.0/24')}
  a:
    routes: [10.0.4.0/24 via 10.0.3.2]
    frr: |${ibgp(['10.0.3.2'], external('10.0.1.1', 65001, '10.0.3.2'))}
  rr:
    frr: |${ibgp(
      ['10.0.3.1', '10.0.4.2'],
      `
       address-family ipv4 unicast
        neighbor 10.0.3.1 route-reflector-client
        neighbor 10.0.4.2 route-reflector-client`,
    )}
  b:
    routes: [10.0.3.0/24 via 10.0.4.1]
    frr: |${ibgp(['10.0.4.1'], external('10.0.2.1', 65002, '10.0.4.1'))}
  east:
    loopback: 198.51.100.1/24
    frr: |${ebgp(65002, '10.0.2.2', '198.51.100.0/24')}
links:
  - { endpoints: [west, a], subnet: 10.0.1.0/24 }
  - { endpoints: [east, b], subnet: 10.0.2.0/24 }
  - { endpoints: [a, rr], subnet: 10.0.3.0/24 }
  - { endpoints: [rr, b], subnet: 10.0.4.0/24 }
`)
  await until(lab, 'west', 'ip route show 198.51.100.0/24', /via 10\.0\.1\.2/)
  await until(lab, 'east', 'ip route show 192.0.2.0/24', /via 10\.0\.2\.2/)
  await until(lab, 'west', 'ping -c 1 -W 1 -I 192.0.2.1 198.51.100.1', / 0% packet loss/)
  expect(await lab.sh('east', 'vtysh -c "show bgp ipv4 unicast 192.0.2.0/24"')).toMatch(/65000 65001/)
})

test.concurrent('OSPFv3 and IS-IS must carry IPv6', { timeout: 120_000 }, async ({ lab, skip }) => {
  needs({ skip }, 'command:/usr/lib/frr/ospf6d', 'command:/usr/lib/frr/isisd', 'command:vtysh')
  const ospf6 = (id: number): string => `
      router ospf6
       ospf6 router-id 0.0.0.${id}
      exit
      interface lo
       ipv6 ospf6 area 0
      interface eth0
       ipv6 ospf6 area 0
       ipv6 ospf6 hello-interval 1
       ipv6 ospf6 network point-to-point`
  const isis = (id: number): string => `
      router isis lab
       net 49.0001.0000.0000.000${id}.00
       is-type level-2-only
       lsp-gen-interval 1
       spf-interval 1
      interface lo
       ipv6 router isis lab
      interface eth0
       ipv6 router isis lab
       isis hello-interval 1
       isis network point-to-point`
  await lab.up(`
defaults: { node: { forwarding: true } }
nodes:
  o1:
    loopback: fd00:f::1
    frr: |${ospf6(1)}
  o2:
    loopback: fd00:f::2
    frr: |${ospf6(2)}
  i1:
    loopback: fd00:e::1
    frr: |${isis(1)}
  i2:
    loopback: fd00:e::2
    frr: |${isis(2)}
links:
  - { endpoints: [o1, o2], subnet: fd00:1::/64 }
  - { endpoints: [i1, i2], subnet: fd00:2::/64 }
`)
  await Promise.all([
    until(lab, 'o1', 'ip -6 route get fd00:f::2', /via fe80:.* dev eth0/),
    until(lab, 'i1', 'ip -6 route get fd00:e::2', /via fe80:.* dev eth0/),
  ])
  await until(lab, 'o1', 'ping -c 1 -W 1 fd00:f::2', / 0% packet loss/)
  await until(lab, 'i1', 'ping -c 1 -W 1 fd00:e::2', / 0% packet loss/)
})

test.concurrent('BFD must tell BGP of a dead neighbour before its hold time does', { timeout: 180_000 }, async ({ lab, skip }) => {
  needs({ skip }, 'command:/usr/lib/frr/bfdd', 'command:vtysh')
  const peer = (own: number, other: number): string => `
      bfd
       profile fast
        detect-multiplier 5
        receive-interval 200
        transmit-interval 200
      router bgp 6500${own}
       no bgp ebgp-requires-policy
       neighbor 10.0.0.${other} remote-as 6500${other}
       neighbor 10.0.0.${other} timers connect 1
       neighbor 10.0.0.${other} bfd profile fast`
  await lab.up(`
nodes:
  a:
    frr: |${peer(1, 2)}
  b:
    frr: |${peer(2, 1)}
bridges: { sw: { subnet: 10.0.0.0/24 } }
links: [[a, sw], [b, sw]]
`)
  await until(lab, 'a', 'vtysh -c "show bfd peers brief"', /10\.0\.0\.2 +up/)
  await until(lab, 'a', 'vtysh -c "show bgp summary json"', /"state":"Established"/)
  // The cable of a stays up: without BFD it would take the 180 s of the hold time.
  await lab.sh('b', 'ip link set eth0 down')
  await until(lab, 'a', 'vtysh -c "show bgp summary json"', /"failedPeers":1|"state":"(?:Idle|Active|Connect)"/)
})

test.concurrent('BIRD and FRR must speak OSPF with each other', { timeout: 120_000 }, async ({ lab, skip }) => {
  needs({ skip }, 'command:/usr/lib/frr/ospfd', 'command:vtysh', 'command:birdc')
  await lab.up(`
defaults: { node: { forwarding: true } }
nodes:
  frr:
    loopback: 10.255.0.1
    frr: |
      router ospf
       network 10.0.0.0/8 area 0
      interface eth0
       ip ospf hello-interval 1
       ip ospf dead-interval 4
       ip ospf network point-to-point
  bird:
    loopback: 10.255.0.2
    bird: |
      router id 10.255.0.2;
      protocol device {}
      protocol kernel { ipv4 { export all; }; }
      protocol ospf v2 {
        ipv4 { export none; };
        area 0 {
          interface "eth0" { type ptp; hello 1; dead 4; };
          interface "lo" { stub; };
        };
      }
links: [{ endpoints: [frr, bird], subnet: 10.0.0.0/30 }]
`)
  await until(lab, 'frr', 'ip route show 10.255.0.2', /via 10\.0\.0\.2/)
  await until(lab, 'bird', 'ip route show 10.255.0.1', /via 10\.0\.0\.1/)
  expect(await lab.sh('bird', 'birdc show ospf neighbors')).toMatch(/10\.255\.0\.1\s+\d+\s+Full/)
  expect(await lab.drift()).toEqual([])
})

test.concurrent('a line that a daemon does not take must be told before anything is made', async ({ lab, skip }) => {
  needs({ skip }, 'command:/usr/lib/frr/zebra', 'command:vtysh', 'command:birdc')
  const error = await lab.refusal(
    'nodes:\n  a:\n    frr: |\n      router ospf\n       netwrok 10.0.0.0/8 area 0\n  b:\n    bird: |\n      router idd 1.1.1.1;\n',
  )
  expect(error.diagnostics.map(({ code, origin }) => [code, origin?.line])).toEqual([
    ['CONFIG_REFUSED', 5],
    ['CONFIG_REFUSED', 8],
  ])
  expect(diagnosticOf(error, 'CONFIG_REFUSED').detail).toBe('vtysh does not accept "netwrok 10.0.0.0/8 area 0".')
})

test.concurrent(
  'what FRR does to its node by itself must be no drift, and stay off the machine',
  { timeout: 60_000 },
  async ({ lab, skip }) => {
    needs({ skip }, 'command:/usr/lib/frr/zebra', 'command:vtysh')
    const yaml = (more: string): string => `
nodes:
  r:
    frr:
      zebra: |
        log file netlab-test.log
        interface eth0
         ip address 10.9.0.1/24
        ip forwarding
        no ipv6 forwarding
      staticd: "ip route 10.8.0.0/24 10.9.0.9"
${more}
  h: {}
links: [[r, h]]
`
    const refusal = diagnosticOf(await lab.refusal(yaml('    forwarding: false')), 'CONFLICTING_VALUES')
    expect(refusal).toMatchObject({
      origin: { line: 9 },
      detail: 'The node has `forwarding: false`, and zebra makes net.ipv4.ip_forward 1.',
    })
    await lab.up(yaml(''))
    await until(lab, 'r', 'ip route', /^10\.8\.0\.0\/24 .*via 10\.9\.0\.9/m)
    expect(await lab.drift()).toEqual([])
    expect(await lab.sh('r', 'cat /proc/sys/net/ipv4/ip_forward; test -s /run/frr/netlab-test.log; ls /var/tmp')).toBe('1\nfrr\n')
    expect(existsSync('/netlab-test.log')).toBe(false)
  },
)
