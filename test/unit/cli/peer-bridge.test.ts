import { expect, it } from 'vitest'
import { peerBridge } from '../../../src/cli/peer-bridge.ts'
import type { Inspection } from '../../../src/lab/inspect.ts'
import { parseNetwork } from '../../support/network.ts'

const network = parseNetwork(`
h1: { links: { eth0: veth @fabric/h1.eth0, eth1: veth h2/eth0, eth2: veth sw/h1.eth2, eth3: veth gone/eth0 } }
h2: { links: { eth0: veth h1/eth1 } }
sw: { links: { sw: bridge, h1.eth2: veth h1/eth2 master sw } }
"@fabric": { links: { a-swit~12345678: bridge alias a-switch-with-a-long-name, h1.eth0: veth h1/eth0 master a-swit~12345678 } }
`)
const namespaces = [...network.namespaces].map(([name, state]) => ({
  ...{ name, inodes: { net: 1 }, pids: [] },
  state: name === 'sw' ? { ...state, kind: 'bridge' as const } : state,
}))

it.each([
  ['eth0', 'a-switch-with-a-long-name'],
  ['eth1', undefined],
  ['eth2', 'sw'],
  ['eth3', undefined],
])('at the far end of %s is the bridge %s', (ifname, bridge) => {
  const link = network.namespaces.get('h1')!.links.get(ifname)!
  expect(peerBridge(link, { namespaces } as unknown as Inspection)).toBe(bridge)
})
