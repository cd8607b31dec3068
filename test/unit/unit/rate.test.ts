import { describe, expect, it } from 'vitest'
import { formatProbability, parseProbability } from '../../../src/unit/probability.ts'
import { formatRate, parseRate } from '../../../src/unit/rate.ts'
import { formatSize, parseSize } from '../../../src/unit/size.ts'

describe('a rate', () => {
  it.each([
    ['10mbit', 1_250_000],
    ['10Mbit', 1_250_000],
    ['1.5gbit', 187_500_000],
    ['64kbit', 8_000],
    ['1kibit', 128],
    ['2MBps', 2_000_000],
    ['1KiBps', 1024],
    ['800', 100],
    ['9bit', 1],
    ['10 mbit', 1_250_000],
  ])('%s is %d bytes a second, as tc has it', (text, value) => expect(parseRate(text)).toEqual({ value }))

  it.each(['', 'fast', '10mbat', '10m', '10Mb', '-1mbit', '7bit', '10%', '9999999tbit'])('"%s" is none', (text) =>
    expect(parseRate(text).problem).toBeDefined(),
  )

  it.each([125, 1_250_000, 187_500_000, 5_000_000_000, 1, 123_457])('of %d bytes is read as it is written', (value) => {
    expect(parseRate(formatRate(value))).toEqual({ value })
  })
})

describe('a size', () => {
  it.each([
    ['1600', 1600],
    ['32kb', 32_768],
    ['32k', 32_768],
    ['1mb', 1_048_576],
    ['8kbit', 1024],
    ['1.5kb', 1536],
  ])('%s is %d bytes, as tc has it', (text, value) => expect(parseSize(text)).toEqual({ value }))

  it.each(['', 'x', '5gb', '-1', '1tb'])('"%s" is none', (text) => expect(parseSize(text).problem).toBeDefined())

  it.each([0, 1, 1600, 4096, 3 * 1024 ** 2])('of %d bytes is read as it is written', (value) => {
    expect(parseSize(formatSize(value))).toEqual({ value })
  })
})

describe('a probability', () => {
  // rint(percent / 100 * 4294967295), what tc sends
  it.each([
    ['1%', 42_949_673],
    ['1', 42_949_673],
    ['0.1%', 4_294_967],
    ['100%', 0xffff_ffff],
    ['0%', 0],
    ['0.0000001%', 4],
    ['1e1%', 429_496_730],
    ['5.%', 214_748_365],
  ])('%s is %d parts of 2^32 - 1', (text, value) => expect(parseProbability(text)).toEqual({ value }))

  it.each(['', '101%', '-1%', 'often', '1%%'])('"%s" is none', (text) => expect(parseProbability(text).problem).toBeDefined())

  it.each([0, 1, 42_949_673, 0x8000_0000, 0xffff_fffe, 0xffff_ffff])('of %d is read as it is written', (value) => {
    expect(parseProbability(formatProbability(value))).toEqual({ value })
  })
})
