import { describe, expect, it } from 'vitest'
import { switchCauses } from '../../../src/check/switched.ts'
import type { Sighting } from '../../../src/linux/flow/capture.ts'
import { FABRIC, type LinkState, type NetworkState } from '../../../src/state/network.ts'
import { compileTopology } from '../../../src/topology/compile.ts'

const { desired } = compileTopology({
  name: 'switched',
  nodes: { h1: {}, h2: {}, h3: {}, r1: { interfaces: { 'eth0.10': { kind: 'vlan', parent: 'eth0', id: 10, address: '10.0.10.1/24' } } } },
  bridges: { a: { vlan_filtering: true }, b: { vlan_filtering: true }, plain: {} },
  links: [
    [
      { node: 'h1', address: '10.0.10.11/24' },
      { bridge: 'a', vlan: 10 },
    ],
    [
      { bridge: 'a', vlans: [10, 20] },
      { bridge: 'b', vlans: [10, 20] },
    ],
    [
      { node: 'h2', address: '10.0.10.12/24' },
      { bridge: 'b', vlan: 20 },
    ],
    [
      { node: 'h3', address: '10.0.10.13/24' },
      { bridge: 'b', vlan: 10 },
    ],
    ['r1', { bridge: 'b', vlans: [10] }],
    [{ node: 'h1:eth1', address: '10.0.30.1/24' }, 'plain'],
    [{ node: 'h2:eth1', address: '10.0.30.2/24' }, 'plain'],
  ],
})

const SWITCHES = desired!

const H1 = { netns: 'h1', ifname: 'eth0' }
const H2 = { netns: 'h2', ifname: 'eth0' }
const H3 = { netns: 'h3', ifname: 'eth0' }
const isFrame = (): boolean => true

/** A frame that came in at a port of the fabric, or left by one: `> h1.eth0`, `h3.eth0 >`. */
function seen(...places: readonly string[]): Sighting[] {
  return places.map((place) => {
    const isOut = place.endsWith('>')
    const packet = { kind: 'arp', isReply: false, sender: '10.0.10.11', senderMac: '02:00:00:00:00:01', target: '10.0.10.12' } as const
    return { netns: FABRIC, ifname: place.replace(/ ?> ?/, ''), isOut, atMs: 0, isPort: true, packet }
  })
}

/** The same network with a port changed. */
function withPort(network: NetworkState, ifname: string, change: (link: LinkState) => LinkState): NetworkState {
  const fabric = network.namespaces.get(FABRIC)!
  const links = new Map([...fabric.links, [ifname, change(fabric.links.get(ifname)!)]])
  return { namespaces: new Map([...network.namespaces, [FABRIC, { ...fabric, links }]]) }
}

describe('a frame between two interfaces of one link', () => {
  it('must be told lost at the switch whose port is in another VLAN', () => {
    expect(switchCauses(SWITCHES, seen('> h1.eth0', 'a.b >', '> b.a'), { from: H1, to: H2, isFrame })).toEqual([
      'b took it in at the port b.a (to a), and did not send it out at the port h2.eth0 (to h2:eth0): it is of VLAN 10, and the port h2.eth0 has VLAN 20 alone.',
    ])
  })

  it('must have no cause at switches where they have passed it on', () => {
    expect(switchCauses(SWITCHES, seen('> h1.eth0', 'a.b >', '> b.a', 'h3.eth0 >'), { from: H1, to: H3, isFrame })).toEqual([])
  })

  it('must be told to come with a tag where the receiver takes none', () => {
    const trunk = withPort(SWITCHES, 'h3.eth0', (link) => ({ ...link, port: { ...link.port!, vlans: new Map([[10, '']]) } }))
    expect(switchCauses(trunk, seen('> h1.eth0', 'a.b >', '> b.a', 'h3.eth0 >'), { from: H1, to: H3, isFrame })).toEqual([
      'What h1:eth0 sends comes to h3 with the tag of VLAN 10, and eth0 takes frames without a VLAN tag.',
    ])
  })

  it("must come to a VLAN's interface by a port that keeps the tag", () => {
    const router = { netns: 'r1', ifname: 'eth0.10' }
    const frames = seen('> h1.eth0', 'a.b >', '> b.a', 'r1.eth0 >')
    expect(switchCauses(SWITCHES, frames, { from: H1, to: router, isFrame })).toEqual([])
    const access = withPort(SWITCHES, 'r1.eth0', (link) => ({ ...link, port: { ...link.port!, vlans: new Map([[10, 'pvid untagged']]) } }))
    expect(switchCauses(access, frames, { from: H1, to: router, isFrame })).toEqual([
      'What h1:eth0 sends comes to r1 without a VLAN tag, and eth0.10 takes frames with the tag of VLAN 10.',
    ])
  })

  it('must be told lost on the cable where no port saw it', () => {
    const down = withPort(SWITCHES, 'h1.eth0', (link) => ({ ...link, up: false }))
    expect(switchCauses(down, [], { from: H1, to: H2, isFrame })).toEqual([
      'It did not come in at the port h1.eth0 (to h1:eth0). The port h1.eth0 is down.',
    ])
  })

  it.each([
    ['isolated', { isolated: true }, ': both ports are isolated'],
    ['without flooding', { flood: false }, ', where flood is off.'],
    ['as all others', {}, '. A filter of the bridge'],
  ])('must be told lost between ports that are %s', (_, options, words) => {
    const change = (link: LinkState): LinkState => ({ ...link, port: { options, vlans: new Map(), fdbs: new Map(), mdbs: new Map() } })
    const changed = withPort(withPort(SWITCHES, 'h1.eth1', change), 'h2.eth1', change)
    const [from, to] = [
      { netns: 'h1', ifname: 'eth1' },
      { netns: 'h2', ifname: 'eth1' },
    ]
    expect(switchCauses(changed, seen('> h1.eth1'), { from, to, isFrame, flag: 'flood' })).toEqual([
      expect.stringContaining(
        `plain took it in at the port h1.eth1 (to h1:eth1), and did not send it out at the port h2.eth1 (to h2:eth1)${words}`,
      ),
    ])
  })
})
