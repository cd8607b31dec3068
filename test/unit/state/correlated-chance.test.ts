import { describe, expect, it } from 'vitest'
import { correlatedShare, correlationProblems } from '../../../src/state/correlated-chance.ts'
import { mergeImpairments, parseImpairment, type ImpairmentKey } from '../../../src/state/impairment-words.ts'

function warningsOf(key: ImpairmentKey, words: string): string[] {
  const parsed = parseImpairment(key, words)
  return correlationProblems(mergeImpairments({}, parsed.value ?? {})).map((problem) => `${problem.key}: ${problem.detail.split(':')[0]!}`)
}

describe('the share of throws that meet a chance', () => {
  it.each([
    [0.3, 0, 0.3],
    // As counted in two million throws of get_crandom.
    [0.3, 0.25, 0.2334],
    [0.1, 0.25, 0.0176],
    [0.05, 0.25, 0.0019],
    [0.2, 0.5, 0.0295],
    [0.5, 0.9, 0.5],
    [0.01, 0.25, 0],
  ])('%d with a correlation of %d is met by %d', (probability, correlation, share) => {
    expect(correlatedShare(probability, correlation)).toBeCloseTo(share, 2)
  })
})

it('a chance of which the correlation leaves something else is told', () => {
  expect(warningsOf('loss', '1% 25%')).toEqual(['loss: A chance of 1% with a correlation of 25% is met by less than 0.01% of the packets'])
  expect(warningsOf('reorder', '20% 50%')).toEqual(['reorder: A chance of 20% with a correlation of 50% is met by 3% of the packets'])
  expect(warningsOf('duplicate', '50% 50%')).toEqual([])
  expect(warningsOf('loss', '1%')).toEqual([])
})

it('a jitter with a correlation is told to have none', () => {
  expect(warningsOf('jitter', '5ms 25%')).toEqual(['jitter: A jitter with a correlation is as one without'])
})
