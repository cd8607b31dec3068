import { expect, test } from 'vitest'
import { planChanges } from '../../../src/plan/reconcile.ts'
import { undoAll } from '../../../src/plan/undo.ts'
import { differences } from '../../../src/state/compare.ts'
import { addrKey } from '../../../src/state/key.ts'
import type { NetworkState, VirtualLink } from '../../../src/state/network.ts'
import { createModelKernel } from '../../support/model-kernel.ts'
import { parseAddr, parseNetwork } from '../../support/network.ts'

/** Links of h1 beside eth0 and eth1, which are the two ends of a cable. */
function networkWith(links: Readonly<Record<string, VirtualLink>>, words = ''): NetworkState {
  const network = parseNetwork(`h1: { links: { eth0: veth h1/eth1 ${words}, eth1: veth h1/eth0 ${words} } }`)
  const h1 = network.namespaces.get('h1')!
  return { namespaces: new Map([['h1', { ...h1, links: new Map([...h1.links, ...Object.entries(links)]) }]]) }
}

function withAddr(network: NetworkState, words: string): NetworkState {
  const addr = parseAddr(words)
  const addrs = new Map([[addrKey(addr), addr]])
  return { namespaces: new Map([...network.namespaces].map(([netns, state]) => [netns, { ...state, addrs }])) }
}

const plain = { up: true, mtu: 1500, lladdr: '02:00:00:00:00:01' } as const
const vlan = (mtu: number, more: Partial<VirtualLink> = {}): VirtualLink => {
  return { ...plain, kind: 'vlan', parent: 'eth0', options: { id: 10 }, mtu, addrGenMode: 'eui64', ...more } as VirtualLink
}
const vrf = { ...plain, kind: 'vrf', options: { table: 10 } } as VirtualLink
/** As the kernel tells of it. */
const bond = {
  ...plain,
  kind: 'bond',
  options: { mode: 'active-backup', miimon: 100, lacp_rate: 'slow' },
  addrGenMode: 'eui64',
} as VirtualLink

test.each([
  ['a link that shrank grows again with what stands on it', networkWith({ v0: vlan(1500) }), networkWith({ v0: vlan(1400) }, 'mtu 1400')],
  ['a bond is made again without what its mode does not take', networkWith({ bond0: bond }), networkWith({})],
  [
    'a VLAN that came up when its VRF went is closed again',
    networkWith({ red: vrf, v0: vlan(1500, { up: false, master: 'red' }) }, 'master red'),
    networkWith({ v0: vlan(1500) }),
  ],
  [
    'a VLAN that is down keeps its addresses when its parent goes down',
    withAddr(networkWith({ v0: vlan(1500, { up: false }) }), 'v0 fd00::1/64'),
    networkWith({ v0: vlan(1500, { up: false }) }, 'down'),
  ],
])('%s', (_case, before, after) => {
  const kernel = createModelKernel(before)
  const { operations } = planChanges('lab', after, before, { previous: before })
  for (const operation of operations) kernel.apply(operation)
  expect(differences(after, kernel.state(), { previous: before })).toEqual([])
  for (const step of undoAll(operations)) kernel.apply(step)
  expect(differences(before, kernel.state(), { previous: after })).toEqual([])
})

test('a VLAN of a port of a VRF joins the same VRF', () => {
  const before = networkWith({ red: vrf }, 'master red')
  const after = networkWith({ red: vrf, v0: vlan(1500, { master: 'red' }) }, 'master red')
  const kernel = createModelKernel(before)
  for (const operation of planChanges('lab', after, before).operations) kernel.apply(operation)
  expect(differences(after, kernel.state())).toEqual([])
})

test('a link-local address is not brought back, for the kernel makes it again with IPv6', () => {
  const before = withAddr(networkWith({ v0: vlan(1500) }), 'v0 fe80::ff:fe00:1/64')
  const h1 = before.namespaces.get('h1')!
  const withSysctl = (value: string): NetworkState => {
    const sysctls = new Map([['net.ipv6.conf.v0.disable_ipv6', { value }]])
    return { namespaces: new Map([['h1', { ...h1, sysctls }]]) }
  }
  const { operations } = planChanges('lab', withSysctl('1'), withSysctl('0'), { previous: before })
  expect(undoAll(operations).map(({ type }) => type)).toEqual(['set sysctl'])
})
