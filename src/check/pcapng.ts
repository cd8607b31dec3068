/** Frames as Wireshark, tcpdump and tshark read them, each with the node and interface where it was seen. IETF draft-ietf-opsawg-pcapng. */
import type { Sighting } from '../linux/flow/capture.ts'

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const BYTE_ORDER = 0x1a2b3c4d
const LINKTYPE_ETHERNET = 1
const OPT_END = 0
const IF_NAME = 2
const EPB_FLAGS = 2
const INBOUND = 1
const OUTBOUND = 2

/** A capture file of all sightings that have their frame. */
export function formatPcapng(sightings: readonly Sighting[]): Buffer {
  const seen = sightings.flatMap((sighting) => (sighting.frame === undefined ? [] : [{ ...sighting, frame: sighting.frame }]))
  const names = [...new Set(seen.map(({ netns, ifname }) => `${netns}:${ifname}`))]
  const header = block(SECTION_HEADER, [u32(BYTE_ORDER), u16(1), u16(0), u32(0xffffffff), u32(0xffffffff)]) // length not given
  const interfaces = names.map((name) =>
    block(INTERFACE_DESCRIPTION, [u16(LINKTYPE_ETHERNET), u16(0), u32(0), option(IF_NAME, Buffer.from(name)), END]),
  )
  const packets = seen.map(({ netns, ifname, isOut, atMs, frame }) => {
    const us = BigInt(Math.round(atMs * 1000)) // microseconds, which is what holds where no option says another
    return block(ENHANCED_PACKET, [
      u32(names.indexOf(`${netns}:${ifname}`)),
      u32(Number(us >> 32n)),
      u32(Number(us & 0xffffffffn)),
      u32(frame.length),
      u32(frame.length),
      padded(frame),
      option(EPB_FLAGS, u32(isOut ? OUTBOUND : INBOUND)),
      END,
    ])
  })
  return Buffer.concat([header, ...interfaces, ...packets])
}

function block(type: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = u32(body.length + 12)
  return Buffer.concat([u32(type), length, body, length])
}

function option(code: number, value: Buffer): Buffer {
  return Buffer.concat([u16(code), u16(value.length), padded(value)])
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const END = Buffer.concat([u16(OPT_END), u16(0)])
