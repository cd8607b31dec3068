import { describe, expect, it } from 'vitest'
import { duplicateCauses, macCauses } from '../../../src/check/conflicts.ts'
import type { Evidence } from '../../../src/check/evidence.ts'
import { maskCauses } from '../../../src/check/mask.ts'
import { segmentsOf } from '../../../src/check/segment.ts'
import { parseNetwork } from '../../support/network.ts'

const NETWORK = parseNetwork(`
h1: { links: { eth0: veth @fabric/h1.eth0 lladdr 02:00:00:00:00:01 }, addrs: [eth0 10.0.0.10/24, "eth0 fd00::1/64", lo 10.9.9.9/32] }
h2: { links: { eth0: veth @fabric/h2.eth0 lladdr 02:00:00:00:00:01 }, addrs: [eth0 10.0.0.200/25] }
h3: { links: { eth0: veth @fabric/h3.eth0 }, addrs: [eth0 10.0.0.11/24] }
h4: { links: { eth0: veth h5/eth0 lladdr 02:00:00:00:00:01 }, addrs: [eth0 10.1.0.1/24] }
h5: { links: { eth0: veth h4/eth0 }, addrs: [eth0 10.1.0.2/24] }
"@fabric":
  links:
    a: bridge
    b: bridge
    a.b: veth @fabric/b.a master a
    b.a: veth @fabric/a.b master b
    h1.eth0: veth h1/eth0 master a
    h2.eth0: veth h2/eth0 master b
    h3.eth0: veth h3/eth0 master b
`)

/** What the causes look at. */
function evidence(from: string, to: string, more: Partial<Evidence> = {}): Evidence {
  return { network: NETWORK, duplicate: [], owners: [], flow: { kind: 'ping', from, to, timeoutMs: 1 }, ...more } as Evidence
}

describe('one link', () => {
  it('must be what cables and bridges join, without the loopbacks', () => {
    expect(segmentsOf(NETWORK).map((segment) => segment.map(({ netns, addr }) => `${netns} ${addr.local}`))).toEqual([
      ['h1 10.0.0.10', 'h1 fd00::1', 'h2 10.0.0.200', 'h3 10.0.0.11'],
      ['h4 10.1.0.1', 'h5 10.1.0.2'],
    ])
  })

  it('must be told where masks differ so that only one takes the other for a neighbour', () => {
    expect(maskCauses(evidence('h1', '10.0.0.200'))).toEqual([
      expect.stringContaining(
        'h1 (10.0.0.10/24) and h2 (10.0.0.200/25) are on one link, but the masks differ: 10.0.0.200 lies in the network of h1',
      ),
      expect.stringContaining('h3 (10.0.0.11/24) and h2 (10.0.0.200/25)'),
    ])
    expect(maskCauses(evidence('h4', '10.1.0.2'))).toEqual([])
  })

  it('must be told where a MAC address is there twice, and only there', () => {
    expect(macCauses(evidence('h1', '10.0.0.200'))).toEqual([
      expect.stringMatching(/^h1:eth0 and h2:eth0 have the same MAC address 02:00:00:00:00:01 on one link/),
    ])
  })

  it('must be told where an IPv6 address of those who talk is not used', () => {
    const duplicate = ['h1: eth0 fd00::1/64', 'h3: eth0 fd00::3/64']
    expect(duplicateCauses({ ...evidence('h1', 'fd00::2'), duplicate })).toEqual([
      expect.stringMatching(/^h1:eth0 does not use its address fd00::1:/),
    ])
    expect(duplicateCauses({ ...evidence('h9', 'fd00::3'), duplicate, owners: ['h3'] })).toEqual([expect.stringMatching(/^h3:eth0/)])
  })
})
