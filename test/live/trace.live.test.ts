/** `netlab trace`: the way that it tells must be the one that the packet takes, through a switch, NAT and back. */
import { describe, expect, test as onShared } from 'vitest'
import { trace, type TraceHop } from '../../src/index.ts'
import { sharedLab } from '../support/live-lab.ts'

const LAB = `
nodes:
  h1: { gateway: gw }
  gw: { forwarding: true, iptables: ["-t nat -A POSTROUTING -o wan -j MASQUERADE", "-A FORWARD -p udp -j REJECT"] }
  web: {}
bridges: { lan: { subnet: 10.0.0.0/24 } }
links:
  - [h1, lan]
  - ["gw:lan", lan]
  - { endpoints: ["gw:wan", web], subnet: 203.0.113.0/24 }
`

const words = (hops: readonly TraceHop[]): string[] =>
  hops.map(({ node, in: came = '', out = '', bridge = '', src, dst, ttl }) => `${node} ${came}>${out}${bridge} ${src} ${dst} ${ttl}`)

describe('trace', () => {
  const lab = sharedLab(LAB, 'table:iptables')

  onShared('tells every node there and back, with what NAT makes of the packet', async () => {
    const { there, back, isAnswered, because } = await trace(lab.name, 'h1', 'web', { kind: 'ping' })
    expect(words(there)).toEqual([
      'h1 >eth0lan 10.0.0.1 203.0.113.2 64',
      'gw lan>wan 203.0.113.1 203.0.113.2 63',
      'web eth0> 203.0.113.1 203.0.113.2 63',
    ])
    expect(words(back)).toEqual([
      'web >eth0 203.0.113.2 203.0.113.1 64',
      'gw wan>lanlan 203.0.113.2 10.0.0.1 63',
      'h1 eth0> 203.0.113.2 10.0.0.1 63',
    ])
    expect({ isAnswered, because }).toEqual({ isAnswered: true, because: [] })
  })

  onShared('tells where it was last, and which rule refused it', async () => {
    const { there, isAnswered, because } = await trace(lab.name, 'h1', '203.0.113.2', { kind: 'udp', port: 53 })
    expect(words(there).at(-1)).toBe('gw lan> 10.0.0.1 203.0.113.2 64')
    expect(isAnswered).toBe(false)
    expect(because.join('\n')).toContain('-A FORWARD -p udp -j REJECT')
  })
})
