import { describe, expect, it } from 'vitest'
import { follow, nodesOf } from '../../../src/check/follow.ts'
import type { Sighting } from '../../../src/linux/flow/capture.ts'
import type { FlowAnswer } from '../../../src/linux/flow/flow.ts'
import type { IpPacket } from '../../../src/linux/flow/packet.ts'

const ANSWER = { outcome: 'silent', sourcePort: 4000, sequence: 7 } as FlowAnswer
const BASE = { kind: 'ip', src: '10.0.1.1', dst: '10.0.3.2', protocol: 1, ttl: 64, length: 84, df: false } as const

/** `h1 >` left h1, `> r1` came in there. */
function at(place: string, packet: Partial<IpPacket>, more: Partial<Sighting> = {}): Sighting {
  return { netns: place.replace(/ ?> ?/, ''), ifname: 'eth0', isOut: place.endsWith('>'), atMs: 0, packet: { ...BASE, ...packet }, ...more }
}

const echo = (type: number, seq = 7, id = 4000): Pick<IpPacket, 'icmp'> => ({ icmp: { type, code: 0, id, seq, mtu: 0 } })

describe('the packets of one ping', () => {
  const flow = { kind: 'ping', from: 'h1', to: '10.0.3.2', timeoutMs: 1 } as const

  it('must be put in the order of the way by their TTL, whatever their times say', () => {
    const sightings = [
      at('> h2', { ...echo(8), ttl: 63 }, { atMs: 1 }),
      at('> r1', echo(8), { atMs: 2 }),
      at('r1 >', { ...echo(8), ttl: 63 }),
      at('h1 >', echo(8), { atMs: 3 }),
    ]
    const { there, back } = follow(flow, ANSWER, sightings)
    expect(there.map(({ netns, isOut }) => `${netns}${isOut ? ' out' : ''}`)).toEqual(['h1 out', 'r1', 'r1 out', 'h2'])
    expect(nodesOf(there)).toEqual(['r1', 'h2'])
    expect(back).toEqual([])
  })

  it('must be none of another, of a switch port, or of another sequence', () => {
    const sightings = [
      at('> r1', echo(8, 8)),
      at('> r1', echo(8, 7, 4001)),
      at('> lan', echo(8), { isPort: true }),
      at('> r1', { protocol: 6 }),
    ]
    expect(follow(flow, ANSWER, sightings)).toEqual({ there: [], back: [], errors: [] })
  })

  it('must have its answer, and errors about it, with them', () => {
    const error = { src: '10.0.2.2', ...echo(11, 0, 0), inner: { ...BASE, ...echo(8) } }
    const { back, errors } = follow(flow, ANSWER, [at('> h1', { src: '10.0.3.2', dst: '10.0.1.1', ...echo(0) }), at('r2 >', error)])
    expect([back.length, errors.map(({ packet }) => packet.src)]).toEqual([1, ['10.0.2.2']])
  })

  it('must name a node twice that it came to twice', () => {
    const ttls = [64, 63, 62].map((ttl, index) => at(index === 1 ? '> r2' : '> r1', { ...echo(8), ttl }))
    expect(nodesOf(follow(flow, ANSWER, ttls).there)).toEqual(['r1', 'r2', 'r1'])
  })
})

describe('the segments of one connection', () => {
  const flow = { kind: 'tcp', from: 'h1', to: '10.0.3.2', port: 80, timeoutMs: 1 } as const
  const syn = { sport: 4000, dport: 80, protocol: 6, tcp: { seq: 0xffffffff, ack: 0, isSyn: true, isRst: false } }

  it('must be known by their sequence numbers behind a NAT, too, and where those wrap', () => {
    const answer = {
      src: '10.0.9.9',
      dst: '10.0.1.1',
      sport: 8080,
      dport: 4000,
      protocol: 6,
      tcp: { seq: 5, ack: 0, isSyn: true, isRst: false },
    }
    const rewritten = { ...syn, src: '10.0.2.1', sport: 61000, dst: '10.0.9.9', dport: 8080, ttl: 63 }
    const { there, back } = follow(flow, ANSWER, [at('h1 >', syn), at('r1 >', rewritten), at('web >', answer)])
    expect([there.map(({ packet }) => packet.dport), back.map(({ netns }) => netns)]).toEqual([[80, 8080], ['web']])
  })

  it('must be none where the first never left', () => {
    expect(follow(flow, ANSWER, [at('> r1', syn)]).there).toEqual([])
  })
})

describe('the datagrams of one question', () => {
  const flow = { kind: 'udp', from: 'h1', to: '10.0.3.2', port: 53, timeoutMs: 1 } as const
  const question = { protocol: 17, sport: 4000, dport: 53, payload: 'abcd' }

  it('must be known by their payload, and the answer by where it goes', () => {
    const answer = { src: '10.0.3.2', dst: '10.0.1.1', protocol: 17, sport: 53, dport: 4000, payload: 'ef' }
    const { there, back } = follow(flow, ANSWER, [
      at('h1 >', question),
      at('r1 >', { ...question, sport: 61000, ttl: 63 }),
      at('> h1', answer),
    ])
    expect([there.length, back.length]).toEqual([2, 1])
  })
})
