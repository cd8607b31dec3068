import { describe, expect, it } from 'vitest'
import { awaitsAnswer, isExpected } from '../../../src/check/expected.ts'
import { answerWords, outcomesOf } from '../../../src/lab/answer.ts'
import type { Flow, FlowAnswer } from '../../../src/linux/flow/flow.ts'
import type { ReachExpectation } from '../../../src/topology/tests/test.ts'

const PING: Flow = { kind: 'ping', from: 'h1', to: '10.0.0.2', timeoutMs: 1000 }
const TCP: Flow = { kind: 'tcp', from: 'h1', to: '10.0.0.2', port: 80, timeoutMs: 1000 }
const UDP6: Flow = { kind: 'udp', from: 'h1', to: 'fd00::2', port: 53, timeoutMs: 1000 }
const icmp = (type: number, code: number): FlowAnswer => ({ outcome: 'icmp', by: '10.0.0.1', type, code })

describe('an answer', () => {
  it.each<[string, Flow, FlowAnswer, string[]]>([
    ['an echo reply', PING, { outcome: 'answered', by: '10.0.0.2', rttMs: 1 }, ['reply']],
    ['a connection', TCP, { outcome: 'answered', by: '10.0.0.2', rttMs: 1 }, ['open']],
    ['a datagram', UDP6, { outcome: 'answered', by: 'fd00::2', rttMs: 1 }, ['answered']],
    ['a reset', TCP, { outcome: 'reset', rttMs: 1 }, ['refused']],
    ['silence of a ping', PING, { outcome: 'silent' }, ['no-reply', 'filtered']],
    ['silence of a connection', TCP, { outcome: 'silent' }, ['filtered']],
    ['port unreachable, of TCP', TCP, icmp(3, 3), ['refused']],
    ['port unreachable, of an echo', PING, icmp(3, 3), ['unreachable', 'no-reply']],
    ['port unreachable, ICMPv6', UDP6, icmp(1, 4), ['refused']],
    ['code 3 of ICMPv6 is no port', UDP6, icmp(1, 3), ['unreachable']],
    ['prohibited', TCP, icmp(3, 13), ['unreachable', 'filtered']],
    ['TTL exceeded', PING, icmp(11, 0), ['no-reply']],
    ['no route', TCP, { outcome: 'error', syscall: 'connect', code: 'ENETUNREACH' }, ['unreachable']],
    ['a prohibit route', TCP, { outcome: 'error', syscall: 'connect', code: 'EACCES' }, ['unreachable', 'filtered']],
    ['a blackhole route', TCP, { outcome: 'error', syscall: 'connect', code: 'EINVAL' }, ['unreachable', 'filtered']],
    [
      'a blackhole route, of a ping',
      PING,
      { outcome: 'error', syscall: 'sendto', code: 'EINVAL' },
      ['unreachable', 'no-reply', 'filtered'],
    ],
    ['the OUTPUT chain', UDP6, { outcome: 'error', syscall: 'sendto', code: 'EPERM' }, ['filtered']],
  ])('must count as what it is: %s', (_, flow, answer, outcomes) => {
    expect([...outcomesOf(flow, answer)]).toEqual(outcomes)
  })

  it('must be told with who sent it', () => {
    const nameOf = (address: string): string => `r1 (${address})`
    expect(answerWords(TCP, icmp(3, 13), nameOf)).toBe('r1 (10.0.0.1) answered ICMP "administratively prohibited"')
    expect(answerWords(PING, { ...icmp(3, 4), mtu: 1400 } as FlowAnswer, nameOf)).toContain('MTU 1400')
  })
})

describe('an expectation', () => {
  const base: ReachExpectation = { kind: 'tcp', pairs: [], ports: [80], expect: 'unreachable' }

  it('must hold for the code and the sender that it names, and no other', () => {
    const code = { text: 'admin-prohibited', v4: 13, v6: 1 }
    expect(isExpected({ ...base, code }, TCP, icmp(3, 13))).toBe(true)
    expect(isExpected({ ...base, code }, TCP, icmp(3, 1))).toBe(false)
    const by = { text: 'r1', addresses: ['10.0.0.1', '10.0.9.1'] }
    expect(isExpected({ ...base, by }, TCP, icmp(3, 1))).toBe(true)
    expect(isExpected({ ...base, by: { text: 'r2', addresses: ['10.0.9.2'] } }, TCP, icmp(3, 1))).toBe(false)
    expect(isExpected({ ...base, by }, TCP, { outcome: 'error', syscall: 'connect', code: 'ENETUNREACH' })).toBe(false)
  })

  it('must wait for an answer unless it is silence that is expected', () => {
    expect(
      (['reply', 'open', 'refused', 'unreachable', 'filtered', 'no-reply'] as const).map((expect) => awaitsAnswer({ ...base, expect })),
    ).toEqual([true, true, true, true, false, false])
  })
})
