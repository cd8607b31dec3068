import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shiftSubnets } from '../../../src/topology/shift-subnets.ts'
import { formatAddress } from '../../../src/unit/address.ts'
import { containsAddress, parsePrefix, prefixOf } from '../../../src/unit/prefix.ts'

describe('a text with its subnets moved', () => {
  it('must be the same for the same seed, and another for another', () => {
    const text = 'subnet: 10.0.1.0/24'
    expect(shiftSubnets(text, 'ada')).toBe(shiftSubnets(text, 'ada'))
    expect(shiftSubnets(text, 'ada')).not.toBe(shiftSubnets(text, 'bob'))
    expect(shiftSubnets(text, 'ada')).not.toBe(text)
  })

  it('must keep what is not private, and what is no address', () => {
    const text =
      'to: 203.0.113.1, 224.0.0.5 127.0.0.1 0.0.0.0/0 version 10.1.2.3.4 v10.1.2.3 mac 02:fd:00:00:00:01 fe80::1 2001:db8::1 00:fd00:1'
    expect(shiftSubnets(text, 'ada')).toBe(text)
  })

  it('must move addresses wherever they stand', () => {
    const moved = shiftSubnets('- -A FORWARD -s 10.0.1.0/24 -j ACCEPT\nrun: ping 10.0.1.7; [fd00:1::1]:80 192.168.7.1 172.16.3.4', 'ada')
    const [, byte] = /-s 10\.(\d+)\.1\.0\/24 -j/.exec(moved)!
    expect(moved).toContain(`ping 10.${byte}.1.7;`)
    expect(moved).toMatch(/\[fd00:[0-9a-f]+::1\]:80 192\.168\.\d+\.1 172\.(1[6-9]|2\d|3[01])\.3\.4$/)
    expect(moved).not.toContain('fd00:1::')
  })

  it('must leave every address in the networks in which it was, and in no other', () => {
    const v4 = fc.integer({ min: 0x0a000000, max: 0x0affffff }).map((value) => formatAddress(4, BigInt(value)))
    const v6 = fc.bigInt({ min: 0xfdn << 120n, max: (0xfen << 120n) - 1n }).map((value) => formatAddress(6, value))
    const samples = fc.oneof(fc.tuple(v4, v4, fc.integer({ min: 8, max: 32 })), fc.tuple(v6, v6, fc.integer({ min: 8, max: 128 })))
    fc.assert(
      fc.property(samples, fc.string(), ([one, other, length], seed) => {
        const network = prefixOf(one, length)
        const [base, moved] = shiftSubnets(`${network.address}/${length} ${other}`, seed).split(' ') as [string, string]
        expect(containsAddress(parsePrefix(base)!, moved)).toBe(containsAddress(network, other))
      }),
    )
  })
})
