/** What exported containers run makes the network that the file asks for. Namespaces play the containers; iproute2 tells what stands. */
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { formatContainerlab } from '../../../src/export/containerlab.ts'
import { differences, formatDifference } from '../../../src/state/compare.ts'
import { FABRIC, type NamespaceState, type NetworkState } from '../../../src/state/network.ts'
import { compileTopology } from '../../../src/topology/compile.ts'
import { dumpCommand, networkFromDump, runInScratch } from '../../support/ip-json.ts'

const FILE = {
  name: 'exported',
  nodes: {
    h1: { gateway: 'r', neighbors: { '10.0.1.77': '02:00:00:00:00:77' } },
    h2: { gateway: 'r' },
    r: {
      forwarding: true,
      loopback: ['10.255.0.1', 'fd00:ff::1'],
      routes: ['10.9.0.0/16 via 10.0.2.2', 'blackhole 10.8.0.0/16', 'fd00:9::/64 via fd00:2::2'],
      rules: ['from 10.0.1.0/24 table 100'],
      sysctls: { 'net.ipv4.conf.eth1.rp_filter': 2 },
    },
    far: { interfaces: { eth0: { mtu: 1400 }, eth1: { state: 'down' } }, gateway: 'r' },
  },
  bridges: { lan: { subnet: ['10.0.1.0/24', 'fd00:1::/64'], ageing: '10s' } },
  links: [
    ['h1', 'lan'],
    ['h2', 'lan'],
    ['r', 'lan'],
    { endpoints: ['r', 'far'], subnet: ['10.0.2.0/24', 'fd00:2::/64'], mtu: 1400 },
    { endpoints: ['far:eth1', 'h2:spare'], subnet: '10.0.3.0/24' },
  ],
}

interface Containerlab {
  readonly topology: {
    readonly nodes: Readonly<Record<string, { readonly exec?: readonly string[] }>>
    readonly links: readonly { readonly endpoints: readonly [string, string]; readonly mtu: number }[]
  }
}

/** As containerlab does: cables first, up; then the commands, a node after the other. */
function scriptOf({ topology: { nodes, links } }: Containerlab): string {
  const cables = links.map(({ endpoints, mtu }) => {
    const [[a, aName], [b, bName]] = endpoints.map((end) => end.split(':')) as [[string, string], [string, string]]
    const ups = [`ip -n ${a} link set ${aName} up`, `ip -n ${b} link set ${bName} up`]
    return [`ip -n ${a} link add ${aName} mtu ${mtu} type veth peer name ${bName} netns ${b} mtu ${mtu}`, ...ups].join('\n')
  })
  const commands = Object.entries(nodes).flatMap(([name, { exec = [] }]) => exec.map((command) => `ip netns exec ${name} ${command}`))
  return [...Object.keys(nodes).map((name) => `ip netns add ${name} && ip -n ${name} link set lo up`), ...cables, ...commands].join('\n')
}

/** Without what `ip` cannot tell, and without what holds for the namespace that bridges share in netlab. */
function visible(desired: NetworkState): NetworkState {
  const namespaces = [...desired.namespaces].map(
    ([netns, { hostname: _hostname, isolation: _isolation, ...state }]): [string, NamespaceState] => [
      netns,
      { ...state, files: new Map(), ...(netns === FABRIC && { sysctls: new Map() }) },
    ],
  )
  return { namespaces: new Map(namespaces) }
}

test('exported containers must make the network of the file', () => {
  const { name: lab, desired, env } = compileTopology(FILE)
  const { text, files, warnings } = formatContainerlab({ lab, desired: desired!, env }, 'exported.files')
  expect(warnings).toEqual([])
  expect(files.get('exported.files/h1/etc/hosts')?.content).toContain('10.0.1.2')
  const wanted = visible(desired!)
  const names = [...wanted.namespaces.keys()].map((netns) => (netns === FABRIC ? 'lan' : netns))
  const netnsOf = (one: string): string => (one === 'lan' ? FABRIC : one)
  const dumps = [...wanted.namespaces].map(([netns, { sysctls }]) => dumpCommand(netns === FABRIC ? 'lan' : netns, [...sysctls.keys()]))
  const printed = runInScratch(
    [scriptOf(parse(text) as Containerlab), 'ip netns exec h2 ping -c 1 -W 5 10.0.2.2', 'echo ==', ...dumps].join('\n'),
  )
  const [before = '', dump = ''] = printed.split('==\n')
  expect(before).toContain('1 received')
  const seen = networkFromDump(dump, names, netnsOf, (netns) => wanted.namespaces.get(netns)?.kind ?? 'node')
  expect(differences(wanted, seen).map(formatDifference)).toEqual([])
})
