/** Faults of switches that tell VLANs apart: the report must name the port that does not take the frame. One lab, asked at once. */
import { expect, test } from 'vitest'
import { check } from '../support/check-text.ts'

const YAML = `
nodes:
  h[1-3]: {}
  r1: { interfaces: { eth0.10: { kind: vlan, parent: eth0, id: 10, address: 10.30.0.254/24 } } }
bridges: { sw[1-2]: { vlan_filtering: true } }
links:
  - [{ bridge: sw1, vlans: [10, 20] }, { bridge: sw2, vlans: [10, 20] }]
  - [{ node: h1, address: 10.30.0.1/24 }, { bridge: sw1, vlan: 10 }]
  - [{ node: h2, address: 10.30.0.2/24 }, { bridge: sw2, vlan: 20 }]
  - [{ node: h3, address: 10.30.0.3/24 }, { bridge: sw2, vlan: 10 }]
  - [r1, { bridge: sw2, vlan: 10 }]
tests:
  - { name: the right VLAN, from: h1, to: h3, ping: {} }
  - { name: another VLAN, from: h1, to: h2, ping: {} }
  - { name: no trunk, from: h1, to: r1, ping: {} }
`

test('a frame that a VLAN keeps away must be told with its port', async () => {
  const { tests } = await check(YAML)
  expect(tests.map(({ name, status }) => [name, status])).toEqual([
    ['the right VLAN', 'passed'],
    ['another VLAN', 'failed'],
    ['no trunk', 'failed'],
  ])
  const causes = tests.map(({ steps }) => steps.flatMap(({ misses }) => misses.flatMap(({ because }) => because)).join('\n'))
  expect(causes[1]).toContain('sw2 took it in at the port sw2.sw1 (to sw1), and did not send it out at the port h2.eth0 (to h2:eth0)')
  expect(causes[1]).toContain('it is of VLAN 10, and the port h2.eth0 has VLAN 20 alone')
  expect(causes[2]).toContain('What h1:eth0 sends comes to r1 without a VLAN tag, and eth0.10 takes frames with the tag of VLAN 10.')
})
