/** The words of `ip route add`, as iproute_modify() and parse_one_nh() of iproute2's ip/iproute.c read them. ip-route(8). */
import type { RouteType } from '../../state/network.ts'
import { isLinkLocal6 } from '../../unit/address.ts'
import type { Address } from '../../unit/address.ts'
import { formatPrefix } from '../../unit/prefix.ts'
import { reportUnknownWord, wordCursor } from './cursor.ts'
import type { ParsedWords, Word, WordCursor } from './cursor.ts'
import { prefixOfWord, MAX_U32, readAddress, readIfname, readInteger, readTable } from './values.ts'

export interface RouteWords {
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
  /** Bytes. */
  readonly mtu?: number
  readonly onlink?: true
  /** Two or more, or one written with `nexthop`. Then `via`, `dev` and `onlink` are absent. */
  readonly nexthops?: readonly NexthopWords[]
}

export interface NexthopWords {
  readonly via?: string
  readonly dev?: string
  /** 1 to 256; absent means 1. */
  readonly weight?: number
  readonly onlink?: true
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

interface NexthopDraft extends Mutable<NexthopWords> {
  /** Prefix of the keys of its places: '' or `nexthops.0.`. */
  readonly at: string
  viaFamily?: 4 | 6
  /** Whether the family was said: `via inet6 …`. */
  isViaFamilySaid?: boolean
}

interface RouteDraft extends Pick<Mutable<RouteWords>, 'metric' | 'table' | 'mtu'> {
  type: RouteType
  to?: { readonly family: 4 | 6; readonly text: string } | 'default'
  src?: Address
  readonly single: NexthopDraft
  readonly nexthops: NexthopDraft[]
}

const COMMAND = 'ip route add'
const TYPES: ReadonlySet<string> = new Set<RouteType>(['unicast', 'blackhole', 'unreachable', 'prohibit'])
const NEXTHOP_WORDS = ['via', 'dev', 'weight', 'onlink']
const ROUTE_WORDS = [
  'to',
  'default',
  'metric',
  'preference',
  'priority',
  'table',
  'src',
  'mtu',
  'nexthop',
  ...TYPES,
  'via',
  'dev',
  'onlink',
]
const UNSUPPORTED = new Set(
  (
    'tos dsfield scope proto protocol expires hoplimit advmss reordering rtt rttvar window cwnd initcwnd initrwnd ssthresh realms ' +
    'rto_min quickack congctl features pref encap nhid ttl-propagate fastopen_no_cookie from as vrf local broadcast brd multicast ' +
    'anycast throw nat xresolve'
  ).split(' '),
)

/** `default via 10.0.0.1 dev eth0 metric 5` and all the rest. Every problem that can be told from the words alone. */
export function parseRouteWords(text: string): ParsedWords<RouteWords> {
  const cursor = wordCursor(text)
  const draft: RouteDraft = { type: 'unicast', single: { at: '' }, nexthops: [] }
  for (let word = cursor.next(); word !== undefined; word = cursor.next()) {
    if (!readRouteWord(cursor, word, draft)) break
  }
  const { places, problems } = cursor
  const value = problems.length === 0 ? finishRoute(cursor, draft) : undefined
  return value === undefined || problems.length > 0 ? { places, problems } : { value, places, problems }
}

/** False where the line cannot be understood from here on. */
function readRouteWord(cursor: WordCursor, word: Word, draft: RouteDraft): boolean {
  if (readNexthopWord(cursor, word, draft.single)) return true
  switch (word.text) {
    case 'to':
      readDestination(cursor, cursor.valueOf(word, 'a prefix'), draft)
      return true
    case 'metric':
    case 'preference':
    case 'priority':
      if (cursor.claimValue('metric', word)) assign(draft, 'metric', readInteger(cursor, word, 0, MAX_U32))
      return true
    case 'table':
      if (cursor.claimValue('table', word)) assign(draft, 'table', readTable(cursor, word))
      return true
    case 'src':
      if (cursor.claimValue('src', word)) assign(draft, 'src', readAddress(cursor, word))
      return true
    case 'mtu':
      readMtu(cursor, word, draft)
      return true
    case 'nexthop':
      return readNexthops(cursor, word, draft)
    default:
      if (draft.to !== undefined || !isDestination(word.text)) {
        reportUnknownWord(cursor, word, COMMAND, ROUTE_WORDS, UNSUPPORTED)
        return false
      }
      readDestination(cursor, word, draft)
      return true
  }
}

/** A word that cannot be a keyword: iproute2 tries it as type, then as prefix. */
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
  } else if (prefix !== undefined) draft.to = { family: prefix.family, text: formatPrefix(prefix) }
}

function readMtu(cursor: WordCursor, keyword: Word, draft: RouteDraft): void {
  const lock = cursor.peek()
  if (lock?.text === 'lock') {
    cursor.problem(lock, `netlab does not support "mtu lock" of "${COMMAND}".`)
    cursor.next()
    cursor.next()
  } else if (cursor.claimValue('mtu', keyword)) {
    assign(draft, 'mtu', readInteger(cursor, keyword, 1, MAX_U32))
  }
}

/** `nexthop … nexthop …` to the end of the line. */
function readNexthops(cursor: WordCursor, keyword: Word, draft: RouteDraft): boolean {
  const nexthop: NexthopDraft = { at: `nexthops.${draft.nexthops.length}.` }
  draft.nexthops.push(nexthop)
  cursor.places.set(nexthop.at.slice(0, -1), { offset: keyword.offset, length: keyword.length })
  for (let word = cursor.next(); word !== undefined; word = cursor.next()) {
    if (word.text === 'nexthop') return readNexthops(cursor, word, draft)
    if (readNexthopWord(cursor, word, nexthop)) continue
    if (ROUTE_WORDS.includes(word.text)) cursor.problem(word, `"${word.text}" must stand before the first "nexthop".`)
    else reportUnknownWord(cursor, word, COMMAND, [...NEXTHOP_WORDS, 'nexthop'], UNSUPPORTED)
    return false
  }
  return true
}

/** Whether the word was one of a next hop's. `weight` belongs to `nexthop` only, as in iproute2. */
function readNexthopWord(cursor: WordCursor, word: Word, nexthop: NexthopDraft): boolean {
  switch (word.text) {
    case 'via':
      readVia(cursor, word, nexthop)
      return true
    case 'dev':
    case 'oif':
      if (cursor.claimValue(`${nexthop.at}dev`, word)) assign(nexthop, 'dev', readIfname(cursor, word)?.text)
      return true
    case 'onlink':
      if (cursor.claim(`${nexthop.at}onlink`, word)) nexthop.onlink = true
      return true
    case 'weight':
      if (nexthop.at === '') cursor.problem(word, '"weight" belongs to a "nexthop": write "nexthop via ADDRESS weight N".')
      if (cursor.claimValue(`${nexthop.at}weight`, word)) assign(nexthop, 'weight', readInteger(cursor, word, 1, 256))
      return true
    default:
      return false
  }
}

function readVia(cursor: WordCursor, keyword: Word, nexthop: NexthopDraft): void {
  const said = cursor.peek()
  const family = said?.text === 'inet6' ? 6 : said?.text === 'inet' ? 4 : undefined
  if (family !== undefined) cursor.next()
  if (!cursor.claimValue(`${nexthop.at}via`, keyword)) return
  const address = readAddress(cursor, keyword)
  if (address === undefined) return
  if (family !== undefined && family !== address.family) {
    cursor.problem(address.word, `${address.text} is an IPv${address.family} address, but "${said?.text ?? ''}" was said.`)
    return
  }
  nexthop.via = address.text
  nexthop.viaFamily = address.family
  nexthop.isViaFamilySaid = family !== undefined
}

function finishRoute(cursor: WordCursor, draft: RouteDraft): RouteWords | undefined {
  const { to, single, nexthops, type } = draft
  if (to === undefined) {
    cursor.problem(undefined, 'The route has no destination: "default" or a prefix is wanted.')
    return undefined
  }
  const firstVia = [single, ...nexthops].find((nexthop) => nexthop.viaFamily !== undefined)
  const undecided = firstVia?.isViaFamilySaid === true ? 4 : (firstVia?.viaFamily ?? draft.src?.family ?? 4)
  const family = to === 'default' ? undecided : to.family
  checkNexthops(cursor, draft, family)
  if (draft.src !== undefined && draft.src.family !== family) {
    cursor.problem(cursor.places.get('src'), `${draft.src.text} is not an IPv${family} address as the destination is.`)
  }
  return {
    family,
    type,
    to: to === 'default' ? (family === 4 ? '0.0.0.0/0' : '::/0') : to.text,
    ...nexthopWords(single),
    ...(draft.metric !== undefined && { metric: draft.metric }),
    ...(draft.table !== undefined && { table: draft.table }),
    ...(draft.src !== undefined && { src: draft.src.text }),
    ...(draft.mtu !== undefined && { mtu: draft.mtu }),
    ...(nexthops.length > 0 && { nexthops: nexthops.map(nexthopWords) }),
  }
}

function checkNexthops(cursor: WordCursor, draft: RouteDraft, family: 4 | 6): void {
  const { single, nexthops, type } = draft
  const isSingle = single.via !== undefined || single.dev !== undefined || single.onlink === true
  const singlePlace = cursor.places.get('via') ?? cursor.places.get('dev') ?? cursor.places.get('onlink')
  if (type !== 'unicast') {
    if (isSingle) cursor.problem(singlePlace, `A route of type ${type} leads nowhere: it takes no "via", "dev" or "onlink".`)
    else if (nexthops.length > 0)
      cursor.problem(cursor.places.get('nexthops.0'), `A route of type ${type} leads nowhere: it takes no "nexthop".`)
    return
  }
  if (nexthops.length === 0) {
    if (isSingle) checkNexthop(cursor, single, family)
    else cursor.problem(undefined, 'The route leads nowhere: "via ADDRESS" or "dev NAME" is wanted.')
    return
  }
  if (isSingle) cursor.problem(singlePlace, 'A route has either one next hop or several with "nexthop", not both.')
  for (const nexthop of nexthops) checkNexthop(cursor, nexthop, family)
}

function checkNexthop(cursor: WordCursor, nexthop: NexthopDraft, family: 4 | 6): void {
  const { at, via, dev, viaFamily } = nexthop
  const viaPlace = cursor.places.get(`${at}via`)
  if (via === undefined && dev === undefined) {
    cursor.problem(
      cursor.places.get(at === '' ? 'onlink' : at.slice(0, -1)),
      'The next hop leads nowhere: "via ADDRESS" or "dev NAME" is wanted.',
    )
  } else if (via !== undefined && viaFamily === 4 && family === 6) {
    cursor.problem(viaPlace, `${via} is an IPv4 address: no IPv6 destination can be reached by it.`)
  } else if (via !== undefined && viaFamily === 6 && family === 4 && nexthop.isViaFamilySaid !== true) {
    cursor.problem(viaPlace, `${via} is an IPv6 address while the destination is IPv4. If you mean it, write "via inet6 ${via}".`)
  } else if (via !== undefined && isLinkLocal6(via) && dev === undefined) {
    cursor.problem(viaPlace, `${via} is on every link: say which one with "dev".`)
  } else if (nexthop.onlink === true && (dev === undefined || via === undefined)) {
    cursor.problem(cursor.places.get(`${at}onlink`), '"onlink" wants both "via" and "dev": it says that the address is on that link.')
  }
}

function nexthopWords(nexthop: NexthopDraft): NexthopWords {
  return {
    ...(nexthop.via !== undefined && { via: nexthop.via }),
    ...(nexthop.dev !== undefined && { dev: nexthop.dev }),
    ...(nexthop.weight !== undefined && { weight: nexthop.weight }),
    ...(nexthop.onlink === true && { onlink: true as const }),
  }
}

function assign<T extends object, Key extends keyof T>(target: T, key: Key, value: T[Key] | undefined): void {
  if (value !== undefined) target[key] = value
}
