import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../../src/linux/decode-error.ts'
import { attributeAt } from '../../../src/linux/extack.ts'
import { SyscallError } from '../../../src/linux/libc.ts'
import { setLink } from '../../../src/linux/message/link.ts'
import { dump, DumpError, transact, type Request } from '../../../src/linux/transport.ts'
import { NLM_F_ACK, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST, RTM_GETADDR, RTM_NEWADDR, RTM_NEWLINK } from '../../../src/linux/uapi.ts'
import { acknowledge, done, dumped, fakeKernel, netlinkMessage, refuse, type SentMessage } from '../../support/fake-kernel.ts'

const EEXIST = 17
const EINVAL = 22
const ENOBUFS = 105

function requests(count: number, bytes = 16): Request[] {
  return Array.from({ length: count }, (_, index) => ({ type: RTM_NEWLINK, flags: 0, body: Buffer.alloc(bytes, index) }))
}

describe('transact', () => {
  it('does nothing for no requests', () => {
    const kernel = fakeKernel()
    expect(transact(kernel, [])).toEqual([])
    expect(kernel.datagrams).toEqual([])
  })

  it('sends requests together and asks for an answer to the last alone', () => {
    const kernel = fakeKernel()
    expect(transact(kernel, requests(3, 17))).toEqual([])
    const [messages] = kernel.datagrams
    expect(messages!.map(({ flags }) => flags)).toEqual([NLM_F_REQUEST, NLM_F_REQUEST, NLM_F_REQUEST | NLM_F_ACK])
    expect(messages!.map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(messages!.map(({ bytes }) => bytes.length)).toEqual([33, 33, 33])
  })

  it('tells which request in the middle was refused, and goes on', () => {
    const kernel = fakeKernel((message) => (message.seq === 2 ? refuse(message, EEXIST) : acknowledge(message)))
    expect(transact(kernel, requests(3))).toEqual([{ index: 1, errno: EEXIST, code: 'EEXIST' }])
  })

  it('tells every refusal, that of the last too', () => {
    const kernel = fakeKernel((message) => (message.seq === 2 ? acknowledge(message) : refuse(message, EINVAL)))
    expect(transact(kernel, requests(3)).map(({ index }) => index)).toEqual([0, 2])
    expect(kernel.waiting).toEqual([])
  })

  it('reads several answers out of one datagram', () => {
    const kernel = fakeKernel((message) =>
      message.flags & NLM_F_ACK ? [Buffer.concat(refusals.splice(0).concat(acknowledge(message)))] : keep(message),
    )
    const refusals: Buffer[] = []
    const keep = (message: SentMessage): [] => {
      refusals.push(...refuse(message, EEXIST, { words: `no. ${message.seq}` }))
      return []
    }
    expect(transact(kernel, requests(3)).map(({ index, extack }) => [index, extack])).toEqual([
      [0, 'no. 1'],
      [1, 'no. 2'],
    ])
  })

  it('keeps the words of the kernel, and where in the request they point', () => {
    const request = setLink(7, { mtu: 10, alias: 'x' }, undefined)
    const kernel = fakeKernel((message) => refuse(message, EINVAL, { words: 'mtu less than device minimum', offset: 32 }))
    const [refusal] = transact(kernel, [request])
    expect(refusal).toEqual({ index: 0, errno: EINVAL, code: 'EINVAL', extack: 'mtu less than device minimum', offset: 32 })
    expect(attributeAt(request, refusal!.offset!)).toBe('IFLA_MTU')
  })

  it('splits a long list into datagrams of 64 messages', () => {
    const kernel = fakeKernel((message) => (message.seq === 130 ? refuse(message, EEXIST) : acknowledge(message)))
    expect(transact(kernel, requests(150))).toEqual([{ index: 129, errno: EEXIST, code: 'EEXIST' }])
    expect(kernel.datagrams.map((messages) => messages.length)).toEqual([64, 64, 22])
  })

  it('keeps each datagram within 64 KiB', () => {
    const kernel = fakeKernel()
    transact(kernel, requests(5, 30_000))
    expect(kernel.datagrams.map((messages) => messages.length)).toEqual([2, 2, 1])
  })

  it('refuses a request that no datagram can hold', () => {
    expect(() => transact(fakeKernel(), requests(1, 65_536))).toThrow('A netlink request of 65536 bytes does not fit 65536')
  })

  it('counts on past the largest sequence number', () => {
    const kernel = fakeKernel((message) => (message.seq === 0 ? refuse(message, EEXIST) : acknowledge(message)))
    kernel.seq = 0xfffffffe
    expect(transact(kernel, requests(3))).toEqual([{ index: 1, errno: EEXIST, code: 'EEXIST' }])
    expect(kernel.seq).toBe(1)
  })

  it('says when answers were lost, and does not take what is left of them for those of the next request', () => {
    const kernel = fakeKernel((message) => {
      if (message.seq > 2) return acknowledge(message)
      return message.seq === 1 ? [new SyscallError('recv', ENOBUFS)] : refuse(message, EEXIST)
    })
    expect(() => transact(kernel, requests(2))).toThrow('recv: ENOBUFS')
    expect(transact(kernel, requests(1))).toEqual([])
  })

  it.each([
    ['a datagram shorter than a header', () => Buffer.alloc(7), 'a datagram of 7 bytes'],
    ['a message of length 0', () => Buffer.alloc(32), '0 bytes long, 32 are there'],
    [
      'a message longer than its datagram',
      ({ seq }: SentMessage) => netlinkMessage(2, 0, seq, Buffer.alloc(20)).subarray(0, 24),
      '36 bytes long, 24 are there',
    ],
    ['an answer without an errno', ({ seq }: SentMessage) => netlinkMessage(2, 0, seq, Buffer.alloc(0)), 'it has no errno'],
  ])('does not wait for ever on %s', (_, answer, words) => {
    const act = (): unknown =>
      transact(
        fakeKernel((message) => [answer(message)]),
        requests(1),
      )
    expect(act).toThrow(DecodeError)
    expect(act).toThrow(words)
  })
})

describe('dump', () => {
  const header = Buffer.alloc(8)
  const gather = (kernel: ReturnType<typeof fakeKernel>): number[] => {
    const rows: number[] = []
    dump(
      kernel,
      RTM_GETADDR,
      header,
      (body) => rows.push(body[0]!),
      () => (rows.length = 0),
    )
    return rows
  }
  const row = (message: SentMessage, value: number, flags = 0): Buffer => dumped(message, RTM_NEWADDR, Buffer.alloc(8, value), flags)

  it('gathers the rows of several datagrams', () => {
    const kernel = fakeKernel((message) => [Buffer.concat([row(message, 1), row(message, 2)]), row(message, 3), done(message)])
    expect(gather(kernel)).toEqual([1, 2, 3])
    expect(kernel.datagrams[0]![0]).toMatchObject({ type: RTM_GETADDR, flags: NLM_F_REQUEST | NLM_F_DUMP })
  })

  it('takes a dump again that was interrupted, and forgets what it had gathered', () => {
    const kernel = fakeKernel((message) =>
      message.seq === 1 ? [row(message, 1, NLM_F_DUMP_INTR), row(message, 2), done(message)] : [row(message, 3), done(message)],
    )
    expect(gather(kernel)).toEqual([3])
  })

  it('hears of an interruption from the last message alone', () => {
    const kernel = fakeKernel((message) => [row(message, message.seq), done(message, 0, message.seq === 1 ? NLM_F_DUMP_INTR : 0)])
    expect(gather(kernel)).toEqual([2])
  })

  it('gives up a table that never stands still', () => {
    const kernel = fakeKernel((message) => [done(message, 0, NLM_F_DUMP_INTR)])
    expect(() => gather(kernel)).toThrow("The kernel's table changed during each of 10 dumps (RTM type 22)")
    expect(kernel.datagrams).toHaveLength(10)
  })

  it.each([
    ['the last message', (message: SentMessage) => [row(message, 1), done(message, EINVAL)]],
    ['an error', (message: SentMessage) => refuse(message, EINVAL)],
  ])('says what the kernel refuses in %s', (_, answer) => {
    expect(() => gather(fakeKernel(answer))).toThrow(DumpError)
  })

  it('passes over answers to earlier requests', () => {
    const kernel = fakeKernel((message) => [row({ ...message, seq: 99 }, 9), row(message, 1), done(message)])
    expect(gather(kernel)).toEqual([1])
  })

  it('reads to the end past a message that cannot be decoded, then says which it was', () => {
    const kernel = fakeKernel((message) => [row(message, 1), row(message, 2), row(message, 3), done(message)])
    const values: number[] = []
    const each = (body: Buffer): void => {
      if (body[0] === 2) throw new RangeError('too short')
      values.push(body[0]!)
    }
    expect(() => dump(kernel, RTM_GETADDR, header, each, () => undefined)).toThrow(
      /^A netlink message of type 20 cannot be read: too short: 18 00 00 00 14 00/,
    )
    expect(values).toEqual([1, 3])
    expect(kernel.waiting).toEqual([])
  })
})
