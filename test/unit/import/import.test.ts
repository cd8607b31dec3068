/** Labs of other tools: what becomes of each thing that they say, and what is told where nothing does. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { importLab } from '../../../src/import/import.ts'
import { compileTopology } from '../../../src/topology/compile.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'netlab-import-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

/** What was written, read again; and what was told, as code and line. Fails where netlab finds an error in it. */
function imported(folder: string, file: string): { lab: Record<string, unknown>; told: string[] } {
  const { text = '', diagnostics } = importLab(join(folder, file), folder)
  writeFileSync(join(folder, 'topology.yaml'), text)
  const errors = compileTopology(join(folder, 'topology.yaml')).diagnostics.filter(({ severity }) => severity === 'error')
  expect(errors).toEqual([])
  return {
    lab: parse(text) as Record<string, unknown>,
    told: diagnostics.map(({ code, origin }) => `${code} ${origin?.file.replace(`${folder}/`, '')}:${origin?.line}`),
  }
}

describe('Kathará', () => {
  const KATHARA = {
    'lab.conf': `LAB_NAME="static routing"
# comment

r1[0]="A"
r1[1]="B/02:00:00:00:00:11"
r1[image]="kathara/base"
r1[mem]="128m"
pc1[0]="A"
pc2[0]="B"
pc3[0]='B'
pc3[sysctl]="net.ipv4.ip_default_ttl=70"
pc3[port]="8080:80"
`,
    'r1.startup':
      'ip address add 10.0.0.1/24 dev eth0\nip a a 10.0.1.1/24 dev eth1 brd +\nsysctl -w net.ipv4.ip_forward=1\niptables -A FORWARD -p tcp --dport 23 -j DROP\n',
    'pc1.startup': 'ifconfig eth0 10.0.0.2 netmask 255.255.255.0 up\nroute add default gw 10.0.0.1\n',
    'pc2.startup':
      '/sbin/ifconfig eth0 10.0.1.2/24 up\nroute add -net 10.0.0.0 netmask 255.255.255.0 gw 10.0.1.1 dev eth0\nservice apache2 start\n',
    'pc3.startup':
      'ip addr add 10.0.1.3/24 dev eth0\nip link add dummy0 type dummy\nip addr add 10.9.0.1/24 dev dummy0\nip route add default via 10.0.1.1\n',
    'pc2/var/www/index.html': 'hello\n',
    'shared/etc/motd': 'all\n',
  }

  test('a lab must become nodes, cables of two, bridges of more, and what its scripts say', () => {
    const { lab, told } = imported(folderOf(KATHARA), 'lab.conf')
    expect(lab).toEqual({
      name: 'static-routing',
      nodes: {
        r1: {
          forwarding: true,
          interfaces: { eth0: { address: '10.0.0.1/24' }, eth1: { address: '10.0.1.1/24', mac: '02:00:00:00:00:11' } },
          iptables: ['-A FORWARD -p tcp --dport 23 -j DROP'],
          files: { '/etc/motd': { from: 'shared/etc/motd' } },
        },
        pc1: {
          interfaces: { eth0: { address: '10.0.0.2/24' } },
          routes: ['default via 10.0.0.1'],
          files: { '/etc/motd': { from: 'shared/etc/motd' } },
        },
        pc2: {
          interfaces: { eth0: { address: '10.0.1.2/24' } },
          routes: ['10.0.0.0/24 via 10.0.1.1 dev eth0'],
          files: { '/etc/motd': { from: 'shared/etc/motd' }, '/var/www/index.html': { from: 'pc2/var/www/index.html' } },
        },
        pc3: {
          interfaces: { eth0: { address: '10.0.1.3/24' } },
          sysctls: { 'net.ipv4.ip_default_ttl': '70' },
          files: { '/etc/motd': { from: 'shared/etc/motd' } },
          ports: ['8080:80'],
          // What follows a link that no cable makes stays in its order.
          setup: ['ip link add dummy0 type dummy', 'ip addr add 10.9.0.1/24 dev dummy0', 'ip route add default via 10.0.1.1'],
        },
      },
      bridges: { B: {} },
      links: [
        ['r1:eth0', 'pc1:eth0'],
        ['r1:eth1', 'B'],
        ['pc2:eth0', 'B'],
        ['pc3:eth0', 'B'],
      ],
    })
    expect(told).toEqual(['NOT_CARRIED_OVER lab.conf:7', 'NOT_CARRIED_OVER pc2.startup:3'])
  })

  test('a script with control flow must stay whole', () => {
    const script = 'for i in 1 2; do\n  ip addr add 10.0.0.$i/24 dev eth0\ndone\n'
    const { lab } = imported(folderOf({ 'lab.conf': 'a[0]=X\nb[0]=X\n', 'a.startup': script }), 'lab.conf')
    expect(lab['nodes']).toEqual({ a: { setup: [script.trimEnd()] }, b: {} })
  })

  test('configurations of FRR must become one, with its addresses said', () => {
    const folder = folderOf({
      'lab.conf': 'a[0]=X\nb[0]=X\n',
      'a.startup': 'systemctl start frr\n',
      'a/etc/frr/daemons': 'zebra=yes\n',
      'a/etc/frr/frr.conf': 'no ipv6 forwarding\ninterface eth0\n ip address 10.0.0.1/24\ninterface lo\n ip address 10.255.0.1/32\n',
    })
    const { lab, told } = imported(folder, 'lab.conf')
    expect(lab['nodes']).toMatchObject({
      a: {
        interfaces: { eth0: { address: '10.0.0.1/24' } },
        loopback: ['10.255.0.1/32'],
        sysctls: { 'net.ipv6.conf.all.forwarding': '0' },
        frr: expect.stringContaining('interface lo\n ip address 10.255.0.1/32\n') as string,
      },
    })
    expect(told).toEqual([])
  })

  test('a line that is none must be an error, and nothing be written', () => {
    const folder = folderOf({ 'lab.conf': 'a[0]=X\nnonsense\n' })
    const { text, diagnostics } = importLab(folder, folder)
    expect(text).toBeUndefined()
    expect(diagnostics).toMatchObject([{ code: 'INVALID_VALUE', origin: { line: 2, column: 1, length: 8 } }])
  })
})

describe('containerlab', () => {
  const CONTAINERLAB = `name: clos
topology:
  defaults: { kind: linux, env: { A: "1" } }
  kinds: { linux: { image: multitool, exec: [sysctl -w net.ipv4.ip_default_ttl=70] } }
  groups: { routers: { kind: frr, startup-config: r.conf, extras: { frr: { daemons: [ospfd] } } } }
  nodes:
    r1: { group: routers, env: { B: "2" } }
    h1:
      exec:
        - ip link set eth1 up mtu 1400
        - sh -c "ip addr add 10.0.0.2/24 dev eth1; ip route add default via 10.0.0.1"
        - nginx -g 'daemon off;'
      binds: [conf/nginx.conf:/etc/nginx/nginx.conf:ro, data:/data:ro, gone.txt:/gone.txt]
      cmd: sleep 100
    br: { kind: bridge }
    srl: { kind: nokia_srlinux }
  links:
    - endpoints: ["r1:eth1", "br:eth7"]
    - { endpoints: ["h1:eth1", "br:eth8"], mtu: 1400 }
    - type: veth
      endpoints: [{ node: h1, interface: eth2, mac: "02:00:00:00:00:22" }, { node: srl, interface: e1-1 }]
    - endpoints: ["h1:eth3", "host:veth3"]
`

  test('a file must become nodes with what is merged for each, bridges and cables', () => {
    const folder = folderOf({
      'x.clab.yml': CONTAINERLAB,
      'r.conf': 'interface eth1\n ip address 10.0.0.1/24\n',
      'conf/nginx.conf': '',
      'data/x': '',
    })
    const { lab, told } = imported(folder, 'x.clab.yml')
    expect(lab).toEqual({
      name: 'clos',
      nodes: {
        r1: { interfaces: { eth1: { address: '10.0.0.1/24' } }, env: { A: '1', B: '2' }, frr: 'interface eth1\n ip address 10.0.0.1/24\n' },
        h1: {
          forwarding: true,
          interfaces: { eth1: { address: '10.0.0.2/24', mtu: 1400 }, eth2: { mac: '02:00:00:00:00:22' } },
          routes: ['default via 10.0.0.1'],
          sysctls: { 'net.ipv4.ip_default_ttl': '70' },
          env: { A: '1' },
          files: { '/etc/nginx/nginx.conf': { from: 'conf/nginx.conf' } },
          mounts: { '/data': { from: 'data', ro: true } },
          setup: ["nginx -g 'daemon off;'"],
        },
        srl: { env: { A: '1' } },
      },
      bridges: { br: {} },
      links: [['r1:eth1', 'br'], { endpoints: ['h1:eth1', 'br'], mtu: 1400 }, ['h1:eth2', 'srl:e1-1']],
    })
    expect(told).toEqual([
      'NOT_CARRIED_OVER x.clab.yml:13',
      'NOT_CARRIED_OVER x.clab.yml:14',
      'NOT_CARRIED_OVER x.clab.yml:16',
      'NOT_CARRIED_OVER x.clab.yml:22',
    ])
  })

  test('nodes that are a list must be an error', () => {
    const folder = folderOf({ 'x.clab.yml': 'topology:\n  nodes: [a, b]\n' })
    expect(importLab(join(folder, 'x.clab.yml'), folder)).toMatchObject({ diagnostics: [{ code: 'WRONG_TYPE', origin: { line: 2 } }] })
  })

  test('a file of another sort, and one that is not there, must be errors', () => {
    const folder = folderOf({ 'x.yaml': 'services: { web: { image: nginx } }\n' })
    expect(importLab(join(folder, 'x.yaml'), folder).diagnostics).toMatchObject([{ code: 'FORMAT_UNKNOWN' }])
    expect(importLab(join(folder, 'none.yaml'), folder).diagnostics).toMatchObject([{ code: 'FILE_UNREADABLE' }])
  })
})
