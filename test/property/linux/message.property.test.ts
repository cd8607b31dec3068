/** Messages of the kernel: what we encode we decode again, and what nobody encoded neither hangs nor escapes as anything but DecodeError. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeError } from '../../../src/linux/decode-error.ts'
import { decodeAddr, newAddr } from '../../../src/linux/message/addr.ts'
import { ipText } from '../../../src/linux/message/bytes.ts'
import { decodeLink, newBridge, newVeth, setLink } from '../../../src/linux/message/link.ts'
import { decodeNeigh, replaceNeigh } from '../../../src/linux/message/neigh.ts'
import { decodeRoute, newRoute } from '../../../src/linux/message/route.ts'
import { decodeRule, newRule } from '../../../src/linux/message/rule.ts'
import { dump, type Request } from '../../../src/linux/transport.ts'
import { ROUTE_METRICS } from '../../../src/state/network.ts'
import type { BridgeLink, Family, NeighState, Nexthop, RouteState, RuleState } from '../../../src/state/network.ts'
import { done, dumped, fakeKernel } from '../../support/fake-kernel.ts'

const runs = { numRuns: 300 }
const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const family = fc.constantFrom<Family>(4, 6)
const address = (of: Family): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: of === 4 ? 4 : 16, maxLength: of === 4 ? 4 : 16 }).map((bytes) => ipText(bytes))
/** Prefixes as they stand, host bits and all: only the kernel minds those. Length 0 is the default route and has no address. */
const prefix = (of: Family): fc.Arbitrary<string> =>
  fc
    .tuple(address(of), fc.integer({ min: 0, max: of === 4 ? 32 : 128 }))
    .map(([text, length]) => (length === 0 ? `${of === 4 ? '0.0.0.0' : '::'}/0` : `${text}/${length}`))
const lladdr = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/(..)(?!$)/g, '$1:'),
)
const ifname = fc.stringMatching(/^[a-z][a-z0-9.-]{0,14}$/)
const ifindex = fc.integer({ min: 1, max: 0x7fffffff })
/** Names of links stand for their numbers. */
const dev = ifindex.map((number) => `dev${number}`)
const ifindexOf = (name: string): number => Number(name.slice(3))
const ifnameOf = (number: number): string => `dev${number}`

/** Leaves out what is undefined: an absent key and an undefined one differ to toEqual's strict brother only, but types forbid the latter. */
function optional<T extends object, O extends object>(
  required: fc.Arbitrary<T>,
  more: { [K in keyof O]: fc.Arbitrary<O[K]> },
): fc.Arbitrary<T & Partial<O>> {
  return fc.tuple(required, fc.record(more, { requiredKeys: [] })).map(([a, b]) => ({ ...a, ...b }) as T & Partial<O>)
}

const nexthop = (gateway: boolean): fc.Arbitrary<Nexthop> => {
  const base = fc.record({ dev, weight: fc.integer({ min: 1, max: 256 }), onlink: fc.boolean() })
  const via = family.chain(address)
  return gateway ? optional<Nexthop, { via: string }>(base, { via }) : base
}

const route: fc.Arbitrary<RouteState> = family.chain((of) => {
  const type = fc.constantFrom<RouteState['type']>('unicast', 'blackhole', 'unreachable', 'prohibit')
  // One next hop has no weight of its own.
  const alone = nexthop(true).map((hop) => [{ ...hop, weight: 1 }])
  const nexthops = fc.oneof(alone, fc.array(nexthop(true), { minLength: 2, maxLength: 5 }))
  const required = fc
    .record({ family: fc.constant(of), type, dst: prefix(of), table: u32.filter((table) => table > 0), metric: u32, nexthops })
    .map((whole) => (whole.type === 'unicast' ? whole : { ...whole, nexthops: [] }))
  return optional(required, {
    src: address(of),
    protocol: u8.filter((protocol) => ![0, 1, 2, 3, 9].includes(protocol)),
    ...Object.fromEntries(ROUTE_METRICS.map((metric) => [metric, u32])),
  }) as fc.Arbitrary<RouteState>
})

const range = fc.tuple(u16, u16).map(([start, end]) => ({ start, end }))
const rule: fc.Arbitrary<RuleState> = family.chain((of) => {
  const match = { iif: ifname, oif: ifname, ipproto: u8, sport: range, dport: range }
  const marks = { suppressPrefixlen: fc.integer({ min: 0, max: 128 }), src: prefix(of), dst: prefix(of) }
  const action = fc.oneof(
    fc.constantFrom('blackhole' as const, 'unreachable' as const, 'prohibit' as const).map((word) => ({ action: word })),
    u32.filter((table) => table > 0).map((table) => ({ action: 'lookup' as const, table })),
  )
  const mark = fc.oneof(
    fc.constant({}),
    fc.tuple(u32, u32).map(([fwmark, fwmask]) => ({ fwmark, fwmask })),
  )
  const base = fc.tuple(action, mark, fc.record({ family: fc.constant(of), priority: u32, not: fc.boolean() }))
  return optional<RuleState, object>(
    base.map((parts): RuleState => Object.assign({}, ...parts) as RuleState),
    { ...match, ...marks },
  )
})

const neigh: fc.Arbitrary<NeighState> = family.chain((of) => fc.record({ ifname: dev, family: fc.constant(of), dst: address(of), lladdr }))

const bridge: fc.Arbitrary<BridgeLink> = fc.record({
  kind: fc.constant('bridge' as const),
  up: fc.boolean(),
  mtu: u32,
  lladdr,
  stp: fc.boolean(),
  priority: u16,
  ageingCs: u32,
  forwardDelayCs: u32,
  helloCs: u32,
  maxAgeCs: u32,
  mcastSnooping: fc.boolean(),
})

describe('what is encoded is decoded again', () => {
  it('addresses', () => {
    const addr = family.chain((of) =>
      fc.record({ ifname: dev, family: fc.constant(of), local: address(of), prefixlen: fc.integer({ min: 0, max: of === 4 ? 32 : 128 }) }),
    )
    fc.assert(
      fc.property(addr, (addr) => {
        const decoded = decodeAddr(newAddr(addr, ifindexOf(addr.ifname)).body)!
        expect({ ifname: ifnameOf(decoded.ifindex), family: decoded.family, local: decoded.local, prefixlen: decoded.prefixlen }).toEqual(
          addr,
        )
      }),
      runs,
    )
  })

  it('routes', () => {
    fc.assert(
      fc.property(route, (route) => {
        expect(decodeRoute(newRoute(route, ifindexOf).body, ifnameOf)).toEqual(route)
      }),
      runs,
    )
  })

  it('rules', () => {
    fc.assert(
      fc.property(rule, (rule) => {
        expect(decodeRule(newRule(rule).body)).toEqual(rule)
      }),
      runs,
    )
  })

  it('neighbours', () => {
    fc.assert(
      fc.property(neigh, (neigh) => {
        expect(decodeNeigh(replaceNeigh(neigh, ifindexOf(neigh.ifname)).body, ifnameOf)).toEqual(neigh)
      }),
      runs,
    )
  })

  it('bridges', () => {
    fc.assert(
      fc.property(ifname, ifindex, bridge, (name, index, link) => {
        const { kind, up: _, mtu: __, lladdr, ...options } = link
        expect(decodeLink(newBridge(name, index, link).body, false)).toMatchObject({
          ifindex: index,
          ifname: name,
          kind,
          lladdr,
          bridge: options,
        })
      }),
      runs,
    )
  })

  it('changes of links', () => {
    const set = fc.record({
      mtu: u32,
      lladdr,
      alias: fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }),
      addrGenMode: fc.constantFrom('eui64' as const, 'none' as const),
    })
    fc.assert(
      fc.property(ifindex, set, (index, set) => {
        // The kernel ends an alias with a zero when it tells it; a request has none.
        const { alias, ...rest } = set
        expect(decodeLink(setLink(index, { ...rest, alias: `${alias}\0` }, 7).body, false)).toMatchObject({
          ifindex: index,
          masterIfindex: 7,
          ...set,
        })
      }),
      runs,
    )
  })
})

describe('what nobody encoded', () => {
  const samples: Request[] = [
    newAddr({ ifname: 'dev2', family: 4, local: '10.0.0.1', prefixlen: 24 }, 2),
    newRoute(
      {
        family: 4,
        type: 'unicast',
        dst: '10.9.0.0/16',
        table: 1000,
        metric: 5,
        mtu: 1400,
        nexthops: [
          { dev: 'dev2', via: 'fd00::2', weight: 1, onlink: false },
          { dev: 'dev3', via: '10.0.0.2', weight: 20, onlink: true },
        ],
      },
      ifindexOf,
    ),
    newRule({
      family: 4,
      priority: 7,
      action: 'lookup',
      table: 1000,
      not: true,
      src: '10.0.0.0/8',
      iif: 'eth0',
      sport: { start: 1, end: 2 },
    }),
    replaceNeigh({ ifname: 'dev2', family: 6, dst: 'fd00::9', lladdr: '02:00:00:00:00:09' }, 2),
    newVeth(
      { ifname: 'eth0', ifindex: 10, netnsFd: 4, link: { kind: 'veth', up: true, mtu: 1400, peer: { netns: 'b', ifname: 'eth1' } } },
      { ifname: 'eth1', ifindex: 11, netnsFd: 5, link: { kind: 'veth', up: true, mtu: 1400, peer: { netns: 'a', ifname: 'eth0' } } },
      9,
    ),
  ]
  const decoders: readonly ((body: Buffer) => unknown)[] = [
    decodeAddr,
    (body) => decodeLink(body, true),
    decodeRule,
    (body) => decodeRoute(body, ifnameOf),
    (body) => decodeNeigh(body, ifnameOf),
  ]

  /** Gives the bytes to every decoder as the kernel would: in a dump. */
  function decodeByAll(body: Buffer): void {
    for (const decode of decoders) {
      const kernel = fakeKernel((message) => [dumped(message, 16, body), done(message)])
      try {
        dump(kernel, 18, Buffer.alloc(16), decode, () => undefined)
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError)
      }
      expect(kernel.waiting).toEqual([])
    }
  }

  it('is decoded to something or refused: random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeByAll(Buffer.from(bytes))),
      runs,
    )
  })

  it('is decoded to something or refused: messages cut short', () => {
    for (const { body } of samples) for (let length = 0; length <= body.length; length++) decodeByAll(body.subarray(0, length))
  })

  it('is decoded to something or refused: messages with bytes changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(), u8), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.constantFrom(...samples), changes, ({ body }, list) => {
        const changed = Buffer.from(body)
        for (const [at, byte] of list) changed[at % changed.length] = byte
        decodeByAll(changed)
      }),
      { numRuns: 1000 },
    )
  })
})
