/** What a lab becomes for containerlab beyond its network, which a live test builds. */
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { formatContainerlab, type ContainerlabLab } from '../../../src/export/containerlab.ts'
import { compileTopology } from '../../../src/topology/compile.ts'

interface Node {
  readonly image?: string
  readonly cpu?: number
  readonly memory?: string
  readonly env?: Readonly<Record<string, string>>
  readonly binds?: readonly string[]
  readonly exec?: readonly string[]
}

function exported(file: object): ContainerlabLab & { readonly nodes: Readonly<Record<string, Node>>; readonly told: readonly string[] } {
  const { name: lab, desired, env, diagnostics } = compileTopology({ name: 'x', ...file })
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const written = formatContainerlab({ lab, desired: desired!, env }, 'x.files')
  const { topology } = parse(written.text) as { topology: { nodes: Record<string, Node> } }
  return { ...written, nodes: topology.nodes, told: written.warnings.map(({ detail }) => detail ?? '') }
}

const one = (node: object): Node => exported({ nodes: { a: node } }).nodes['a']!

describe('a container', () => {
  test('must load the packet filters of its node from a file', () => {
    const { nodes, files } = exported({ nodes: { a: { iptables: ['-A INPUT -p tcp --dport 23 -j DROP'] } } })
    expect(files.get('x.files/a/etc/netlab-rules/iptables')?.content).toContain('-A INPUT -p tcp --dport 23 -j DROP')
    expect(nodes['a']!.binds).toContain('x.files/a/etc/netlab-rules/iptables:/etc/netlab-rules/iptables')
    expect(nodes['a']!.exec).toContain("sh -c 'iptables-restore </etc/netlab-rules/iptables'")
  })

  test('must have its limits, in processors and bytes', () => {
    expect(one({ limits: { cpu: 0.5, memory: '64mb' } })).toMatchObject({ cpu: 0.5, memory: `${64 << 20}b` })
  })

  test('must have the environment of its node', () => {
    expect(one({ env: { LANG: 'C' } }).env).toEqual({ LANG: 'C' })
  })

  test('must have files with their modes, but not the name that Docker gives it', () => {
    const { nodes, files } = exported({ nodes: { a: { files: { '/opt/run': { content: 'true\n', mode: '0755' } } } } })
    expect(files.get('x.files/a/opt/run')).toEqual({ path: '/opt/run', content: 'true\n', mode: 0o755 })
    expect(nodes['a']!.binds).not.toContainEqual(expect.stringContaining('hostname'))
  })

  test('must mount what its node does', () => {
    const { binds, exec } = one({ mounts: { '/data': { from: '/usr/share', ro: true }, '/scratch': { tmpfs: '1mb' } } })
    expect(binds).toContain('/usr/share:/data:ro')
    expect(exec).toContain('mount -t tmpfs -o size=1048576 tmpfs /scratch')
  })

  test('must run setup as it is written, and services in the background', () => {
    const { exec } = one({ setup: ['echo "a b" > /tmp/c'], services: { web: 'python3 -m http.server 80' } })
    expect(exec).toContain(`sh -c 'echo "a b" > /tmp/c'`)
    expect(exec?.at(-1)).toMatch(/^sh -c 'sh -c '\\''python3 -m http\.server 80'\\'' <\/dev\/null >\/dev\/null 2>&1 &'$/)
  })

  test('must be of the image of FRR where its node has daemons of it', () => {
    expect(one({ frr: 'router ospf\n' }).image).toBe('frrouting/frr')
    expect(one({}).image).toBeUndefined()
  })
})

describe('what has no counterpart', () => {
  test('must be told with its node and its line', () => {
    const { told, warnings } = exported({ nodes: { a: { limits: { pids: 10 } } } })
    expect(told).toEqual(['a: "set limits pids 10" has no counterpart in containerlab.'])
    expect(warnings[0]).toMatchObject({ code: 'NOT_CARRIED_OVER', severity: 'warning' })
    expect(warnings[0]?.origin).toBeDefined()
  })

  test('must be told of the machine, which is no container', () => {
    const { nodes, told, text } = exported({ nodes: { a: {} }, links: [{ endpoints: ['a', { host: 'lab0' }], subnet: '10.0.0.0/24' }] })
    expect(Object.keys(nodes)).toEqual(['a'])
    expect(text).toContain('host:lab0')
    expect(told).toEqual(['The machine: "add addr 10.0.0.2/24 dev lab0" has no counterpart in containerlab.'])
  })
})

test('each bridge must become a container with its ports and their VLANs', () => {
  const { nodes, text } = exported({
    nodes: { a: {}, b: {} },
    bridges: { s1: { vlan_filtering: true }, s2: {} },
    links: [
      ['a', { bridge: 's1', vlan: 10 }],
      ['b', 's2'],
      ['s1', 's2'],
    ],
  })
  expect(nodes['s1']!.exec).toContain('bridge vlan add vid 10 pvid untagged dev a.eth0')
  expect(nodes['s2']!.exec?.join('\n')).not.toContain('a.eth0')
  expect(text).toContain('[ s1:')
})
