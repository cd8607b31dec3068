/** What a picture says of a lab that runs: the difference between what the file asks for and what the kernel has. */
import { describe, expect, test } from 'vitest'
import { graphOf, type Graph } from '../../../src/export/graph.ts'
import type { LinkState, NetworkState } from '../../../src/state/network.ts'
import { parseNetwork } from '../../support/network.ts'

const DESIRED = `
h1:
  links: { eth0: veth @fabric/h1.eth0 }
  addrs: [eth0 10.0.0.1/24]
r1:
  links: { eth0: veth @fabric/r1.eth0, eth1: veth r2/eth0 }
  addrs: [eth0 10.0.0.254/24, eth1 10.0.1.1/30]
  impair: { eth1: { rate: 10mbit } }
  sysctls: { net.ipv4.ip_forward: '1' }
r2:
  links: { eth0: veth r1/eth1 }
  addrs: [eth0 10.0.1.2/30]
'@fabric':
  links: { lan: bridge, h1.eth0: veth h1/eth0 master lan, r1.eth0: veth r1/eth0 master lan }
`

const FACTS = {
  ...{ ifindex: 1, operstate: 'UP', rxBytes: 0, txBytes: 0, rxPackets: 0, txPackets: 0 },
  ...{ rxErrors: 0, txErrors: 0, rxDropped: 0, txDropped: 0 },
}

/** As the kernel tells it: each link with its carrier, which is there where both ends are up. */
function observed(text: string): NetworkState {
  const { namespaces } = parseNetwork(text)
  const withFacts = (link: LinkState): LinkState => {
    const peer = link.kind === 'veth' ? namespaces.get(link.peer.netns)?.links.get(link.peer.ifname) : undefined
    return { ...link, facts: { ...FACTS, carrier: link.up && peer?.up !== false } }
  }
  return {
    namespaces: new Map(
      [...namespaces].map(([name, namespace]) => [
        name,
        { ...namespace, links: new Map([...namespace.links].map(([ifname, link]) => [ifname, withFacts(link)])) },
      ]),
    ),
  }
}

function live(change: (text: string) => string = (text) => text): Graph {
  return graphOf({ lab: 't', desired: parseNetwork(DESIRED), observed: observed(change(DESIRED)) })
}

const cable = ({ cables }: Graph, a: string, b: string) => cables.find((one) => one.a.node === a && one.b.node === b)!
const node = ({ nodes }: Graph, name: string) => nodes.find((one) => one.name === name)!

describe('of a file', () => {
  const graph = graphOf({ lab: 't', desired: parseNetwork(DESIRED) })

  test('nothing has a state', () => {
    expect([...graph.nodes, ...graph.cables].filter(({ state }) => state !== 'plain')).toEqual([])
    expect(graph.isLive).toBe(false)
  })

  test('roles, addresses, subnets and link properties are told', () => {
    expect(graph.nodes.map(({ name, role }) => `${name} ${role}`)).toEqual(['h1 host', 'r1 router', 'r2 host', 'lan bridge'])
    expect(node(graph, 'lan').lines).toEqual(['10.0.0.0/24'])
    expect(cable(graph, 'h1', 'lan').a.words).toEqual(['eth0', '10.0.0.1/24'])
    expect(cable(graph, 'r1', 'r2')).toMatchObject({ subnets: ['10.0.1.0/30'], words: ['from r1: rate 10mbit'] })
  })
})

describe('of a lab that runs', () => {
  test('all is up where it is as the file has it', () => {
    const graph = live()
    expect([...graph.nodes, ...graph.cables].filter(({ state }) => state !== 'up')).toEqual([])
  })

  test('a port that is down is told, and the node is not', () => {
    const graph = live((text) => text.replace('h1.eth0: veth h1/eth0', 'h1.eth0: veth h1/eth0 down'))
    expect(cable(graph, 'h1', 'lan')).toMatchObject({ state: 'down', words: ['down'] })
    expect(node(graph, 'h1').state).toBe('up')
  })

  test('a node with no interface up is told', () => {
    const graph = live((text) => text.replace('eth0: veth r1/eth1', 'eth0: veth r1/eth1 down'))
    expect(node(graph, 'r2')).toMatchObject({ state: 'down', trouble: 'all interfaces down' })
  })

  test('no carrier is told apart from down', () => {
    const there = observed(DESIRED)
    const links = there.namespaces.get('r1')!.links as Map<string, LinkState>
    const eth1 = links.get('eth1')!
    links.set('eth1', { ...eth1, facts: { ...eth1.facts!, carrier: false } })
    expect(cable(graphOf({ lab: 't', desired: parseNetwork(DESIRED), observed: there }), 'r1', 'r2').state).toBe('no carrier')
  })

  test('what a link does otherwise than in the file is told with what the file has', () => {
    const graph = live((text) => text.replace('10mbit', '2mbit'))
    expect(cable(graph, 'r1', 'r2')).toMatchObject({
      state: 'changed',
      words: ['from r1: rate 2mbit', 'in the file: from r1: rate 10mbit'],
    })
  })

  test('what the file has and the kernel has not is told, and the other way round', () => {
    const gone = live((text) => text.replace(/^r2:\n.*\n.*\n/m, '').replace(', eth1: veth r2/eth0', ''))
    expect(node(gone, 'r2')).toMatchObject({ state: 'missing', trouble: 'not there' })
    expect(cable(gone, 'r1', 'r2').state).toBe('missing')
    const more = live((text) => `${text}x:\n  links: { eth0: veth y/eth0 }\ny:\n  links: { eth0: veth x/eth0 }\n`)
    expect(node(more, 'x')).toMatchObject({ state: 'extra', trouble: 'not in the file' })
    expect(cable(more, 'x', 'y').state).toBe('extra')
  })

  test('a port that was taken out of its bridge is still drawn at it', () => {
    const graph = live((text) => text.replace('h1.eth0: veth h1/eth0 master lan', 'h1.eth0: veth h1/eth0'))
    expect(cable(graph, 'h1', 'lan')).toBeDefined()
  })
})
