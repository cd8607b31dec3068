import { closeSync, openSync, readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { close, receiveDescriptors, sendDescriptors, socketpair } from '../../../src/linux/libc.ts'

describe('a packet with descriptors', () => {
  let pair: readonly [number, number]
  let fd: number
  beforeEach(() => {
    pair = socketpair()
    fd = openSync('/dev/null', 'r')
  })
  afterEach(() => {
    closeSync(fd)
    pair.forEach(close)
  })

  it('arrives with all of them', () => {
    sendDescriptors(pair[0], 'ok net mnt', [fd, fd])
    const { text, descriptors } = receiveDescriptors(pair[1])
    expect(text).toBe('ok net mnt')
    expect(new Set([...descriptors, fd]).size).toBe(3)
    descriptors.forEach(close)
  })

  it('of which the kernel drops some is an error, and leaves none open', () => {
    const before = readdirSync('/proc/self/fd').length
    sendDescriptors(pair[0], 'ok', new Array<number>(20).fill(fd))
    expect(() => receiveDescriptors(pair[1])).toThrow(/EMFILE/)
    expect(readdirSync('/proc/self/fd')).toHaveLength(before)
  })
})
