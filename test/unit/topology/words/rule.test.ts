import { describe, expect, it } from 'vitest'
import { parseRuleWords } from '../../../../src/topology/words/rule.ts'

const LOOKUP = { not: false, action: 'lookup' }

describe('parseRuleWords', () => {
  it.each([
    ['from 10.1.0.0/24 table 100', { ...LOOKUP, family: 4, from: '10.1.0.0/24', table: 100 }],
    ['from 10.1.0.1 lookup main', { ...LOOKUP, family: 4, from: '10.1.0.1/32', table: 254 }],
    ['from 10.1.0.9/24 table 5', { ...LOOKUP, family: 4, from: '10.1.0.0/24', table: 5 }],
    ['from all to fd00::/8 lookup local pref 10', { ...LOOKUP, family: 6, to: 'fd00::/8', table: 255, priority: 10 }],
    ['from ::/0 table 7', { ...LOOKUP, family: 6, table: 7 }],
    ['not from 10.0.0.0/8 table 7', { ...LOOKUP, not: true, family: 4, from: '10.0.0.0/8', table: 7 }],
    ['iif eth0 table 7', { ...LOOKUP, iif: 'eth0', table: 7 }],
    ['dev eth0 table 7', { ...LOOKUP, iif: 'eth0', table: 7 }],
    ['oif eth0 table 7 order 0', { ...LOOKUP, oif: 'eth0', table: 7, priority: 0 }],
    ['fwmark 1 table 7', { ...LOOKUP, fwmark: 1, table: 7 }],
    ['fwmark 0x1/0xff table 7', { ...LOOKUP, fwmark: 1, fwmask: 255, table: 7 }],
    ['ipproto tcp dport 80 table 7', { ...LOOKUP, ipproto: 6, dport: { start: 80, end: 80 }, table: 7 }],
    ['ipproto 17 sport 1000-2000 table 7', { ...LOOKUP, ipproto: 17, sport: { start: 1000, end: 2000 }, table: 7 }],
    ['table main suppress_prefixlength 0', { ...LOOKUP, table: 254, suppressPrefixlen: 0 }],
    ['from 10.0.0.0/8 blackhole', { not: false, action: 'blackhole', family: 4, from: '10.0.0.0/8' }],
    ['to 10.0.0.0/8 unreachable priority 9', { not: false, action: 'unreachable', family: 4, to: '10.0.0.0/8', priority: 9 }],
    ['prohibit from 10.0.0.0/8', { not: false, action: 'prohibit', family: 4, from: '10.0.0.0/8' }],
    ['from 10.0.0.0/8', { ...LOOKUP, family: 4, from: '10.0.0.0/8', table: 254 }],
  ])('reads "%s"', (text, expected) => {
    const parsed = parseRuleWords(text)
    expect(parsed.problems).toEqual([])
    expect(parsed.value).toEqual(expected)
  })

  it.each([
    ['', '', 'is empty'],
    ['from', 'from', 'wants a prefix'],
    ['form 10.0.0.0/8 table 7', 'form', 'Did you mean "from"?'],
    ['from 10/8 table 7', '10/8', 'Write 10.0.0.0/8'],
    ['from 10.0.0.0/8 lookpu 7', 'lookpu', 'Did you mean "lookup"?'],
    ['from 10.0.0.0/8 goto 7', 'goto', 'does not take "goto" of "ip rule add". It takes not, from, to'],
    ['uidrange 0-5 table 7', 'uidrange', 'does not take "uidrange"'],
    ['from 10.0.0.0/8 from 10.0.0.0/9 table 7', 'from', 'again'],
    ['from 10.0.0.0/8 to fd00::/8 table 7', 'fd00::/8', 'one family'],
    ['from 10.0.0.0/8 table 7 blackhole', 'blackhole', 'not both'],
    ['from 10.0.0.0/8 table 7 lookup 8', 'lookup', 'again'],
    ['prohibit suppress_prefixlength 1', '1', 'works on the result of a table'],
    ['fwmark x table 7', 'x', 'is not a mark'],
    ['fwmark 1/2/3 table 7', '1/2/3', 'is not a mark'],
    ['ipproto tpc table 7', 'tpc', 'is not a protocol'],
    ['dport 65535 table 7', '65535', '1 to 65534'],
    ['dport 90-80 table 7', '90-80', '1 to 65534'],
    ['from 10.0.0.0/8 table 7 pref x', 'x', 'is not a pref'],
    ['iif a:b table 7', 'a:b', '":"'],
  ])('says what is wrong with "%s"', (text, marked, words) => {
    const { value, problems } = parseRuleWords(text)
    expect(value).toBeUndefined()
    expect(problems).toHaveLength(1)
    const [problem] = problems
    expect(text.slice(problem?.offset, (problem?.offset ?? 0) + (problem?.length ?? 0))).toBe(marked)
    expect(problem?.message).toContain(words)
  })
})
