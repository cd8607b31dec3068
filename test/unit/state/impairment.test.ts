/** Impairments: what is worked out, what is refused, and the way back from the kernel's numbers. */
import { describe, expect, it } from 'vitest'
import { findProblems, findWarnings } from '../../../src/state/impairment-problem.ts'
import { formatImpairment } from '../../../src/state/impairment-text.ts'
import { IMPAIRMENT_KEYS, mergeImpairments, parseImpairment } from '../../../src/state/impairment-words.ts'
import type { ImpairmentKey } from '../../../src/state/impairment-words.ts'
import { impairmentOf, qdiscsOf } from '../../../src/state/impairment.ts'
import type { Impairment } from '../../../src/state/impairment.ts'
import { qdiscText } from '../../../src/state/qdisc-words.ts'

type Words = Partial<Record<ImpairmentKey, string>>

function impairment(words: Words): Impairment {
  return Object.entries(words).reduce<Impairment>((sum, [key, text]) => {
    const { value, problem } = parseImpairment(key as ImpairmentKey, text)
    expect(problem).toBeUndefined()
    return mergeImpairments(sum, value ?? {})
  }, {})
}

const chainText = (words: Words): string[] => (qdiscsOf(impairment(words), 1500)?.qdiscs ?? []).map(({ options }) => qdiscText(options))

describe('the disciplines of', () => {
  it.each<[string, Words, string[]]>([
    ['nothing', {}, []],
    // 5 ms of the rate, at least two frames; 50 ms of it, at least 32 frames
    ['a rate', { rate: '10mbit' }, ['tbf rate 10mbit burst 6250 limit 68750']],
    ['a slow rate', { rate: '1mbit' }, ['tbf rate 1mbit burst 3200 limit 51648']],
    ['a rate with a limit', { rate: '10mbit', limit: '100' }, ['tbf rate 10mbit burst 6250 limit 68750', 'pfifo limit 100']],
    // a queue of one round trip
    [
      'a rate and a delay',
      { rate: '10mbit', delay: '100ms' },
      ['tbf rate 10mbit burst 6250 limit 256250', 'netem limit 1954 delay 100ms', 'bfifo limit 250000'],
    ],
    // 10 Gbit/s of full frames
    ['a delay', { delay: '100ms' }, ['netem limit 82563 delay 100ms']],
    [
      'a limit of its own',
      { rate: '10mbit', delay: '100ms', limit: '99' },
      ['tbf rate 10mbit burst 6250 limit 256250', 'netem limit 99 delay 100ms'],
    ],
  ])('%s', (_, words, texts) => expect(chainText(words)).toEqual(texts))
})

describe('what is read from the kernel', () => {
  it.each<[Words]>([
    [{ rate: '10mbit' }],
    [{ rate: '10mbit', burst: '32kb', latency: '100ms' }],
    [{ rate: '10mbit', delay: '20ms', jitter: '2ms 25%', loss: '1% 25%' }],
    [{ rate: '10mbit', limit: '40' }],
    [{ rate: '10mbit', queue: 'fq_codel target 10ms', delay: '5ms' }],
    [{ delay: '20ms', reorder: '25% 50% gap 5', duplicate: '1%', corrupt: '0.1% 5%', seed: '42' }],
    [{ loss: 'gemodel 1% 10% 70% 0.1%', ecn: 'true' }],
    [{ loss: 'state 1% 10% 5% 90% 0.1%', slot: '1ms 2ms packets 10 bytes 64000' }],
    [{ delay: '20ms', limit: '5000' }],
  ])('of %j says the same again', (words) => {
    const read = impairmentOf(qdiscsOf(impairment(words), 1500), 1500) ?? {}
    const texts = IMPAIRMENT_KEYS.flatMap((key) => (formatImpairment(key, read) === undefined ? [] : [[key, formatImpairment(key, read)]]))
    expect(Object.fromEntries(texts)).toEqual(words)
  })

  it('is nothing where another program has made a tree', () => {
    expect(impairmentOf({ qdiscs: [{ handle: 1, options: { kind: 'other', name: 'htb' } }] }, 1500)).toBeUndefined()
  })
})

describe('a combination that means nothing', () => {
  it.each<[Words, keyof Impairment]>([
    [{ latency: '1s' }, 'latency'],
    [{ queue: 'fq_codel' }, 'queue'],
    [{ rate: '1mbit', queue: 'fq_codel', latency: '1s' }, 'latency'],
    [{ limit: '10' }, 'limit'],
    [{ reorder: '25%' }, 'reorder'],
    [{ delay: '1ms', ecn: 'true' }, 'ecn'],
    [{ delay: '1ms', distribution: 'normal' }, 'distribution'],
    [{ seed: '1' }, 'seed'],
    [{ rate: '1mbit', burst: '1000' }, 'burst'],
    [{ rate: '10mbit', queue: 'red min 50kb burst 2' }, 'queue'],
    [{ rate: '10mbit', queue: 'red limit 1000' }, 'queue'],
    [{ rate: '10mbit', queue: 'red limit 1400 avpkt 64' }, 'queue'],
    // red_check_params: 22 bits of max, 10 of the average
    [{ rate: '1gbit', queue: 'red limit 8mb' }, 'queue'],
    [{ rate: '1gbit', queue: 'red limit 4mb burst 4000000' }, 'queue'],
    [{ rate: '10mbit', queue: 'bfifo limit 1000' }, 'queue'],
    [{ rate: '10mbit', delay: '5ms', latency: '1ms' }, 'latency'],
    [{ rate: '80bit' }, 'rate'],
    [{ rate: '10mbit', burst: '1gb' }, 'burst'],
    [{ rate: '10mbit', queue: 'sfq limit 20000' }, 'queue'],
    [{ rate: '10mbit', queue: 'sfq flows 1 depth 1' }, 'queue'],
    [{ rate: '10mbit', queue: 'sfq flows 200' }, 'queue'],
    [{ rate: '10mbit', queue: 'sfq flows 2000 limit 4000' }, 'queue'],
  ])('%j is told at %s', (words, key) => expect(findProblems(impairment(words), 1500).map((problem) => problem.key)).toEqual([key]))
})

it('a limit is too small when full frames at the rate do not fit it', () => {
  // 10 Mbit/s for 100 ms: 125,000 bytes, 83 frames of 1514
  expect(findWarnings(impairment({ rate: '10mbit', delay: '100ms', limit: '83' }), 1500)).toEqual([])
  expect(findWarnings(impairment({ rate: '10mbit', delay: '100ms', limit: '82' }), 1500)[0]?.detail).toContain('83 packets of 1514 bytes')
})

it('a queue of sfq without a limit is as long as its flows together', () => {
  expect(findProblems(impairment({ rate: '10mbit', queue: 'sfq flows 2 depth 10' }), 1500)).toEqual([])
  expect(chainText({ rate: '10mbit', queue: 'sfq flows 2 depth 10' })[1]).toMatch(/^sfq limit 20 flows 2 depth 10 /)
})

it('a red of as much as the kernel can average is as it should be', () => {
  expect(findProblems(impairment({ rate: '1gbit', queue: 'red limit 8388604' }), 1500)).toEqual([])
})

it('a red that is too short says how long it must be', () => {
  const [problem] = findProblems(impairment({ rate: '10mbit', queue: 'red limit 1000' }), 1500)
  expect(problem?.detail).toContain('`min` of 83 bytes is less than one packet of 1000 (`avpkt`): raise `min`, or `limit` to 12000')
})

describe('words that tc does not read', () => {
  it.each<[ImpairmentKey, string]>([
    ['delay', '20'],
    ['delay', '20ms 5ms 25% 3'],
    ['loss', '101%'],
    ['loss', 'gemodel'],
    ['loss', 'state 1% 2% 3% 4% 5% 6%'],
    ['jitter', '5ms distribution square'],
    ['reorder', '25% gap 0'],
    ['slot', '5ms 1ms'],
    ['slot', 'distribution normal 1ms'],
    ['slot', 'distribution normal 1ms 3s'],
    ['slot', '1ms bytes 3gb'],
    ['slot', '1ms packets 2147483647'],
    ['slot', '0ms'],
    ['jitter', '2148ms'],
    ['delay', '5s 3s'],
    ['queue', 'htb'],
    ['queue', 'fq_codel tarjet 5ms'],
    ['queue', 'codel target 100ns'],
    ['limit', '0'],
    ['ecn', 'maybe'],
    ['rate', '10mbit 5mbit'],
  ])('%s %s', (key, text) => expect(parseImpairment(key, text).problem).toBeDefined())
})
