import { describe, expect, it } from 'vitest'
import { expandRange, hasRange } from '../../../src/unit/range.ts'

describe('expandRange', () => {
  it.each([
    ['h1', ['h1']],
    ['h[1-3]', ['h1', 'h2', 'h3']],
    ['h[7-7]', ['h7']],
    ['h[0-2]', ['h0', 'h1', 'h2']],
    ['h[08-11]', ['h08', 'h09', 'h10', 'h11']],
    ['h[001-002]', ['h001', 'h002']],
    ['h[9-11]', ['h9', 'h10', 'h11']],
    ['r[1-3]-[1-2]', ['r1-1', 'r1-2', 'r2-1', 'r2-2', 'r3-1', 'r3-2']],
    ['web.[1-2].example', ['web.1.example', 'web.2.example']],
    ['sw[1-2]:eth0', ['sw1:eth0', 'sw2:eth0']],
    ['sw:eth[0-1]', ['sw:eth0', 'sw:eth1']],
    ['[1-2]', ['1', '2']],
  ])('%s', (text, expected) => {
    expect(expandRange(text)).toEqual({ value: expected })
  })

  it.each([
    ['h[3-1]', 'write [1-3]'],
    ['h[a-b]', 'two numbers are wanted'],
    ['h[]', 'two numbers are wanted'],
    ['h[1]', 'two numbers are wanted'],
    ['h[1,3]', 'two numbers are wanted'],
    ['h[1-3', '"[" without a "]"'],
    ['h1-3]', '"]" without a "["'],
    ['h[1-2]]', '"]" without a "["'],
    ['h[[1-2]', 'two numbers are wanted'],
    ['h[08-100]', 'write [008-100]'],
    ['h[1-100001]', 'more than 100,000 names'],
    ['h[1-1000]-[1-1000]', 'more than 100,000 names'],
    ['h[1-99999999999999999999]', 'two numbers are wanted'],
  ])('refuses %s', (text, words) => {
    expect(expandRange(text).problem).toContain(words)
  })

  it('expands as many names as it promises', () => {
    expect(expandRange('h[1-100000]').value).toHaveLength(100_000)
  })
})

describe('hasRange', () => {
  it.each([
    ['h1', false],
    ['h[1-2]', true],
    ['h1]', true],
  ])('%s: %s', (text, expected) => {
    expect(hasRange(text)).toBe(expected)
  })
})
