// `netlab trace`: what it asks for, and the way of a packet in words.
import { describe, expect, it } from 'vitest'
import type { Trace } from '../../../src/check/trace.ts'
import { libraryOf, netlab, type Outcome } from './fake-context.ts'

const found: Trace = {
  from: 'h1',
  to: 'web',
  address: '203.0.113.2',
  there: [
    { node: 'h1', out: 'eth0', bridge: 'lan', src: '10.0.0.1', dst: '203.0.113.2', sport: 40000, dport: 80, ttl: 64 },
    { node: 'gw', in: 'lan', out: 'wan', src: '203.0.113.1', dst: '203.0.113.2', sport: 40000, dport: 80, ttl: 63 },
    { node: 'web', in: 'eth0', src: '203.0.113.1', dst: '203.0.113.2', sport: 40000, dport: 80, ttl: 63 },
  ],
  back: [],
  isAnswered: false,
  answer: 'no answer within 2 s',
  because: ['The packet reached web, and its answer got lost on the way back.'],
}

async function trace(argv: readonly string[], result = found): Promise<Outcome & { readonly asked: unknown[] }> {
  const asked: unknown[] = []
  const library = { ...libraryOf({ name: 'nat' }), trace: async (...words: unknown[]) => (asked.push(words), result) }
  return { ...(await netlab(['trace', ...argv], { library })), asked }
}

describe('trace', () => {
  it('tells each node with its interfaces, what NAT has changed, and the cause; status 1 where it is not answered', async () => {
    const { code, stdout } = await trace(['h1', 'web', '--tcp', '80'])
    expect(stdout.split('\n')).toEqual([
      'h1 → web (203.0.113.2) tcp 80',
      '   1  h1            out eth0 to lan  10.0.0.1:40000 → 203.0.113.2:80     ttl 64',
      '   2  gw   in lan   out wan          203.0.113.1:40000 → 203.0.113.2:80  ttl 63  source changed',
      '   3  web  in eth0                   203.0.113.1:40000 → 203.0.113.2:80  ttl 63',
      'no answer within 2 s',
      '  The packet reached web, and its answer got lost on the way back.',
      '',
    ])
    expect(code).toBe(1)
  })

  it('is done where an answer came', async () => {
    expect((await trace(['h1', 'web'], { ...found, isAnswered: true, because: [] })).code).toBe(0)
  })

  it.each([
    [
      ['h1', 'web'],
      ['nat', 'h1', 'web', { kind: 'ping' }, {}],
    ],
    [
      ['nat', 'h1', 'web', '--udp', '53', '--family', '6', '--ttl', '3'],
      ['nat', 'h1', 'web', { kind: 'udp', port: 53 }, { family: 6, ttl: 3 }],
    ],
  ])('%j asks for that', async (argv, asked) => {
    expect((await trace(argv)).asked).toEqual([asked])
  })

  it('prints what it has found as JSON', async () => {
    expect(JSON.parse((await trace(['h1', 'web', '--json'])).stdout)).toEqual(found)
  })

  it.each([[['h1']], [['h1', 'web', '--tcp', '0']], [['h1', 'web', '--ttl', '256']], [['h1', 'web', '--tcp', '80', '--udp', '53']]])(
    '%j is wrong usage, and nothing is asked',
    async (argv) => {
      const { code, asked } = await trace(argv)
      expect({ code, asked }).toEqual({ code: 2, asked: [] })
    },
  )
})
