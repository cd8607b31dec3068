/** Walks over the words of a line as a command's argument parser does, and collects what is wrong with each. */
import { didYouMean } from '../../diagnostic/suggest.ts'

/** Where something stands in the text, in UTF-16 units. */
export interface Place {
  readonly offset: number
  readonly length: number
}

export interface WordProblem extends Place {
  /** A full sentence. */
  readonly message: string
}

export interface ParsedWords<T> {
  /** Absent when there are problems. */
  readonly value?: T
  /** Where each value stands: `via`, `nexthops.1.dev`. For findings that only the rest of the file can tell. */
  readonly places: ReadonlyMap<string, Place>
  readonly problems: readonly WordProblem[]
}

export interface Word extends Place {
  readonly text: string
}

export interface WordCursor {
  readonly places: Map<string, Place>
  readonly problems: WordProblem[]
  /** The word that `next` will give. */
  peek(): Word | undefined
  next(): Word | undefined
  /** The word after `keyword`; where the line ends instead, that is a problem: `"via" wants an address`. */
  valueOf(keyword: Word, wanted: string): Word | undefined
  /** Notes that `key` stands at `word`; false, and a problem, where it stood somewhere before. */
  claim(key: string, word: Word): boolean
  /** Notes that `key` is the word after `keyword`; where it was said before, that is a problem and the word is passed over. */
  claimValue(key: string, keyword: Word): boolean
  /** `at` undefined: the whole line. */
  problem(at: Place | undefined, message: string): void
}

/** A cursor before the first word of `text`. */
export function wordCursor(text: string): WordCursor {
  const words: Word[] = [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], offset: match.index, length: match[0].length }))
  const places = new Map<string, Place>()
  const problems: WordProblem[] = []
  let index = 0

  const claim = (key: string, word: Word, at: Word): boolean => {
    if (places.has(key)) {
      problem(word, `"${word.text}" says again what was said before it.`)
      return false
    }
    places.set(key, { offset: at.offset, length: at.length })
    return true
  }
  const problem = (at: Place | undefined, message: string): void => {
    const { offset, length } = at ?? wholeLine(words)
    problems.push({ message, offset, length })
  }
  return {
    places,
    problems,
    problem,
    peek: () => words[index],
    next: () => words[index++],
    valueOf(keyword, wanted) {
      const word = words[index++]
      if (word === undefined) problem(keyword, `"${keyword.text}" wants ${wanted} after it.`)
      return word
    },
    claim: (key, word) => claim(key, word, word),
    claimValue(key, keyword) {
      const isFirst = claim(key, keyword, words[index] ?? keyword)
      if (!isFirst) index++
      return isFirst
    },
  }
}

/** Reports a word that has no meaning where it stands. `command` is what iproute2 calls the line, e.g. `ip route add`. */
export function reportUnknownWord(
  cursor: WordCursor,
  word: Word,
  command: string,
  known: Iterable<string>,
  unsupported: ReadonlySet<string>,
): void {
  if (unsupported.has(word.text))
    cursor.problem(word, `netlab does not take "${word.text}" of "${command}". It takes ${[...known].join(', ')}.`)
  else if (command.split(' ').includes(word.text))
    cursor.problem(word, `Leave out "${command}": the line begins with what stands behind it.`)
  else cursor.problem(word, `"${word.text}" is not a word of "${command}".${didYouMean(word.text, known)}`)
}

function wholeLine(words: readonly Word[]): Place {
  const [first, last] = [words[0], words.at(-1)]
  return first === undefined || last === undefined
    ? { offset: 0, length: 0 }
    : { offset: first.offset, length: last.offset + last.length - first.offset }
}
