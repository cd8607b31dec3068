import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../../src/unit/duration.ts'

describe('parseDuration', () => {
  it.each([
    ['20ms', 20_000_000n],
    ['5s', 5_000_000_000n],
    ['1.5s', 1_500_000_000n],
    ['100us', 100_000n],
    ['100µs', 100_000n],
    ['100μs', 100_000n],
    ['7ns', 7n],
    ['2m', 120_000_000_000n],
    ['1h', 3_600_000_000_000n],
    ['0.1ms', 100_000n],
    ['0', 0n],
    ['0s', 0n],
    ['20 ms', 20_000_000n],
    ['20MS', 20_000_000n],
    ['.5s', 500_000_000n],
    ['1.s', 1_000_000_000n],
    ['1e-3s', 1_000_000n],
    ['1.5E+2us', 150_000n],
    ['0.e0', 0n],
    ['0.000000001s', 1n],
    ['9223372036854775807ns', 2n ** 63n - 1n],
  ])('reads %s', (text, ns) => {
    expect(parseDuration(text)).toEqual({ value: ns })
  })

  it.each([
    ['', 'is not a duration'],
    ['ms', 'is not a duration'],
    ['-1s', 'is not a duration'],
    ['1,5s', 'is not a duration'],
    ['.s', 'is not a duration'],
    ['1e3', 'write 1e3ms'],
    ['1e-99s', 'finer than a nanosecond'],
    ['1e99s', 'longer than 292 years'],
    ['+5ms', 'is not a duration'],
    ['0x10ms', 'is not a duration'],
    ['20M', 'unknown unit "M"'],
    ['20', 'write 20ms or 20s'],
    ['20 second', 'unknown unit "second"'],
    ['20 sec', undefined],
    ['20msecs', undefined],
    ['0.5ns', 'finer than a nanosecond'],
    ['9223372036854775808ns', 'longer than 292 years'],
    ['300000h', undefined],
    ['9999999h', 'longer than 292 years'],
  ])('says of "%s": %s', (text, words) => {
    if (words === undefined) expect(parseDuration(text).problem).toBeUndefined()
    else expect(parseDuration(text).problem).toContain(words)
  })
})
