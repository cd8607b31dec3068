/** Daemons of a network as plain services: addresses by advertisement and by lease, a router that takes over, a name. */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { captureCommand } from '../../src/lab/capture.ts'
import { runChild } from '../../src/lab/run-child.ts'
import { diagnosticOf, test, type LiveLab } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

async function until(lab: LiveLab, node: string, script: string, wanted: RegExp): Promise<string> {
  for (;;) {
    const { stdout } = await lab.node(node).exec(['sh', '-c', script])
    if (wanted.test(stdout)) return stdout
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('a host must make its address from what radvd advertises', async ({ lab, skip }) => {
  needs({ skip }, 'command:radvd')
  await lab.up(`
nodes:
  r:
    forwarding: true
    files:
      /etc/radvd.conf: |
        interface eth0 {
          AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
          prefix fd00:1::/64 {};
        };
    services:
      radvd: { run: [radvd, --nodaemon, --config, /etc/radvd.conf, --pidfile, /run/radvd.pid, --logmethod, stderr], ready: { file: /run/radvd.pid } }
  h: { sysctls: { net.ipv6.conf.all.accept_ra: 1 } }
links: [[{ node: r, address: fd00:1::1/64 }, { node: h, address: [] }]]
`)
  await until(lab, 'h', 'ip -6 addr show dev eth0', /fd00:1::\S+\/64 scope global dynamic/)
  await until(lab, 'h', 'ip -6 route', /^default via fe80::\S+ dev eth0 proto ra/m)
  await lab.sh('h', 'ping -c 1 -W 2 fd00:1::1')
  expect(await lab.drift()).toEqual([])
})

test('a DNS server must answer on an address that two nodes have, and the other take over', async ({ lab, skip }) => {
  needs({ skip }, 'command:dnsmasq', 'command:python3')
  const server = (name: string): string =>
    `{ run: [dnsmasq, --keep-in-foreground, --no-resolv, --no-hosts, --user=root, --pid-file=/run/dnsmasq.pid, --listen-address=10.53.0.53, --bind-interfaces, "--txt-record=who,${name}", "--address=/web.lab/10.0.0.80"], ready: { udp: 53, tcp: 53 } }`
  await lab.up(`
nodes:
  near: { gateway: 10.0.1.1, loopback: 10.53.0.53, services: { dns: ${server('near')} } }
  far: { gateway: 10.0.2.1, loopback: 10.53.0.53, services: { dns: ${server('far')} } }
  r:
    forwarding: true
    routes: ["10.53.0.53 via 10.0.1.2 metric 10", "10.53.0.53 via 10.0.2.2 metric 20"]
  h: { gateway: r, dns: 10.53.0.53 }
links:
  - { endpoints: [r, near], subnet: 10.0.1.0/24 }
  - { endpoints: [r, far], subnet: 10.0.2.0/24 }
  - { endpoints: [r, h], subnet: 10.0.0.0/24 }
`)
  expect(await lab.sh('h', 'getent ahostsv4 web.lab')).toMatch(/^10\.0\.0\.80 /)
  await lab.sh('r', 'ip link set eth0 down')
  expect(await lab.sh('h', 'getent ahostsv4 web.lab')).toMatch(/^10\.0\.0\.80 /)
})

test('keepalived must move an address to the second router when the first is stopped', { timeout: 60_000 }, async ({ lab, skip }) => {
  needs({ skip }, 'command:keepalived')
  const router = (priority: number): string => `
    forwarding: true
    files:
      /etc/keepalived/keepalived.conf: |
        vrrp_instance lan {
          interface eth0
          virtual_router_id 7
          priority ${priority}
          advert_int 0.2
          version 3
          virtual_ipaddress { 10.0.0.254/24 }
        }
    services:
      vrrp: { run: [keepalived, --dont-fork, --log-console, --pid, /run/k.pid, --vrrp_pid, /run/v.pid], ready: { file: /run/v.pid } }`
  await lab.up(`
nodes:
  r1:${router(200)}
  r2:${router(100)}
  h: {}
bridges: { sw: { subnet: 10.0.0.0/24 } }
links: [[r1, sw], [r2, sw], [h, sw]]
`)
  await until(lab, 'r1', 'ip -br addr show dev eth0', /10\.0\.0\.254/)
  await until(lab, 'h', 'ping -c 1 -W 1 10.0.0.254', / 0% packet loss/)
  await lab.sh('r1', 'ip link set eth0 down')
  await until(lab, 'r2', 'ip -br addr show dev eth0', /10\.0\.0\.254/)
  await until(lab, 'h', 'ping -c 1 -W 1 10.0.0.254', / 0% packet loss/)
  // The file says nothing of the address: whoever has it now may keep it.
  expect((await lab.drift()).filter(({ type }) => type === 'del addr')).toEqual([])
})

test('where a lab has one user, a program that wants another must be told the way out, and a capture go on as root', async ({
  lab,
  skip,
}) => {
  needs({ skip }, 'command:tcpdump')
  if (process.getuid?.() === 0) skip('root has all users')
  for (const mapper of ['newuidmap', 'newgidmap']) chmodSync(lab.write(`bin/${mapper}`, '#!/bin/sh\nexit 1\n'), 0o755)
  vi.stubEnv('PATH', `${join(lab.folder, 'bin')}:${process.env['PATH']}`)
  try {
    const refusal = await lab.refusal('nodes: { h1: { services: { give: "chown 33 /run && exec sleep 9" } } }')
    expect(diagnosticOf(refusal, 'SERVICE_FAILED').command?.line).toMatch(/^usermod --add-subuids /)
    await lab.up('nodes: { h1: {}, h2: {} }\nlinks: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]\n')
    const lines: string[] = []
    const command = captureCommand(lab.name, 'h1:eth0', { asFile: false, words: ['-c', '1', 'icmp'] })
    const [status] = await Promise.all([
      runChild(command, { onStdout: (line) => lines.push(line), onStderr: () => undefined }),
      lab.sh('h1', 'ping -c 10 -i 0.2 10.0.0.2'),
    ])
    expect([status, lines]).toEqual([0, [expect.stringContaining('10.0.0.1 > 10.0.0.2: ICMP echo request')]])
  } finally {
    vi.unstubAllEnvs()
  }
})
