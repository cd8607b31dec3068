/** The words of `ip route add`, as iproute_modify() and parse_one_nh() of iproute2's ip/iproute.c read them. ip-route(8). */
import { ROUTE_METRICS } from '../../state/network.ts'
import type { RouteMetric, RouteType } from '../../state/network.ts'
import { isLinkLocal6, parseAddress } from '../../unit/address.ts'
import { formatPrefix } from '../../unit/prefix.ts'
import { KERNEL_PROTOCOLS, ROUTE_PROTOCOLS, ROUTE_SCOPES } from '../../unit/route-names.ts'
import { reportUnknownWord, wordCursor } from './cursor.ts'
import type { ParsedWords, Word, WordCursor } from './cursor.ts'
import { NEXTHOP_WORDS, readNexthopWord } from './nexthop.ts'
import type { NexthopDraft, NexthopWords } from './nexthop.ts'
import { assign, MAX_U32, parseInteger, prefixOfWord, readAddress, readInteger, readTable } from './values.ts'
import type { Mutable } from './values.ts'

export interface RouteWords extends Readonly<Partial<Record<RouteMetric, number>>> {
  readonly family: 4 | 6
  readonly type: RouteType
  /** Canonical prefix; `0.0.0.0/0` or `::/0` for `default`. */
  readonly to: string
  /** Canonical text. Of the other family after `via inet6`. */
  readonly via?: string
  readonly dev?: string
  readonly metric?: number
  readonly table?: number
  readonly src?: string
  /** RTPROT_* */
  readonly protocol?: number
  /** RT_SCOPE_*; IPv6 has none. */
  readonly scope?: number
  readonly onlink?: true
  /** Two or more, or one written with `nexthop`. Then `via`, `dev` and `onlink` are absent. */
  readonly nexthops?: readonly NexthopWords[]
}

interface RouteDraft {
  type: RouteType
  to?: Pick<RouteWords, 'family' | 'to'> | 'default'
  readonly options: Mutable<Pick<RouteWords, 'metric' | 'table' | 'src' | 'protocol' | 'scope' | RouteMetric>>
  readonly single: NexthopDraft
  readonly nexthops: NexthopDraft[]
}

const RT_SCOPE_LINK = 253
const RT_SCOPE_HOST = 254

const COMMAND = 'ip route add'
const TYPES: ReadonlySet<string> = new Set<RouteType>(['unicast', 'blackhole', 'unreachable', 'prohibit'])
const ROUTE_WORDS = [
  'to',
  'default',
  'metric',
  'preference',
  'priority',
  'table',
  'src',
  'proto',
  'scope',
  ...ROUTE_METRICS,
  'nexthop',
  ...TYPES,
  ...['via', 'dev', 'encap', 'onlink'],
]
const UNSUPPORTED = new Set(
  (
    'tos dsfield expires rtt rttvar cwnd ssthresh realms rto_min congctl features pref nhid ttl-propagate fastopen_no_cookie ' +
    'from as vrf local broadcast brd multicast anycast throw nat xresolve'
  ).split(' '),
)

/** `default via 10.0.0.1 dev eth0 metric 5` and all the rest. Every problem that can be told from the words alone. */
export function parseRouteWords(text: string): ParsedWords<RouteWords> {
  const cursor = wordCursor(text)
  const draft: RouteDraft = { type: 'unicast', options: {}, single: { at: '', words: {} }, nexthops: [] }
  for (let word = cursor.next(); word !== undefined; word = cursor.next()) {
    if (!readRouteWord(cursor, word, draft)) break
  }
  const { places, problems } = cursor
  const value = problems.length === 0 ? finishRoute(cursor, draft) : undefined
  return value === undefined || problems.length > 0 ? { places, problems } : { value, places, problems }
}

/** False where the line cannot be understood from here on. */
function readRouteWord(cursor: WordCursor, word: Word, draft: RouteDraft): boolean {
  if (readNexthopWord(cursor, word, draft.single, 'encap')) return true
  switch (word.text) {
    case 'to':
      readDestination(cursor, cursor.valueOf(word, 'a prefix'), draft)
      return true
    case 'metric':
    case 'preference':
    case 'priority':
      if (cursor.claimValue('metric', word)) assign(draft.options, 'metric', readInteger(cursor, word, 0, MAX_U32))
      return true
    case 'table':
      if (cursor.claimValue('table', word)) assign(draft.options, 'table', readTable(cursor, word))
      return true
    case 'src':
      if (cursor.claimValue('src', word)) assign(draft.options, 'src', readAddress(cursor, word)?.text)
      return true
    case 'proto':
    case 'protocol':
      if (cursor.claimValue('proto', word)) assign(draft.options, 'protocol', readProtocol(cursor, word))
      return true
    case 'scope':
      if (cursor.claimValue('scope', word)) assign(draft.options, 'scope', readScope(cursor, word))
      return true
    case 'nexthop':
      return readNexthops(cursor, word, draft)
    default:
      if (isMetric(word.text)) readMetric(cursor, word, word.text, draft)
      else return readOtherWord(cursor, word, draft)
      return true
  }
}

/** A word that is no keyword: iproute2 tries it as type, then as prefix. */
function readOtherWord(cursor: WordCursor, word: Word, draft: RouteDraft): boolean {
  if (draft.to === undefined && isDestination(word.text)) {
    readDestination(cursor, word, draft)
    return true
  }
  if (parseAddress(word.text) !== undefined) cursor.problem(word, `Before the address of a next hop stands "via": via ${word.text}.`)
  else reportUnknownWord(cursor, word, COMMAND, ROUTE_WORDS, UNSUPPORTED)
  return false
}

function isDestination(text: string): boolean {
  return TYPES.has(text) || /^(?:default|any|all)$/.test(text) || /[\d:/]/.test(text)
}

function readDestination(cursor: WordCursor, first: Word | undefined, draft: RouteDraft): void {
  let word = first
  if (word !== undefined && TYPES.has(word.text)) {
    draft.type = word.text as RouteType
    cursor.claim('type', word)
    word = cursor.valueOf(word, 'a prefix')
    if (word?.text === 'to') word = cursor.valueOf(word, 'a prefix')
  }
  if (word === undefined || !cursor.claim('to', word)) return
  if (word.text === 'default' || word.text === 'any' || word.text === 'all') {
    draft.to = 'default'
    return
  }
  const prefix = prefixOfWord(cursor, word)
  // 6.18, fib_table_insert: v4 only, "Invalid prefix for given prefix length". ip6_route_info_create masks the bits away.
  if (prefix?.family === 4 && prefix.address !== prefix.network) {
    cursor.problem(word, `${word.text} has bits set behind its prefix length, which the kernel refuses: write ${formatPrefix(prefix)}.`)
  } else if (prefix !== undefined) draft.to = { family: prefix.family, to: formatPrefix(prefix) }
}

/** What the kernel keeps as it is; it cuts what is larger (ip_metrics_convert). `quickack` is a switch. */
const METRIC_MAX: Readonly<Record<RouteMetric, number>> = {
  mtu: 65_520,
  advmss: 65_495,
  hoplimit: 255,
  quickack: 1,
  ...{ window: MAX_U32, reordering: MAX_U32, initcwnd: MAX_U32, initrwnd: MAX_U32 },
}

function isMetric(text: string): text is RouteMetric {
  return (ROUTE_METRICS as readonly string[]).includes(text)
}

function readMetric(cursor: WordCursor, keyword: Word, metric: RouteMetric, draft: RouteDraft): void {
  const lock = cursor.peek()
  if (lock?.text === 'lock') {
    cursor.problem(lock, `netlab does not take "${metric} lock" of "${COMMAND}": leave "lock" out.`)
    cursor.next()
    cursor.next()
  } else if (cursor.claimValue(metric, keyword)) {
    assign(draft.options, metric, readInteger(cursor, keyword, metric === 'quickack' ? 0 : 1, METRIC_MAX[metric]))
  }
}

function readProtocol(cursor: WordCursor, keyword: Word): number | undefined {
  const word = cursor.valueOf(keyword, 'a protocol')
  if (word === undefined) return undefined
  const number = ROUTE_PROTOCOLS.get(word.text) ?? KERNEL_PROTOCOLS.get(word.text) ?? parseInteger(word.text, 1, 255)
  const own = [...KERNEL_PROTOCOLS].find(([, other]) => other === number)?.[0]
  if (own !== undefined) {
    cursor.problem(word, `Routes of the protocol "${own}" are the kernel's own. One of the file has e.g. "proto static".`)
    return undefined
  }
  if (number === undefined) {
    cursor.problem(word, `"${word.text}" is not a protocol: ${[...ROUTE_PROTOCOLS.keys()].join(', ')}, or a number up to 255 is wanted.`)
  }
  return number
}

function readScope(cursor: WordCursor, keyword: Word): number | undefined {
  const word = cursor.valueOf(keyword, 'a scope')
  if (word === undefined) return undefined
  const number = ROUTE_SCOPES.get(word.text) ?? (word.text === 'universe' ? 0 : parseInteger(word.text, 0, RT_SCOPE_HOST))
  if (number === undefined)
    cursor.problem(word, `"${word.text}" is not a scope: ${[...ROUTE_SCOPES.keys()].join(', ')}, or 0 to ${RT_SCOPE_HOST} is wanted.`)
  return number
}

/** fib_check_nh(): a gateway is beyond the link, so a route through it reaches farther. */
function checkScope(cursor: WordCursor, { options, single, nexthops }: RouteDraft): void {
  const hasGateway = [single, ...nexthops].some(({ words }) => words.via !== undefined)
  if (options.scope === undefined || options.scope < RT_SCOPE_LINK || !hasGateway) return
  cursor.problem(
    cursor.places.get('scope'),
    'A route through a gateway reaches beyond the link: its scope is global, site, or a number below 253.',
  )
}

/** `nexthop … nexthop …` to the end of the line. */
function readNexthops(cursor: WordCursor, keyword: Word, draft: RouteDraft): boolean {
  const nexthop: NexthopDraft = { at: `nexthops.${draft.nexthops.length}.`, words: {} }
  draft.nexthops.push(nexthop)
  cursor.places.set(nexthop.at.slice(0, -1), { offset: keyword.offset, length: keyword.length })
  for (let word = cursor.next(); word !== undefined; word = cursor.next()) {
    if (word.text === 'nexthop') return readNexthops(cursor, word, draft)
    if (readNexthopWord(cursor, word, nexthop, 'encap')) continue
    if (ROUTE_WORDS.includes(word.text)) cursor.problem(word, `"${word.text}" must stand before the first "nexthop".`)
    else reportUnknownWord(cursor, word, COMMAND, [...NEXTHOP_WORDS, 'encap', 'nexthop'], UNSUPPORTED)
    return false
  }
  return true
}

function finishRoute(cursor: WordCursor, draft: RouteDraft): RouteWords | undefined {
  const { to, options, single, nexthops, type } = draft
  if (to === undefined) {
    cursor.problem(undefined, 'The route has no destination: "default" or a prefix is wanted.')
    return undefined
  }
  const destination = to === 'default' ? defaultOf(draft) : to
  checkNexthops(cursor, draft, destination.family)
  if (options.src !== undefined && familyOf(options.src) !== destination.family) {
    cursor.problem(cursor.places.get('src'), `${options.src} is not an IPv${destination.family} address as the destination is.`)
  }
  checkScope(cursor, draft)
  const { scope, ...others } = options
  const scoped = scope === undefined || destination.family === 6 ? {} : { scope }
  const route = { ...destination, type, ...single.words, ...others, ...scoped }
  return nexthops.length === 0 ? route : { ...route, nexthops: nexthops.map((nexthop) => nexthop.words) }
}

/** The family of `default` is that of the first address it is used with, and IPv4 where there is none. */
function defaultOf(draft: RouteDraft): Pick<RouteWords, 'family' | 'to'> {
  const first = [draft.single, ...draft.nexthops].find((nexthop) => nexthop.viaFamily !== undefined)
  const told = first?.isViaFamilySaid === true ? 4 : first?.viaFamily
  const family = told ?? (draft.options.src === undefined ? 4 : familyOf(draft.options.src))
  return { family, to: family === 4 ? '0.0.0.0/0' : '::/0' }
}

function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4
}

function checkNexthops(cursor: WordCursor, draft: RouteDraft, family: 4 | 6): void {
  const { single, nexthops, type } = draft
  const singlePlace = ['via', 'dev', 'onlink', 'encap'].map((key) => cursor.places.get(key)).find((place) => place !== undefined)
  const isSingle = singlePlace !== undefined
  if (type !== 'unicast') {
    const place = singlePlace ?? cursor.places.get('nexthops.0')
    if (place !== undefined)
      cursor.problem(
        place,
        `A route of type ${type} leads nowhere: it takes no ${isSingle ? '"via", "dev", "encap" or "onlink"' : '"nexthop"'}.`,
      )
  } else if (nexthops.length === 0) {
    if (isSingle) checkNexthop(cursor, single, family)
    else cursor.problem(undefined, 'The route leads nowhere: "via ADDRESS" or "dev NAME" is wanted.')
  } else {
    if (isSingle) cursor.problem(singlePlace, 'A route has either one next hop or several with "nexthop", not both.')
    for (const nexthop of nexthops) checkNexthop(cursor, nexthop, family)
  }
}

function checkNexthop(cursor: WordCursor, nexthop: NexthopDraft, family: 4 | 6): void {
  const { at } = nexthop
  const { via, dev, onlink } = nexthop.words
  if (via === undefined && dev === undefined) {
    const place = at === '' ? (cursor.places.get('onlink') ?? cursor.places.get('encap')) : cursor.places.get(at.slice(0, -1))
    cursor.problem(place, 'The next hop leads nowhere: "via ADDRESS" or "dev NAME" is wanted.')
    return
  }
  const problem = via === undefined ? undefined : viaProblem(nexthop, via, family)
  if (problem !== undefined) {
    cursor.problem(cursor.places.get(`${at}via`), problem)
  } else if (onlink === true && (dev === undefined || via === undefined)) {
    cursor.problem(cursor.places.get(`${at}onlink`), '"onlink" wants both "via" and "dev": it says that the address is on that link.')
  }
}

function viaProblem(nexthop: NexthopDraft, via: string, family: 4 | 6): string | undefined {
  if (family === 6 && nexthop.viaFamily === 4) return `${via} is an IPv4 address: no IPv6 destination can be reached by it.`
  if (family === 4 && nexthop.viaFamily === 6 && nexthop.isViaFamilySaid !== true) {
    return `${via} is an IPv6 address while the destination is IPv4. If you mean it, write "via inet6 ${via}".`
  }
  if (isLinkLocal6(via) && nexthop.words.dev === undefined) return `${via} is on every link: say which one with "dev".`
  return undefined
}
