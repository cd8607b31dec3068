// Which VXLANs are one segment: what the kernel makes of their id, port and addresses.
import { expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'

const vxlan = (more: object): object => ({ kind: 'vxlan', id: 7, ...more })

/** Two nodes on one cable with both families. */
function codes(a: Record<string, object>, b: Record<string, object>): string[] {
  const { diagnostics } = compileTopology({
    nodes: { a: { interfaces: a }, b: { interfaces: b } },
    links: [
      {
        endpoints: [
          { node: 'a', address: ['10.0.0.1/24', 'fd00::1/64'] },
          { node: 'b', address: ['10.0.0.2/24', 'fd00::2/64'] },
        ],
      },
    ],
  })
  return diagnostics.map(({ code }) => code)
}

test('VXLANs of one id must be two segments where one is of IPv4 and one of IPv6', () => {
  const side = (far: string): Record<string, object> => ({
    vx4: vxlan({ remote: `10.0.0.${far}` }),
    vx6: vxlan({ remote: `fd00::${far}` }),
  })
  expect(codes(side('2'), side('1'))).toEqual([])
})

test('one whose far end is a node must be on the segment of those that say their family', () => {
  expect(codes({ vx0: vxlan({ remote: 'b', mtu: 1400 }) }, { vx0: vxlan({ remote: 'fd00::1', mtu: 1300 }) })).toContain('MTU_MISMATCH')
})
