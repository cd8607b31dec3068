import { describe, expect, test } from 'vitest'
import { fitIpv6 } from '../../../src/lab/ipv6.ts'
import { compileTopology } from '../../../src/topology/compile.ts'

function desiredOf(subnet: string) {
  const { desired } = compileTopology({ nodes: { a: {}, b: {} }, links: [{ endpoints: ['a', 'b'], subnet }] })
  return desired!
}

describe('on a kernel without IPv6', () => {
  test('links must have no addrgenmode', () => {
    const { desired, diagnostics } = fitIpv6(desiredOf('10.0.0.0/24'), false)
    expect(diagnostics).toEqual([])
    expect(desired.namespaces.get('a')?.links.get('eth0')).not.toHaveProperty('addrGenMode')
    expect(desired.namespaces.get('a')?.addrs.size).toBeGreaterThan(0)
  })

  test('a wish for IPv6 must be told, at its line', () => {
    const { diagnostics } = fitIpv6(desiredOf('fd00::/64'), false)
    expect(diagnostics).toMatchObject([{ code: 'FEATURE_MISSING', origin: { line: expect.any(Number) as number } }])
  })
})

test('on a kernel with IPv6, the network must stay as it is', () => {
  const desired = desiredOf('fd00::/64')
  expect(fitIpv6(desired, true)).toEqual({ desired, diagnostics: [] })
})
