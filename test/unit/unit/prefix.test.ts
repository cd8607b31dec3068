import { describe, expect, it } from 'vitest'
import {
  containsAddress,
  containsPrefix,
  formatInterfaceAddress,
  formatPrefix,
  hostAddresses,
  hostCount,
  isNetworkOrBroadcast,
  nthAddress,
  overlaps,
  parsePrefix,
  subnets,
} from '../../../src/unit/prefix.ts'
import type { Prefix } from '../../../src/unit/prefix.ts'

/** For texts that are prefixes: bare addresses too. */
function prefix(text: string): Prefix {
  const parsed = parsePrefix(text, { bare: true })
  if (parsed === undefined) throw new Error(`"${text}" is not a prefix`)
  return parsed
}

/** At most `count`, because an IPv6 network has more than memory. */
function take<T>(values: Iterable<T>, count: number): T[] {
  const taken: T[] = []
  for (const value of values) {
    if (taken.length === count) break
    taken.push(value)
  }
  return taken
}

describe('parsePrefix', () => {
  it.each([
    ['10.0.0.1/24', { family: 4, address: '10.0.0.1', prefixlen: 24, network: '10.0.0.0' }],
    ['10.255.3.77/9', { family: 4, address: '10.255.3.77', prefixlen: 9, network: '10.128.0.0' }],
    ['0.0.0.0/0', { family: 4, address: '0.0.0.0', prefixlen: 0, network: '0.0.0.0' }],
    ['255.255.255.255/0', { family: 4, address: '255.255.255.255', prefixlen: 0, network: '0.0.0.0' }],
    ['FD00:1::1/64', { family: 6, address: 'fd00:1::1', prefixlen: 64, network: 'fd00:1::' }],
    ['2001:db8::ffff/126', { family: 6, address: '2001:db8::ffff', prefixlen: 126, network: '2001:db8::fffc' }],
  ] as const)('reads %s', (text, expected) => {
    expect(parsePrefix(text)).toEqual(expected)
  })

  it.each([
    '10.0.0.1',
    '10.0.0.1/',
    '10.0.0.1/33',
    '10.0.0.1/024',
    '10.0.0.1/-1',
    '10.0.0.1/24/24',
    '::/129',
    '10/8',
    '/24',
    'x/1',
    '10.0.0.1/1e1',
  ])('refuses "%s"', (text) => {
    expect(parsePrefix(text)).toBeUndefined()
  })

  it('takes an address for a prefix of all its bits when asked to', () => {
    expect(parsePrefix('10.0.0.1', { bare: true })).toMatchObject({ prefixlen: 32, network: '10.0.0.1' })
    expect(parsePrefix('fd00::1', { bare: true })).toMatchObject({ prefixlen: 128, network: 'fd00::1' })
  })
})

describe('writing', () => {
  it('writes the network, or the address with its length', () => {
    expect(formatPrefix(prefix('10.0.0.1/24'))).toBe('10.0.0.0/24')
    expect(formatInterfaceAddress(prefix('10.0.0.1/24'))).toBe('10.0.0.1/24')
  })
})

describe('containsAddress', () => {
  it.each([
    ['10.0.0.0/24', '10.0.0.255', true],
    ['10.0.0.0/24', '10.0.1.0', false],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '1.2.3.4', false],
    ['fd00::/64', 'fd00::ffff:0:0:1', true],
    ['fd00::/64', 'fd00:0:0:1::', false],
    ['10.0.0.1/32', '10.0.0.1', true],
  ])('%s and %s: %s', (outer, address, expected) => {
    expect(containsAddress(prefix(outer), address)).toBe(expected)
  })
})

describe('containsPrefix and overlaps', () => {
  it.each([
    ['10.0.0.0/8', '10.1.0.0/16', true, true],
    ['10.1.0.0/16', '10.0.0.0/8', false, true],
    ['10.0.0.0/24', '10.0.0.0/24', true, true],
    ['10.0.0.0/24', '10.0.1.0/24', false, false],
    ['0.0.0.0/0', '::/0', false, false],
    ['fd00::/16', 'fd00:1::/64', true, true],
  ])('%s and %s: contains %s, overlaps %s', (a, b, contains, overlap) => {
    expect(containsPrefix(prefix(a), prefix(b))).toBe(contains)
    expect(overlaps(prefix(a), prefix(b))).toBe(overlap)
  })
})

describe('hostAddresses', () => {
  it.each([
    ['10.0.0.0/29', ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6']],
    ['10.0.0.0/30', ['10.0.0.1', '10.0.0.2']],
    ['10.0.0.0/31', ['10.0.0.0', '10.0.0.1']],
    ['10.0.0.7/32', ['10.0.0.7']],
    ['fd00::/127', ['fd00::', 'fd00::1']],
    ['fd00::7/128', ['fd00::7']],
    ['fd00::/126', ['fd00::1', 'fd00::2', 'fd00::3']],
    ['10.0.0.77/28', ['10.0.0.65', '10.0.0.66', '10.0.0.67', '10.0.0.68']],
  ])('of %s, the first', (text, expected) => {
    expect(take(hostAddresses(prefix(text)), expected.length)).toEqual(expected)
  })

  it('end before the broadcast address', () => {
    expect([...hostAddresses(prefix('10.0.0.0/24'))].at(-1)).toBe('10.0.0.254')
  })

  it('of an IPv6 network begin at once', () => {
    expect(take(hostAddresses(prefix('fd00::/64')), 2)).toEqual(['fd00::1', 'fd00::2'])
  })

  it.each([
    ['10.0.0.0/24', 254n],
    ['10.0.0.0/31', 2n],
    ['10.0.0.0/32', 1n],
    ['0.0.0.0/0', 2n ** 32n - 2n],
    ['fd00::/64', 2n ** 64n - 1n],
    ['fd00::/127', 2n],
  ])('of %s are %s', (text, count) => {
    expect(hostCount(prefix(text))).toBe(count)
  })
})

describe('nthAddress', () => {
  it('counts from the first address of the network', () => {
    expect(nthAddress(prefix('10.0.0.9/24'), 0)).toBe('10.0.0.0')
    expect(nthAddress(prefix('10.0.0.9/24'), 255)).toBe('10.0.0.255')
    expect(nthAddress(prefix('fd00::/64'), 2n ** 64n - 1n)).toBe('fd00::ffff:ffff:ffff:ffff')
  })

  it('gives nothing outside', () => {
    expect(nthAddress(prefix('10.0.0.9/24'), 256)).toBeUndefined()
    expect(nthAddress(prefix('10.0.0.9/24'), -1)).toBeUndefined()
  })
})

describe('subnets', () => {
  it('of a /22 in /24', () => {
    expect([...subnets(prefix('10.0.0.0/22'), 24)].map(formatPrefix)).toEqual(['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24'])
  })

  it('of a large network begin at once', () => {
    expect(take(subnets(prefix('fd00::/8'), 127), 2).map(formatPrefix)).toEqual(['fd00::/127', 'fd00::2/127'])
  })

  it('of the same length are the network itself', () => {
    expect([...subnets(prefix('10.0.0.0/24'), 24)].map(formatPrefix)).toEqual(['10.0.0.0/24'])
  })

  it.each([23, 33])('are none for /%s of a /24', (prefixlen) => {
    expect([...subnets(prefix('10.0.0.0/24'), prefixlen)]).toEqual([])
  })
})

describe('isNetworkOrBroadcast', () => {
  it.each([
    ['10.0.0.0/24', true],
    ['10.0.0.255/24', true],
    ['10.0.0.1/24', false],
    ['10.0.0.0/31', false],
    ['10.0.0.1/32', false],
    ['fd00::/64', true],
    ['fd00::ffff:ffff:ffff:ffff/64', false],
    ['fd00::/127', false],
  ])('%s: %s', (text, expected) => {
    expect(isNetworkOrBroadcast(prefix(text))).toBe(expected)
  })
})
