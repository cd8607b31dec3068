/** The words of a next hop, as parse_one_nh() of iproute2's ip/iproute.c reads them, with labels for what goes by it. ip-route(8). */
import type { Word, WordCursor } from './cursor.ts'
import { assign, parseInteger, readAddress, readIfname, readInteger } from './values.ts'
import type { Mutable } from './values.ts'

export interface NexthopWords {
  /** Canonical text. Of the other family after `via inet6`. */
  readonly via?: string
  readonly dev?: string
  /** 1 to 256; absent means 1. */
  readonly weight?: number
  readonly onlink?: true
  /** Of `encap mpls` or `as`, the outermost first. */
  readonly labels?: readonly number[]
}

export interface NexthopDraft {
  /** Prefix of the keys of its places: '' or `nexthops.0.`. */
  readonly at: string
  readonly words: Mutable<NexthopWords>
  viaFamily?: 4 | 6
  /** Whether the family was said: `via inet6 …`. */
  isViaFamilySaid?: boolean
}

/** Those that all next hops have; labels have another word in each family. */
export const NEXTHOP_WORDS = ['via', 'dev', 'weight', 'onlink']

/** <linux/mpls.h> MPLS_LABEL_MASK: 20 bits. */
export const MAX_LABEL = 0xfffff
/** MPLS_LABEL_IMPLNULL: it means that there is to be none, and is never sent (nla_get_labels). RFC 3032. */
const IMPLICIT_NULL = 3
/** MAX_NEW_LABELS of net/mpls/internal.h */
const MAX_LABELS = 30

/** Whether the word was one of a next hop's; `labelWord` is the one that brings labels. `weight` belongs to `nexthop` only, as in iproute2. */
export function readNexthopWord(cursor: WordCursor, word: Word, nexthop: NexthopDraft, labelWord: 'encap' | 'as'): boolean {
  switch (word.text) {
    case 'via':
      readVia(cursor, word, nexthop)
      return true
    case 'dev':
    case 'oif':
      if (cursor.claimValue(`${nexthop.at}dev`, word)) assign(nexthop.words, 'dev', readIfname(cursor, word)?.text)
      return true
    case 'onlink':
      if (cursor.claim(`${nexthop.at}onlink`, word)) nexthop.words.onlink = true
      return true
    case 'weight':
      if (nexthop.at === '') cursor.problem(word, '"weight" belongs to a "nexthop": write "nexthop via ADDRESS weight N".')
      if (cursor.claimValue(`${nexthop.at}weight`, word)) assign(nexthop.words, 'weight', readInteger(cursor, word, 1, 256))
      return true
    case labelWord:
      if (cursor.claimValue(`${nexthop.at}${labelWord}`, word)) assign(nexthop.words, 'labels', readLabels(cursor, word))
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
  nexthop.words.via = address.text
  nexthop.viaFamily = address.family
  nexthop.isViaFamilySaid = family !== undefined
}

/** `100/200` after `as`, `mpls 100/200` after `encap`. */
function readLabels(cursor: WordCursor, keyword: Word): readonly number[] | undefined {
  if (keyword.text === 'encap') {
    const kind = cursor.valueOf(keyword, '"mpls" and labels')
    if (kind === undefined) return undefined
    if (kind.text !== 'mpls') {
      cursor.problem(kind, `netlab takes "encap mpls" and no other: "${kind.text}" is not mpls.`)
      cursor.next()
      return undefined
    }
  }
  const word = cursor.valueOf(keyword, 'labels, e.g. 100 or 100/200')
  if (word === undefined) return undefined
  const labels = word.text.split('/').map((text) => parseInteger(text, 0, MAX_LABEL))
  const problem = labelsProblem(labels)
  if (problem === undefined) return labels as number[]
  cursor.problem(word, `"${word.text}" ${problem}.`)
  return undefined
}

function labelsProblem(labels: readonly (number | undefined)[]): string | undefined {
  if (labels.includes(undefined)) return `is no stack of labels: numbers up to ${MAX_LABEL} with "/" between them are wanted`
  if (labels.includes(IMPLICIT_NULL)) return 'has the implicit null label, which is never sent: leave it out'
  return labels.length > MAX_LABELS ? `has ${labels.length} labels: the kernel takes ${MAX_LABELS} at most` : undefined
}
