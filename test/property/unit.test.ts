// Quantities and names: whatever comes in, nothing throws, and what is written is read back.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pictureOf, displayWidth } from '../../src/diagnostic/picture.ts'
import { parseRouteWords } from '../../src/topology/words/route.ts'
import { parseRuleWords } from '../../src/topology/words/rule.ts'
import { addressValue, formatAddress, parseAddress } from '../../src/unit/address.ts'
import { ifnameProblem, shortIfname } from '../../src/unit/ifname.ts'
import { containsAddress, hostAddresses, hostCount, prefixOf } from '../../src/unit/prefix.ts'
import { expandRange } from '../../src/unit/range.ts'

const value4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n })
const value6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })

describe('addresses', () => {
  it('are read as they are written', () => {
    fc.assert(fc.property(value4, (value) => void expect(addressValue(formatAddress(4, value))).toBe(value)))
    fc.assert(fc.property(value6, (value) => void expect(addressValue(formatAddress(6, value))).toBe(value)))
  })

  it('have one canonical text each', () => {
    fc.assert(fc.property(fc.ipV6(), (text) => void expect(parseAddress(text)).toEqual(parseAddress(parseAddress(text)?.text ?? ''))))
    fc.assert(fc.property(fc.ipV4(), (text) => void expect(parseAddress(text)?.text).toBe(text)))
  })
})

describe('prefixes', () => {
  it('contain their address and their hosts', () => {
    fc.assert(
      fc.property(value4, fc.integer({ min: 22, max: 32 }), (value, prefixlen) => {
        const prefix = prefixOf(formatAddress(4, value), prefixlen)
        const hosts = [...hostAddresses(prefix)]
        expect(BigInt(hosts.length)).toBe(hostCount(prefix))
        expect([prefix.address, ...hosts].every((address) => containsAddress(prefix, address))).toBe(true)
      }),
    )
  })
})

describe('names', () => {
  it('of the fabric are names that the kernel takes', () => {
    const name = fc.string({ minLength: 1, maxLength: 63 })
    fc.assert(fc.property(name, name, (node, ifname) => void expect(ifnameProblem(shortIfname(node, ifname))).toBeUndefined()))
  })

  it('in ranges never throw', () => {
    const text = fc.string({ unit: fc.constantFrom('h', '[', ']', '-', '0', '1', '9', ':') })
    fc.assert(fc.property(text, (range) => void expect(Object.keys(expandRange(range))).toHaveLength(1)))
  })
})

describe('words', () => {
  const word = fc.constantFrom(
    ...'default via inet6 10.0.0.1 fe80::1 dev eth0 a/b metric table mtu lock onlink nexthop weight 5 10.0.0.0/8 blackhole from to not'.split(
      ' ',
    ),
    ...'iif fwmark 0x1/0xff lookup pref ipproto tcp sport 80-90 src suppress_prefixlength'.split(' '),
  )

  it('give a value or problems that lie inside the text', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const text = words.join(' ')
        for (const { value, problems } of [parseRouteWords(text), parseRuleWords(text)]) {
          expect(value === undefined).toBe(problems.length > 0)
          for (const { offset, length } of problems) expect(offset + length).toBeLessThanOrEqual(text.length)
        }
      }),
    )
  })
})

describe('pictures', () => {
  it('fit their width and have a mark under the line', () => {
    const line = fc.string({ unit: fc.constantFrom('a', '\t', '語', 'e\u0301', '🙂', ' ', '\u001b'), maxLength: 200 })
    fc.assert(
      fc.property(line, fc.nat(), fc.nat({ max: 50 }), fc.integer({ min: 20, max: 80 }), (text, at, length, width) => {
        const drawn = pictureOf(text, (at % (text.length + 1)) + 1, length, '^', width)
        expect(displayWidth(drawn.line)).toBeLessThanOrEqual(width)
        expect(drawn.marks.length).toBeLessThanOrEqual(width)
        expect(drawn.marks).toMatch(/^ *\^+$/)
      }),
    )
  })
})
