/** How much of a message is shown: a family header and its first attributes. */
const SHOWN_BYTES = 64

/** The kernel's bytes are not laid out as the headers say. Shows them, because they cannot be had a second time. */
export class DecodeError extends Error {
  /** RTM_* or NLMSG_* of the message, 0 where not even that could be read. */
  readonly type: number
  readonly bytes: Buffer

  constructor(type: number, bytes: Buffer, cause: unknown) {
    const words = cause instanceof Error ? cause.message : String(cause)
    const hex = bytes.toString('hex', 0, SHOWN_BYTES).replace(/(..)(?!$)/g, '$1 ')
    super(`A netlink message of type ${type} cannot be read: ${words}: ${hex}${bytes.length > SHOWN_BYTES ? ' …' : ''}`, { cause })
    this.name = 'DecodeError'
    this.type = type
    this.bytes = Buffer.from(bytes)
  }
}
