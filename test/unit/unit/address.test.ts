import { describe, expect, it } from 'vitest'
import { addressValue, formatAddress, isLinkLocal6, isMulticast, parseAddress } from '../../../src/unit/address.ts'

describe('parseAddress', () => {
  // RFC 5952 section 4, and inet_ntop(3) for the mapped ones.
  it.each([
    ['10.0.0.1', 4, '10.0.0.1'],
    ['255.255.255.255', 4, '255.255.255.255'],
    ['::', 6, '::'],
    ['::1', 6, '::1'],
    ['2001:DB8::0001', 6, '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', 6, '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', 6, '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', 6, '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', 6, '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', 6, '1:2:3:4:5:6:7:0'],
    ['0:0:0:0:0:0:0:0', 6, '::'],
    ['fd00::', 6, 'fd00::'],
    ['::ffff:1.2.3.4', 6, '::ffff:1.2.3.4'],
    ['::ffff:102:304', 6, '::ffff:1.2.3.4'],
    ['::1.2.3.4', 6, '::102:304'],
    ['64:ff9b::192.0.2.33', 6, '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:192.0.2.1', 6, '1:2:3:4:5:6:c000:201'],
  ] as const)('reads %s', (text, family, canonical) => {
    expect(parseAddress(text)).toEqual({ family, text: canonical })
  })

  it.each([
    '',
    '10.1',
    '010.0.0.1',
    '10.0.0.256',
    '10.0.0.1/24',
    ' 10.0.0.1',
    '0x0a.0.0.1',
    '1::2::3',
    '00001::',
    'fe80::1%eth0',
    '::ffff:01.2.3.4',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '[::1]',
    'g::',
  ])('refuses "%s"', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })
})

describe('addressValue and formatAddress', () => {
  it.each(['0.0.0.0', '192.168.255.1', '255.255.255.255'])("are each other's inverse for %s", (text) => {
    expect(formatAddress(4, addressValue(text))).toBe(text)
  })

  it.each(['::', '::1', 'ff02::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::ffff:10.0.0.1', '1::'])(
    "are each other's inverse for %s",
    (text) => {
      expect(formatAddress(6, addressValue(text))).toBe(text)
    },
  )
})

describe('isLinkLocal6', () => {
  it.each([
    ['fe80::1', true],
    ['febf::1', true],
    ['fec0::1', false],
    ['169.254.0.1', false],
  ])('%s: %s', (text, expected) => {
    expect(isLinkLocal6(text)).toBe(expected)
  })
})

describe('isMulticast', () => {
  it.each([
    ['224.0.0.1', true],
    ['239.255.255.255', true],
    ['223.255.255.255', false],
    ['240.0.0.1', false],
    ['ff02::1', true],
    ['fe80::1', false],
    ['ff::1', false],
  ])('%s: %s', (text, expected) => {
    expect(isMulticast(text)).toBe(expected)
  })
})
