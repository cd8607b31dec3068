import { describe, expect, it } from 'vitest'
import { didYouMean, suggest } from '../../../src/diagnostic/suggest.ts'

describe('suggest', () => {
  it.each([
    ['mtuu', ['mtu', 'mac'], 'mtu'],
    ['Nodes', ['nodes', 'links'], 'nodes'],
    ['eht0', ['eth0', 'eth1'], 'eth0'],
    ['h3', ['h1', 'h2'], 'h1'],
    ['gatway', ['gateway', 'address'], 'gateway'],
    ['interfacse', ['interfaces', 'iptables'], 'interfaces'],
  ])('finds for "%s" among %j "%s"', (word, candidates, expected) => {
    expect(suggest(word, candidates)).toBe(expected)
  })

  it.each([
    ['foo', ['to', 'via']],
    ['x', ['y', 'z']],
    ['zebra', ['nodes', 'links']],
    ['', ['a']],
  ])('finds nothing for "%s" among %j', (word, candidates) => {
    expect(suggest(word, candidates)).toBeUndefined()
  })
})

describe('didYouMean', () => {
  it('is a sentence to put behind another, or nothing', () => {
    expect(didYouMean('mtuu', ['mtu'])).toBe(' Did you mean "mtu"?')
    expect(didYouMean('zebra', ['mtu'])).toBe('')
  })
})
