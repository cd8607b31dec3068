/** One expectation: which kind it is, what it asks, and of whom. */
import type { Origin } from '../../diagnostic/origin.ts'
import { parseBound, parsePercent, parsePlain } from '../../unit/bound.ts'
import { parseMilliseconds } from '../../unit/duration.ts'
import { given } from '../../unit/given.ts'
import { parseMac } from '../../unit/mac.ts'
import { parseRate } from '../../unit/rate.ts'
import { mapAt, scalarAt, textsAt, valueAt } from '../value.ts'
import type { Findings } from '../findings.ts'
import type { MapValue, ScalarValue } from '../value.ts'
import { itemsAt } from '../value.ts'
import { dnsOf, httpOf, runOf } from './application.ts'
import { ICMP_CODE_NAMES, parseIcmpCode } from './icmp-code.ts'
import { stateOf } from './kernel-state.ts'
import { isolatedOf, matrixOf } from './reach-sets.ts'
import type { Reader } from './reader.ts'
import type { Expectation, IcmpCode, Pair, PathsExpectation, PingOptions, ReachExpectation, ReachOutcome } from './test.ts'

type What<E = Expectation> = E extends unknown ? Omit<E, 'step' | 'origin' | 'words' | 'not' | 'isMeasured'> : never
type Kind = Expectation['kind']
type ReadKind = (map: MapValue, reader: Reader) => { readonly what: What; readonly words: string } | undefined

const READ: Readonly<Record<Kind, ReadKind>> = {
  ping: (map, reader) => reachOf('ping', map, reader),
  tcp: (map, reader) => reachOf('tcp', map, reader),
  udp: (map, reader) => reachOf('udp', map, reader),
  http: httpOf,
  dns: dnsOf,
  arp: (map, reader) => neighOf('arp', map, reader),
  nd: (map, reader) => neighOf('nd', map, reader),
  mtu: (map, reader) => {
    const pairs = reader.pairs(map, 'mtu')
    const mtu = Number(scalarAt(map, 'mtu')?.value)
    return pairs && { what: { kind: 'mtu', pairs, mtu }, words: `path MTU ${mtu}` }
  },
  path: pathOf,
  paths: pathsOf,
  run: runOf,
  state: stateOf,
  isolated: isolatedOf,
  matrix: matrixOf,
  throughput: (map, reader) => loadOf('throughput', map, reader),
  fairness: (map, reader) => loadOf('fairness', map, reader),
}

/** Keys that say what kind of expectation it is. */
export const KINDS: ReadonlySet<string> = new Set(Object.keys(READ))

/** Keys that go with some kinds alone. */
const COMPANIONS: Readonly<Record<string, readonly Kind[]>> = {
  expect: ['ping', 'tcp', 'udp', 'arp', 'nd'],
  code: ['ping', 'tcp', 'udp'],
  by: ['ping', 'tcp', 'udp', 'arp', 'nd'],
  back: ['path'],
  flows: ['paths'],
  exit: ['run'],
  stdout: ['run'],
  stderr: ['run'],
  json: ['run'],
}

export function expectationOf(map: MapValue, origin: Origin, reader: Reader): Expectation | undefined {
  const { findings } = reader
  const kinds = [...map.entries.keys()].filter((key): key is Kind => KINDS.has(key))
  // A matrix may be one of TCP connections.
  const [kind, other] = kinds.includes('matrix') ? (['matrix', kinds.find((each) => each !== 'matrix' && each !== 'tcp')] as const) : kinds
  if (kind === undefined) return expectsNothing(map, origin, reader)
  if (other !== undefined) {
    const detail = `One expectation asks one thing: "${kind}" or "${other}". Write two.`
    findings.error('CONFLICTING_VALUES', map.entries.get(other)!.key, detail)
    return undefined
  }
  for (const [key, kindsOf] of Object.entries(COMPANIONS)) {
    const entry = map.entries.get(key)
    if (entry !== undefined && !kindsOf.includes(kind))
      findings.error('INVALID_VALUE', entry.key, `"${key}" goes with ${kindsOf.join(', ')}, not with ${kind}.`)
  }
  const read = READ[kind](map, reader)
  if (read === undefined) return undefined
  const [withinMs, forMs, timeoutMs] = (['within', 'for', 'timeout'] as const).map((key) => reader.durationMs(map, key))
  const isMeasured = valueAt(map, 'measure') !== undefined
  const within = withinMs ?? (isMeasured ? MEASURE_LIMIT_MS : undefined)
  const not = scalarAt(map, 'not')?.value === true
  return {
    ...read.what,
    step: 'expect',
    origin,
    words: wordsOf(map, not, read.words),
    not,
    isMeasured,
    ...(within !== undefined && { withinMs: within }),
    ...(forMs !== undefined && { forMs }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  } as Expectation
}

function expectsNothing(map: MapValue, origin: Origin, { findings, isTorn, places }: Reader): undefined {
  const known = [...KINDS].join(', ')
  if (isTorn(map)) {
    // What is asked has gone with a finding; who asks whom can be wrong besides.
    places.nodes(textsAt(map, 'from'))
    places.targets(textsAt(map, 'to'))
  } else findings.error('MISSING_KEY', origin, `This expects nothing: one of ${known} is wanted, or \`steps\`.`)
}

const MEASURE_LIMIT_MS = 60_000

/** `h1 → web not ping reply over IPv6` */
function wordsOf(map: MapValue, not: boolean, asked: string): string {
  const family = scalarAt(map, 'family')?.text
  return [subjectOf(map), not ? 'not' : '', asked, family === undefined ? '' : `over IPv${family}`].filter((part) => part !== '').join(' ')
}

/** `h[1-3] → web` */
function subjectOf(map: MapValue): string {
  const [from, to] = (['from', 'to'] as const).map((key) =>
    textsAt(map, key)
      .map(({ text }) => text)
      .join(', '),
  )
  return to === '' ? from! : `${from} → ${to}`
}

const OUTCOMES: Readonly<Record<'ping' | 'tcp' | 'udp', readonly ReachOutcome[]>> = {
  ping: ['reply', 'no-reply', 'unreachable', 'filtered'],
  tcp: ['open', 'refused', 'filtered', 'unreachable'],
  udp: ['answered', 'refused', 'filtered', 'unreachable'],
}

function reachOf(kind: ReachExpectation['kind'], map: MapValue, reader: Reader): ReturnType<ReadKind> {
  const { findings } = reader
  const pairs = reader.pairs(map, kind)
  const expect = (scalarAt(map, 'expect')?.text ?? OUTCOMES[kind][0]) as ReachOutcome
  if (!OUTCOMES[kind].includes(expect)) {
    findings.error('INVALID_VALUE', scalarAt(map, 'expect')?.origin, `${kind} expects ${OUTCOMES[kind].join(', ')}; this is "${expect}".`)
    return undefined
  }
  const codeValue = scalarAt(map, 'code')
  const code = codeOf(codeValue, findings)
  const byValue = scalarAt(map, 'by')
  const addresses = byValue === undefined ? undefined : reader.places.addressesOf(byValue)
  for (const value of expect === OUTCOMES[kind][0] ? [codeValue, byValue] : [])
    if (value !== undefined)
      findings.error('INVALID_VALUE', value.origin, `"${value.text}" is said of an ICMP error, which "${expect}" is not.`, {
        hint: `Say what is expected instead, e.g. expect: unreachable.`,
      })
  const ports = kind === 'ping' ? [] : textsAt(map, kind).map(({ value }) => Number(value))
  const ping = kind === 'ping' ? pingOptions(mapAt(map, 'ping'), reader) : undefined
  if (pairs === undefined) return undefined
  const what: ReachExpectation = {
    kind,
    pairs: sampled(pairs, map),
    ports,
    expect,
    ...given({ code, ping, by: addresses === undefined ? undefined : { text: byValue!.text, addresses } }),
  }
  const by = [code === undefined ? '' : `(${code.text})`, byValue === undefined ? '' : `by ${byValue.text}`]
  return { what, words: [kind, ports.join(', '), expect, ...by].filter((part) => part !== '').join(' ') }
}

function codeOf(value: ScalarValue | undefined, findings: Findings): IcmpCode | undefined {
  const code = value === undefined ? undefined : parseIcmpCode(value.text)
  if (value !== undefined && code === undefined)
    findings.error('INVALID_VALUE', value.origin, `"${value.text}" is no ICMP code: a number, or one of ${ICMP_CODE_NAMES.join(', ')}.`)
  return code
}

/** Every n-th pair, so that all who ask and all who are asked take part. */
function sampled<T>(pairs: readonly T[], map: MapValue): readonly T[] {
  const sample = Number(scalarAt(map, 'sample')?.value ?? pairs.length)
  if (sample >= pairs.length) return pairs
  return Array.from({ length: sample }, (_, index) => pairs[Math.floor((index * pairs.length) / sample)]!)
}

function pingOptions(map: MapValue | undefined, reader: Reader): PingOptions {
  const number = (key: string): number | undefined => {
    const value = scalarAt(map, key)?.value
    return typeof value === 'number' ? value : undefined
  }
  const [size, ttl] = [number('size'), number('ttl')]
  const df = scalarAt(map, 'df')?.value
  const loss = reader.bound(map, 'loss', parsePercent)
  const rtt = reader.bound(map, 'rtt', parseMilliseconds)
  return {
    count: number('count') ?? 1,
    intervalMs: reader.durationMs(map, 'interval') ?? 200,
    ...(typeof df === 'boolean' && { df }),
    ...given({ size, ttl, loss, rtt }),
  }
}

function pathOf(map: MapValue, reader: Reader): ReturnType<ReadKind> {
  const path = reader.places.nodes(textsAt(map, 'path'))
  const back = valueAt(map, 'back') === undefined ? undefined : reader.places.nodes(textsAt(map, 'back'))
  const pairs = reader.pairs(map, 'path')
  if (pairs === undefined || path.length === 0) return undefined
  const words = `path ${path.join(', ')}${back === undefined ? '' : `, back ${back.join(', ')}`}`
  return { what: { kind: 'path', pairs, path, ...(back !== undefined && { back }) }, words }
}

function pathsOf(map: MapValue, reader: Reader): ReturnType<ReadKind> {
  const paths = itemsAt(map, 'paths').flatMap((item): PathsExpectation['paths'][number][] => {
    if (item.kind !== 'map') return []
    const share = reader.bound(item, 'share', parsePercent)
    return [{ path: reader.places.nodes(textsAt(item, 'path')), ...(share !== undefined && { share }) }]
  })
  const pairs = reader.pairs(map, 'paths')
  if (pairs === undefined) return undefined
  const flows = Number(scalarAt(map, 'flows')?.value ?? 64)
  return { what: { kind: 'paths', pairs, flows, paths }, words: `paths ${paths.map(({ path }) => path.join(', ')).join(' | ')}` }
}

function neighOf(kind: 'arp' | 'nd', map: MapValue, reader: Reader): ReturnType<ReadKind> {
  const { findings } = reader
  const pairs = reader.pairs(map, kind)
  const expect = scalarAt(map, 'expect')?.text ?? 'reply'
  if (expect !== 'reply' && expect !== 'no-reply') {
    findings.error('INVALID_VALUE', scalarAt(map, 'expect')?.origin, `${kind} expects reply or no-reply; this is "${expect}".`)
    return undefined
  }
  const by = scalarAt(map, 'by')
  const mac = by === undefined ? undefined : parseMac(by.text)
  if (mac?.problem !== undefined) findings.error('INVALID_VALUE', by!.origin, `${mac.problem}.`)
  if (pairs === undefined) return undefined
  if (findForeign(kind, map, pairs, findings)) return undefined
  return { what: { kind, pairs, expect, ...(mac?.value !== undefined && { mac: mac.value }) }, words: `${kind} ${expect}` }
}

/** An address of the other IP version. */
function findForeign(kind: 'arp' | 'nd', map: MapValue, pairs: readonly Pair[], findings: Findings): boolean {
  const foreign = pairs.find(({ to }) => to.address.includes(':') !== (kind === 'nd'))
  if (foreign === undefined) return false
  const [why, hint] =
    kind === 'arp' ? ['ARP is for IPv4', 'Write nd: {}, or family: 4'] : ['neighbour discovery is for IPv6', 'Write arp: {}, or family: 6']
  findings.error('INVALID_VALUE', valueAt(map, 'to')?.origin, `${foreign.to.address} is not asked by ${kind}: ${why}.`, { hint })
  return true
}

function loadOf(kind: 'throughput' | 'fairness', map: MapValue, reader: Reader): ReturnType<ReadKind> {
  const parsed = parseBound(scalarAt(map, kind)?.text ?? '', kind === 'throughput' ? parseRate : parsePlain)
  if (parsed.problem !== undefined) reader.findings.error('INVALID_VALUE', scalarAt(map, kind)?.origin, `${parsed.problem}.`)
  const pairs = reader.pairs(map, kind)
  if (pairs === undefined || parsed.value === undefined) return undefined
  return { what: { kind, pairs, bound: parsed.value }, words: `${kind} ${parsed.value.text}` }
}
