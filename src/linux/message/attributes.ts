// Attributes of a message that comes by the thousand: the package's parseAttributes makes four objects of each, wanted or not.
// <linux/netlink.h> struct nlattr: length and type, 4 bytes, then the payload, padded to 4.

const HEADER_BYTES = 4
/** ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER), in 16 bits */
const TYPE_MASK = 0x3fff

/** Calls `each` with those attributes that are of one of `types`, in order. Errors: an Error where a length is impossible. */
export function eachAttribute(bytes: Buffer, types: ReadonlySet<number>, each: (type: number, data: Buffer) => void): void {
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < HEADER_BYTES) throw new Error('Not enough data')
    const length = bytes.readUInt16LE(at)
    if (length < HEADER_BYTES || at + length > bytes.length) throw new Error(`Invalid attribute length (${length})`)
    const type = bytes.readUInt16LE(at + 2) & TYPE_MASK
    if (types.has(type)) each(type, bytes.subarray(at + HEADER_BYTES, at + length))
    at += (length + 3) & ~3
  }
}
