import { describe, expect, it } from 'vitest'
import { derivedMac, linkLocalOf, parseMac } from '../../../src/unit/mac.ts'

describe('parseMac', () => {
  it.each([
    ['02:00:5e:10:00:01', '02:00:5e:10:00:01'],
    ['02-00-5E-10-00-01', '02:00:5e:10:00:01'],
    ['2:0:5e:1:0:1', '02:00:5e:01:00:01'],
    ['AA:BB:CC:DD:EE:FF', 'aa:bb:cc:dd:ee:ff'],
  ])('reads %s', (text, expected) => {
    expect(parseMac(text)).toEqual({ value: expected })
  })

  it.each([
    ['02:00:5e:10:00', 'six bytes'],
    ['02:00:5e:10:00:01:02', 'six bytes'],
    ['02:00:5e:10:00:0g', 'six bytes'],
    ['02:00-5e:10:00:01', 'six bytes'],
    ['02005e100001', 'six bytes'],
    ['00:00:00:00:00:00', 'no address that a link can have'],
    ['ff:ff:ff:ff:ff:ff', 'broadcast'],
    ['01:00:5e:00:00:01', 'multicast'],
    ['33:33:00:00:00:01', 'multicast'],
  ])('refuses %s', (text, words) => {
    expect(parseMac(text).problem).toContain(words)
  })
})

describe('derivedMac', () => {
  it('stays the same from version to version, because routers and leases remember it', () => {
    expect(derivedMac('dmz', 'h1', 'eth0')).toBe('02:ac:05:51:df:13')
  })

  it('is a locally administered unicast address', () => {
    for (let index = 0; index < 100; index++) {
      const mac = derivedMac('lab', `h${index}`, 'eth0')
      expect(parseMac(mac)).toEqual({ value: mac })
      expect(mac.startsWith('02:')).toBe(true)
    }
  })

  it('differs for each of 20,000 interfaces of a lab', () => {
    const macs = new Set<string>()
    for (let node = 0; node < 5000; node++) for (let link = 0; link < 4; link++) macs.add(derivedMac('lab', `h${node}`, `eth${link}`))
    expect(macs.size).toBe(20_000)
  })

  it('keeps lab, node and interface apart', () => {
    expect(new Set([derivedMac('a', 'b', 'c'), derivedMac('ab', '', 'c'), derivedMac('', 'ab', 'c'), derivedMac('a', 'bc', '')]).size).toBe(
      4,
    )
  })
})

describe('linkLocalOf', () => {
  it.each([
    ['02:f5:d9:7f:fc:1b', 'fe80::f5:d9ff:fe7f:fc1b'],
    ['00:00:5e:10:00:01', 'fe80::200:5eff:fe10:1'],
  ])('makes of %s what the kernel does', (mac, expected) => {
    expect(linkLocalOf(mac)).toBe(expected)
  })
})
