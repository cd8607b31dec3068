import { describe, expect, it } from 'vitest'
import { hash53 } from '../../../src/unit/hash.ts'

describe('hash53', () => {
  // The vectors that the author of cyrb53 gives.
  it.each([
    ['a', 7929297801672961],
    ['b', 8684336938537663],
    ['revenge', 4051478007546757],
    ['revenue', 8309097637345594],
  ])('of "%s" is %s', (text, expected) => {
    expect(hash53(text)).toBe(expected)
  })
})
