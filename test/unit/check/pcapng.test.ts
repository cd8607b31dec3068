import { expect, it } from 'vitest'
import { formatPcapng } from '../../../src/check/pcapng.ts'
import type { Sighting } from '../../../src/linux/flow/capture.ts'

it('a capture must have an interface for each place, and each frame at its time', () => {
  const seen = (netns: string, isOut: boolean, atMs: number): Sighting => ({
    netns,
    ifname: 'eth0',
    isOut,
    atMs,
    packet: { kind: 'arp' } as Sighting['packet'],
    frame: Buffer.from('0102030405', 'hex'),
  })
  const bytes = formatPcapng([seen('h1', true, 1000.5), seen('h2', false, 1001), seen('h1', false, 1002)])
  const blocks: [number, Buffer][] = []
  for (let from = 0; from < bytes.length;) {
    const [type, length] = [bytes.readUInt32LE(from), bytes.readUInt32LE(from + 4)]
    expect(bytes.readUInt32LE(from + length - 4)).toBe(length)
    blocks.push([type, bytes.subarray(from + 8, from + length - 4)])
    from += length
  }
  expect(blocks.map(([type]) => type)).toEqual([0x0a0d0d0a, 1, 1, 6, 6, 6])
  expect(blocks[1]![1].toString('latin1')).toContain('h1:eth0')
  expect(blocks[3]![1].toString('hex')).toBe(
    '0000000000000000' + '34440f00' + '0500000005000000' + '0102030405000000' + '02000400' + '02000000' + '00000000',
  )
  expect(blocks[4]![1].readUInt32LE(0)).toBe(1)
})
