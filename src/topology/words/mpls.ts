/** The words of `ip -f mpls route add`, as iproute_modify() of iproute2's ip/iproute.c reads them. ip-route(8), RFC 3032. */
import { wordCursor, reportUnknownWord } from './cursor.ts'
import type { ParsedWords, Word, WordCursor } from './cursor.ts'
import { MAX_LABEL, readNexthopWord } from './nexthop.ts'
import type { NexthopDraft, NexthopWords } from './nexthop.ts'
import { parseInteger } from './values.ts'

export interface MplsWords {
  /** The outermost label of the packets that are meant. */
  readonly label: number
  /** One, or several written with `nexthop`. */
  readonly nexthops: readonly NexthopWords[]
}

const COMMAND = 'ip -f mpls route add'
const WORDS = ['as', 'via', 'dev', 'nexthop']
const UNSUPPORTED = new Set(['ttl-propagate', 'proto', 'protocol', 'table', 'metric', 'scope', 'src', 'mtu', 'nhid', 'tos'])
/** MPLS_LABEL_FIRST_UNRESERVED: those below have a meaning of their own. */
const FIRST_LABEL = 16

/** `100 as 200 via inet 10.0.0.2 dev eth0` and all the rest. Every problem that can be told from the words alone. */
export function parseMplsWords(text: string): ParsedWords<MplsWords> {
  const cursor = wordCursor(text)
  const label = readLabel(cursor)
  const single: NexthopDraft = { at: '', words: {} }
  const several: NexthopDraft[] = []
  let current = single
  for (let word = cursor.next(); word !== undefined; word = cursor.next()) {
    if (word.text === 'nexthop') {
      current = { at: `nexthops.${several.length}.`, words: {} }
      several.push(current)
      cursor.places.set(current.at.slice(0, -1), { offset: word.offset, length: word.length })
    } else if (!readWord(cursor, word, current)) break
  }
  if (cursor.problems.length === 0) checkNexthops(cursor, single, several)
  const { places, problems } = cursor
  if (label === undefined || problems.length > 0) return { places, problems }
  const nexthops = several.length === 0 ? [single] : several
  return { value: { label, nexthops: nexthops.map(({ words }) => words) }, places, problems }
}

function readLabel(cursor: WordCursor): number | undefined {
  const first = cursor.next()
  const word = first?.text === 'to' ? cursor.valueOf(first, 'a label') : first
  if (word === undefined) {
    if (first === undefined) cursor.problem(undefined, 'The route has no label.')
    return undefined
  }
  cursor.claim('label', word)
  const label = parseInteger(word.text, FIRST_LABEL, MAX_LABEL)
  if (label === undefined) cursor.problem(word, `"${word.text}" is not a label for routes: ${FIRST_LABEL} to ${MAX_LABEL} is wanted.`)
  return label
}

/** False where the line cannot be understood from here on. */
function readWord(cursor: WordCursor, word: Word, nexthop: NexthopDraft): boolean {
  // mpls_nh_build_multi: EINVAL for rtnh_hops and for rtnh_flags.
  if (word.text === 'weight' || word.text === 'onlink') {
    cursor.problem(word, `The kernel takes no "${word.text}" for a route by label.`)
    return false
  }
  if (readNexthopWord(cursor, word, nexthop, 'as')) return true
  reportUnknownWord(cursor, word, COMMAND, WORDS, UNSUPPORTED)
  return false
}

function checkNexthops(cursor: WordCursor, single: NexthopDraft, several: readonly NexthopDraft[]): void {
  const isSingle = Object.keys(single.words).length > 0
  if (isSingle && several.length > 0)
    cursor.problem(cursor.places.get('nexthops.0'), 'A route has either one next hop or several with "nexthop", not both.')
  for (const { at, words } of several.length > 0 ? several : [single]) {
    if (words.via !== undefined || words.dev !== undefined) continue
    const place = at === '' ? cursor.places.get('as') : cursor.places.get(at.slice(0, -1))
    cursor.problem(
      place,
      'The route leads nowhere: "via inet ADDRESS" or "dev NAME" is wanted; "dev lo" takes the label off and keeps the packet.',
    )
  }
}
