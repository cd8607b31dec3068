/** The words of `ip rule add`, as iprule_modify() of iproute2's ip/iprule.c reads them. ip-rule(8). */
import type { PortRange, RuleAction } from '../../state/network.ts'
import { formatPrefix } from '../../unit/prefix.ts'
import { reportUnknownWord, wordCursor } from './cursor.ts'
import type { ParsedWords, Word, WordCursor } from './cursor.ts'
import { prefixOfWord, MAIN_TABLE, MAX_U32, parseInteger, readIfname, readInteger, readTable } from './values.ts'

export interface RuleWords {
  /** Told by `from` or `to`; absent where they name no address. */
  readonly family?: 4 | 6
  readonly not: boolean
  /** Canonical prefixes; absent means all. */
  readonly from?: string
  readonly to?: string
  readonly iif?: string
  readonly oif?: string
  readonly fwmark?: number
  /** Absent: the kernel's 0xffffffff. */
  readonly fwmask?: number
  /** IPPROTO_* number */
  readonly ipproto?: number
  readonly sport?: PortRange
  readonly dport?: PortRange
  readonly priority?: number
  readonly suppressPrefixlen?: number
  readonly action: RuleAction
  /** Where the action is lookup; `main` where the words name none, as in iproute2. */
  readonly table?: number
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

interface RuleDraft extends Mutable<Partial<RuleWords>> {
  fromFamily?: 4 | 6
  toFamily?: 4 | 6
}

const COMMAND = 'ip rule add'
const ACTIONS: ReadonlySet<string> = new Set<RuleAction>(['blackhole', 'unreachable', 'prohibit'])
const RULE_WORDS = (
  'not from to iif oif fwmark lookup table priority preference order ipproto sport dport suppress_prefixlength ' + [...ACTIONS].join(' ')
).split(' ')
const UNSUPPORTED = new Set(
  'tos dsfield dscp realms protocol tun_id l3mdev suppress_ifgroup sup_group uidrange goto nop nat map-to type flowlabel'.split(' '),
)

/** Names in /etc/protocols that a rule is likely to tell apart. */
const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['igmp', 2],
  ['tcp', 6],
  ['udp', 17],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['icmpv6', 58],
  ['ipv6-icmp', 58],
  ['ospf', 89],
  ['sctp', 132],
  ['udplite', 136],
])

/** `from 10.1.0.0/24 table 100` and all the rest. Every problem that can be told from the words alone. */
export function parseRuleWords(text: string): ParsedWords<RuleWords> {
  const cursor = wordCursor(text)
  const draft: RuleDraft = {}
  if (cursor.peek() === undefined) cursor.problem(undefined, 'The rule is empty: e.g. "from 10.1.0.0/24 table 100" is wanted.')
  for (let word = cursor.next(); word !== undefined; word = cursor.next()) {
    if (readRuleWord(cursor, word, draft)) continue
    reportUnknownWord(cursor, word, COMMAND, RULE_WORDS, UNSUPPORTED)
    break
  }
  const { places, problems } = cursor
  const value = finishRule(cursor, draft)
  return problems.length > 0 ? { places, problems } : { value, places, problems }
}

/** False where the word is none of a rule's. */
function readRuleWord(cursor: WordCursor, word: Word, draft: RuleDraft): boolean {
  if (ACTIONS.has(word.text)) {
    if (cursor.claim('action', word)) draft.action = word.text as RuleAction
    return true
  }
  const key = KEY_OF_WORD.get(word.text)
  if (key === undefined) return false
  if (key === 'not') draft.not = true
  else if (cursor.claimValue(key, word)) READERS[key](cursor, word, draft)
  return true
}

type ValueKey = 'from' | 'to' | 'iif' | 'oif' | 'table' | 'priority' | 'suppressPrefixlen' | 'fwmark' | 'ipproto' | 'sport' | 'dport'

const READERS: Readonly<Record<ValueKey, (cursor: WordCursor, word: Word, draft: RuleDraft) => void>> = {
  from: (cursor, word, draft) => readSelector(cursor, word, draft, 'from'),
  to: (cursor, word, draft) => readSelector(cursor, word, draft, 'to'),
  iif: (cursor, word, draft) => assign(draft, 'iif', readIfname(cursor, word)?.text),
  oif: (cursor, word, draft) => assign(draft, 'oif', readIfname(cursor, word)?.text),
  table: (cursor, word, draft) => assign(draft, 'table', readTable(cursor, word)),
  priority: (cursor, word, draft) => assign(draft, 'priority', readInteger(cursor, word, 0, MAX_U32)),
  suppressPrefixlen: (cursor, word, draft) => assign(draft, 'suppressPrefixlen', readInteger(cursor, word, 0, 128)),
  fwmark: readFwmark,
  ipproto: readProtocol,
  sport: (cursor, word, draft) => assign(draft, 'sport', readPorts(cursor, word)),
  dport: (cursor, word, draft) => assign(draft, 'dport', readPorts(cursor, word)),
}

const KEY_OF_WORD: ReadonlyMap<string, ValueKey | 'not'> = new Map<string, ValueKey | 'not'>([
  ['not', 'not'],
  ['from', 'from'],
  ['to', 'to'],
  ['iif', 'iif'],
  ['dev', 'iif'],
  ['oif', 'oif'],
  ['table', 'table'],
  ['lookup', 'table'],
  ['priority', 'priority'],
  ['preference', 'priority'],
  ['pref', 'priority'],
  ['order', 'priority'],
  ['suppress_prefixlength', 'suppressPrefixlen'],
  ['sup_pl', 'suppressPrefixlen'],
  ['fwmark', 'fwmark'],
  ['ipproto', 'ipproto'],
  ['sport', 'sport'],
  ['dport', 'dport'],
])

function readSelector(cursor: WordCursor, keyword: Word, draft: RuleDraft, key: 'from' | 'to'): void {
  if (KEY_OF_WORD.has(cursor.peek()?.text ?? '')) return cursor.problem(keyword, `"${keyword.text}" wants a prefix after it.`)
  const word = cursor.valueOf(keyword, 'a prefix')
  if (word === undefined || /^(?:all|any|default)$/.test(word.text)) return
  const prefix = prefixOfWord(cursor, word)
  if (prefix === undefined) return
  draft[`${key}Family`] = prefix.family
  // The kernel compares under the mask only (fib4_rule_match), so the bits behind it say nothing.
  // A prefix of no bits selects everything, of its family.
  if (prefix.prefixlen > 0) draft[key] = formatPrefix(prefix)
}

/** MARK or MARK/MASK */
function readFwmark(cursor: WordCursor, keyword: Word, draft: RuleDraft): void {
  const word = cursor.valueOf(keyword, 'a mark')
  if (word === undefined) return
  const [markText = '', maskText, ...rest] = word.text.split('/')
  const mark = parseInteger(markText, 0, MAX_U32)
  const mask = maskText === undefined ? undefined : parseInteger(maskText, 0, MAX_U32)
  if (mark === undefined || (maskText !== undefined && mask === undefined) || rest.length > 0) {
    cursor.problem(word, `"${word.text}" is not a mark: a number up to 0xffffffff is wanted, or two as in 0x1/0xff.`)
    return
  }
  draft.fwmark = mark
  if (mask !== undefined) draft.fwmask = mask
}

function readProtocol(cursor: WordCursor, keyword: Word, draft: RuleDraft): void {
  const word = cursor.valueOf(keyword, 'a protocol')
  if (word === undefined) return
  const protocol = PROTOCOLS.get(word.text) ?? parseInteger(word.text, 1, 255)
  if (protocol !== undefined) draft.ipproto = protocol
  else cursor.problem(word, `"${word.text}" is not a protocol: ${[...PROTOCOLS.keys()].join(', ')}, or 1 to 255 is wanted.`)
}

/** PORT or FIRST-LAST. 6.18, fib_rule_port_range_valid: not 0, and below 65535. */
function readPorts(cursor: WordCursor, keyword: Word): PortRange | undefined {
  const word = cursor.valueOf(keyword, 'a port')
  if (word === undefined) return undefined
  const [startText = '', endText = startText, ...rest] = word.text.split('-')
  const start = parseInteger(startText, 1, 65534)
  const end = parseInteger(endText, 1, 65534)
  if (start !== undefined && end !== undefined && start <= end && rest.length === 0) return { start, end }
  cursor.problem(word, `"${word.text}" is not a port: 1 to 65534 is wanted, or a range as in 8000-8099.`)
  return undefined
}

function finishRule(cursor: WordCursor, draft: RuleDraft): RuleWords {
  const { fromFamily, toFamily, not = false, action = 'lookup', table, ...selectors } = draft
  if (fromFamily !== undefined && toFamily !== undefined && fromFamily !== toFamily) {
    cursor.problem(cursor.places.get('to'), 'A rule is for IPv4 or for IPv6: "from" and "to" must be of one family.')
  }
  const family = fromFamily ?? toFamily
  if (action !== 'lookup') {
    if (table !== undefined) cursor.problem(cursor.places.get('action'), `A rule looks up a table or is ${action}, not both.`)
    if (draft.suppressPrefixlen !== undefined) {
      cursor.problem(
        cursor.places.get('suppressPrefixlen'),
        `"suppress_prefixlength" works on the result of a table; this rule is ${action}.`,
      )
    }
    return { ...selectors, not, action, ...(family !== undefined && { family }) }
  }
  return { ...selectors, not, action, table: table ?? MAIN_TABLE, ...(family !== undefined && { family }) }
}

function assign<T extends object, Key extends keyof T>(target: T, key: Key, value: T[Key] | undefined): void {
  if (value !== undefined) target[key] = value
}
