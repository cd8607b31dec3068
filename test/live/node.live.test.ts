/** What a file says of a node beside its network: sysctls, files, names, environment, setup commands. */
import { statSync, writeFileSync } from 'node:fs'
import { describe, expect, test as onShared } from 'vitest'
import { sharedLab, test } from '../support/live-lab.ts'

describe('node settings', () => {
  const lab = sharedLab(`
profiles:
  router: { forwarding: true, env: { ROLE: router } }
defaults: { node: { env: { LAB_KIND: course } } }
nodes:
  r:
    use: router
    sysctls:
      net.ipv4.conf.all.rp_filter: 0
      net.ipv4.conf.eth0.proxy_arp: true
      net.ipv4.ip_local_port_range: 20000 30000
      net.ipv6.conf.eth0.accept_ra: 0
    files:
      /etc/motd: "hello\\n"
      /etc/issue: { content: "secret\\n", mode: "0600" }
      /etc/netlab-test/deep/er/config: "deep\\n"
      /etc/netlab-test/run.sh: { content: "#!/bin/sh\\necho ran\\n", mode: "0755" }
    env: { GREETING: "two words; $HOME" }
    hosts: { db: 10.9.0.5, 10.9.0.6: [cache, cache.example] }
    dns: { servers: [10.0.0.53, "fd00::53"], search: [lab.example], options: ["timeout:1"] }
    setup:
      - ip link add dummy-made type bridge
      - ["sh", "-c", "printf '%s\\n' \\"$1\\" > /tmp/argv", "sh", "two  words"]
      - echo "$ROLE $LAB_KIND $(cat /sys/class/net/eth0/operstate)" > /tmp/state
  plain: { dns: 10.0.0.53 }
  server.example: {}
links:
  - { endpoints: [r, plain], subnet: [10.0.0.0/24, "fd00::/64"] }
  - { endpoints: [server.example, r], subnet: 10.0.1.0/24 }
`)

  onShared('sysctls must have the values of the file, those of other nodes must not', async () => {
    const read = 'net.ipv4.ip_forward net.ipv4.conf.all.rp_filter net.ipv4.conf.eth0.proxy_arp net.ipv4.ip_local_port_range'
    expect(await lab.sh('r', `sysctl -n ${read} net.ipv6.conf.all.forwarding net.ipv6.conf.eth0.accept_ra`)).toBe(
      '1\n0\n1\n20000\t30000\n1\n0\n',
    )
    expect(await lab.sh('plain', 'sysctl -n net.ipv4.ip_forward net.ipv4.conf.eth0.proxy_arp net.ipv6.conf.all.forwarding')).toBe(
      '0\n0\n0\n',
    )
  })

  onShared('files must have content and mode of the file, and only their node must see them', async () => {
    expect(await lab.sh('r', 'cat /etc/motd /etc/issue /etc/netlab-test/deep/er/config; /etc/netlab-test/run.sh')).toBe(
      'hello\nsecret\ndeep\nran\n',
    )
    expect(await lab.sh('r', "stat -c '%a %u' /etc/motd /etc/issue /etc/netlab-test/run.sh")).toBe('644 0\n600 0\n755 0\n')
    expect(await lab.sh('plain', 'cat /etc/issue; ls -d /etc/netlab-test || true')).not.toMatch(/secret|netlab-test$/m)
    expect(statSync('/etc/netlab-test', { throwIfNoEntry: false })).toBeUndefined()
  })

  onShared('a directory that got a file must keep what it had', async () => {
    expect(await lab.sh('r', 'cat /etc/passwd')).toBe(await lab.sh('plain', 'cat /etc/passwd'))
  })

  onShared('names must resolve: those of all nodes and those of the file', async () => {
    expect(await lab.sh('r', 'getent ahostsv4 db cache.example server.example')).toMatch(
      /^10\.9\.0\.5 [^]*\n10\.9\.0\.6 [^]*\n10\.0\.1\.1 /,
    )
    await lab.sh('plain', 'ping -6 -c 1 -W 5 r')
    // Without a route to the first address of r: the one on the common network is taken.
    expect(await lab.sh('server.example', 'ping -c 1 -W 5 r')).toMatch(/^PING r \(10\.0\.1\.2\)/)
    expect(await lab.sh('plain', 'getent hosts 10.0.1.2')).toMatch(/ r\n$/)
    expect(await lab.sh('server.example', 'uname -n')).toBe('server.example\n')
    expect((await lab.node('plain').exec(['grep', '-w', 'db', '/etc/hosts'])).status).toBe(1)
  })

  onShared('name servers must be those of the file', async () => {
    const lines = (await lab.sh('r', 'cat /etc/resolv.conf')).trim().split('\n')
    expect(lines).toEqual(
      expect.arrayContaining(['nameserver 10.0.0.53', 'nameserver fd00::53', 'search lab.example', 'options timeout:1']),
    )
    expect(await lab.sh('plain', 'cat /etc/resolv.conf')).toBe('nameserver 10.0.0.53\n')
  })

  onShared('commands must have the environment of the file', async () => {
    expect(await lab.sh('r', 'echo "$GREETING $ROLE $LAB_KIND"')).toBe('two words; $HOME router course\n')
    expect(await lab.sh('plain', 'echo "[$GREETING$ROLE]$LAB_KIND"')).toBe('[]course\n')
  })

  onShared('setup commands must have run in order when the network was complete', async () => {
    expect(await lab.sh('r', 'cat /tmp/argv /tmp/state')).toBe('two  words\nrouter course up\n')
    expect(await lab.ip('r', '-d link show dev dummy-made')).toMatchObject([{ linkinfo: { info_kind: 'bridge' } }])
  })
})

test('ranges must make each node and each link once', async ({ lab }) => {
  await lab.up(`
nodes: { "h[01-03]": {}, "r[1-2]-[1-2]": { forwarding: true } }
bridges: { "sw[1-2]": {} }
links:
  - { endpoints: ["h[01-03]", sw1], subnet: 10.0.1.0/24 }
  - { endpoints: ["r[1-2]-[1-2]", sw1], subnet: 10.0.1.0/24 }
  - { endpoints: ["r1-[1-2]", "r2-[1-2]"], cross: true, subnet: auto }
`)
  for (const name of ['h02', 'h03', 'r1-1', 'r2-2']) await lab.sh('h01', `ping -c 1 -W 5 ${name}`)
  expect(await lab.sh('r1-1', 'ls /sys/class/net')).toBe('eth0\neth1\neth2\nlo\n')
  expect(await lab.ip('sw1', 'link show master sw1')).toHaveLength(7)
})

test('included files, and files that nodes copy, must be read where they lie', async ({ lab }) => {
  lab.write(
    'sites/west.yaml',
    'nodes: { w: { files: { /etc/motd: { from: motd.txt, mode: "0640" } } } }\nbridges: { lan: { subnet: 10.0.0.0/24 } }\nlinks: [[w, lan]]',
  )
  writeFileSync(lab.write('sites/motd.txt', ''), Buffer.from([0, 255, 10, 0xc3, 0x28]))
  await lab.up('include: sites/west.yaml\nnodes: { e: {} }\nlinks: [[e, lan]]')
  expect(await lab.sh('w', 'od -An -tx1 /etc/motd; stat -c %a /etc/motd')).toBe(' 00 ff 0a c3 28\n640\n')
  await lab.sh('e', 'ping -c 1 -W 5 w')
})
