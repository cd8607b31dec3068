/**
 * A fast way through plain YAML: block and flow collections, plain and simply quoted scalars, each on one line, comments. That is what
 * programs write when they write ten thousand lines, and the yaml package needs half a second for a thousand nodes. Whatever is not
 * plain, or wrong in any way, is left to the package as a whole: it alone says what is a mistake. That both read the same is tested.
 */
import { isScalar, Schema } from 'yaml'
import type { ScalarTag } from 'yaml'
import type { Origin } from '../diagnostic/origin.ts'
import type { Lines } from './lines.ts'
import type { Entry, ListValue, MapValue, ScalarValue, Value } from './value.ts'

/** Blanks and breaks of which the package has its own view, and the stand-in for a colon that ends no key. */
const NOT_PLAIN = /(?![\n ])[\s\p{Cc}\ue03a]/u
/** With its colon; a quoted one stands between quotes. */
const BLOCK_KEY = /(?:([\w./][\w ./\ue05b\ue05d-]*)|"([^"\\\n]*)"|'([^'\n]*)'):(?= |\n|$)/y
const FLOW_KEY = /(?:([\w./][\w ./\ue05b\ue05d-]*)|"([^"\\\n]*)"|'([^'\n]*)'): /y
const QUOTED = /"[^"\\\n]*"|'[^'\n]*'/y
const BLOCK_SCALAR = /(?:[\w./+~]|-(?=[^ \n]))[^\n]*/y
const FLOW_SCALAR = /(?:[\w./+~]|-(?=[^ ,[\]{}\n]))[^,[\]{}\n]*/y
/** A colon that would end a key. */
const KEY_END = /:(?: |$)/
const REST_OF_LINE = /(?: *| +#[^\n]*)(?:\n|$)/y
/** Lines without content, then the indentation of the next. */
const BLANK_LINES = /(?: *(?:#[^\n]*)?\n)* */y
/** First signs of all scalars that are not texts in the core schema. */
const MAYBE_NO_TEXT = /^[-+.~0-9nNtTfF]/

const CORE = new Schema({ schema: 'core' }).tags.filter((tag): tag is ScalarTag & { test: RegExp } => tag.default === true && 'test' in tag)

const SPACE = 0x20
/** Longer keys must be marked with "?". */
const MAX_KEY_LENGTH = 1_000

class NotPlain extends Error {}

/** The tree of a text in which ranges have stand-ins (`restore` takes them back); undefined where it is not plain. */
export function readPlainYaml(text: string, lines: Lines, maxDepth: number, restore: (text: string) => string): Value | undefined {
  if (NOT_PLAIN.test(text)) return undefined
  try {
    return new PlainReader(text, lines, maxDepth, restore).read()
  } catch (error) {
    if (error instanceof NotPlain) return undefined
    throw error
  }
}

class PlainReader {
  readonly #text: string
  readonly #lines: Lines
  readonly #maxDepth: number
  readonly #restore: (text: string) => string
  #at = 0
  /** Column of `#at`, which is the first sign of a line; -1 at the end of the text. */
  #column = -1
  #depth = 0

  constructor(text: string, lines: Lines, maxDepth: number, restore: (text: string) => string) {
    this.#text = text
    this.#lines = lines
    this.#maxDepth = maxDepth
    this.#restore = restore
  }

  read(): Value {
    this.#nextLine()
    const value = this.#column === 0 ? this.#block(0) : notPlain()
    return this.#column === -1 ? value : notPlain()
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at += match[0].length
    return match
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++
  }

  #sees(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }

  /** From the end of a line to the first sign of the next that has one. */
  #nextLine(): void {
    const start = this.#at
    const blank = this.#match(BLANK_LINES)?.[0] ?? ''
    this.#column = this.#at === this.#text.length ? -1 : this.#at - (start + blank.lastIndexOf('\n') + 1)
    if (this.#column === 0 && (this.#sees('---') || this.#sees('...'))) notPlain()
  }

  /** Past the rest of a line in which nothing more stands. */
  #endLine(): void {
    if (this.#match(REST_OF_LINE) === undefined) notPlain()
    this.#nextLine()
  }

  #block(indent: number): Value {
    return this.#nested(() => (this.#sees('- ') ? this.#blockList(indent) : this.#blockMap(indent)))
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > this.#maxDepth) notPlain()
    const value = read()
    this.#depth--
    return value
  }

  #blockMap(indent: number): MapValue {
    const start = this.#at
    const entries = new Map<string, Entry>()
    do {
      const [name, key] = this.#key(BLOCK_KEY)
      const value = this.#blockValue(indent)
      if (this.#column > indent) notPlain()
      addEntry(entries, name, { key, value })
    } while (this.#column === indent && !this.#sees('- '))
    return { kind: 'map', entries, origin: this.#lines.origin(start, this.#text.length) }
  }

  /** What stands behind the colon of a key, or below it. */
  #blockValue(indent: number): Value {
    const colonEnd = this.#at
    this.#skipSpaces()
    if (!this.#isLineOver()) return this.#lineValue()
    this.#at = colonEnd
    const isBlankBehind = this.#sees(' ')
    this.#endLine()
    if (this.#column > indent || (this.#column === indent && this.#sees('- '))) return this.#block(this.#column)
    if (isBlankBehind) notPlain() // the package has several opinions on where nothing stands
    return { kind: 'scalar', value: null, text: '', origin: this.#lines.origin(colonEnd, colonEnd), verbatim: true }
  }

  #isLineOver(): boolean {
    return this.#at === this.#text.length || this.#sees('\n') || this.#sees('#')
  }

  #blockList(indent: number): ListValue {
    const start = this.#at
    const items: Value[] = []
    do {
      const dash = this.#at
      this.#at++
      this.#skipSpaces()
      if (this.#isLineOver()) notPlain()
      const column = indent + this.#at - dash
      const isBlock = this.#sees('- ') || this.#isKey()
      items.push(isBlock ? this.#block(column) : this.#lineValue())
      if (this.#column > indent) notPlain()
    } while (this.#column === indent && this.#sees('- '))
    return { kind: 'list', items, origin: this.#lines.origin(start, this.#text.length) }
  }

  #isKey(): boolean {
    BLOCK_KEY.lastIndex = this.#at
    return BLOCK_KEY.test(this.#text)
  }

  #key(pattern: RegExp): [string, Origin] {
    const start = this.#at
    const match = this.#match(pattern)
    const name = match?.[1] ?? match?.[2] ?? match?.[3] ?? notPlain()
    if (match === undefined || name.length > MAX_KEY_LENGTH || name.endsWith(' ')) notPlain()
    const end = start + name.length + (match?.[1] === undefined ? 2 : 0)
    return [this.#restore(name), this.#lines.origin(start, end)]
  }

  /** A value in block context, and the end of its line. */
  #lineValue(): Value {
    const value = this.#flowCollection() ?? this.#quoted() ?? this.#plain(BLOCK_SCALAR)
    this.#endLine()
    return value
  }

  #flowValue(): Value {
    return this.#flowCollection() ?? this.#quoted() ?? this.#plain(FLOW_SCALAR)
  }

  #flowCollection(): Value | undefined {
    if (this.#sees('[')) return this.#nested(() => this.#flowList())
    return this.#sees('{') ? this.#nested(() => this.#flowMap()) : undefined
  }

  #flowList(): ListValue {
    const items: Value[] = []
    const origin = this.#flowItems(']', () => items.push(this.#flowValue()))
    return { kind: 'list', items, origin }
  }

  #flowMap(): MapValue {
    const entries = new Map<string, Entry>()
    const origin = this.#flowItems('}', () => {
      const [name, key] = this.#key(FLOW_KEY)
      this.#skipSpaces()
      addEntry(entries, name, { key, value: this.#flowValue() })
    })
    return { kind: 'map', entries, origin }
  }

  #flowItems(close: string, readItem: () => void): Origin {
    const start = this.#at++
    this.#skipSpaces()
    if (!this.#sees(close)) {
      readItem()
      this.#skipSpaces()
      while (this.#sees(',')) {
        this.#at++
        this.#skipSpaces()
        readItem()
        this.#skipSpaces()
      }
      if (!this.#sees(close)) notPlain()
    }
    this.#at++
    return this.#lines.origin(start, this.#at)
  }

  #quoted(): ScalarValue | undefined {
    const start = this.#at
    const match = this.#match(QUOTED)
    if (match === undefined) return undefined
    const text = this.#restore(match[0].slice(1, -1))
    return { kind: 'scalar', value: text, text, origin: this.#lines.origin(start, this.#at), verbatim: true }
  }

  #plain(pattern: RegExp): ScalarValue {
    const start = this.#at
    const found = this.#match(pattern)?.[0] ?? notPlain()
    const comment = found.indexOf(' #')
    const source = (comment < 0 ? found : found.slice(0, comment)).trimEnd()
    if (KEY_END.test(source)) notPlain()
    this.#at = start + source.length
    const text = this.#restore(source)
    return { kind: 'scalar', value: valueOf(text), text, origin: this.#lines.origin(start, this.#at), verbatim: true }
  }
}

function notPlain(): never {
  throw new NotPlain()
}

function addEntry(entries: Map<string, Entry>, name: string, entry: Entry): void {
  if (entries.has(name)) notPlain()
  entries.set(name, entry)
}

/** Number, boolean or null where the core schema has one for this text. */
function valueOf(text: string): ScalarValue['value'] {
  if (!MAYBE_NO_TEXT.test(text)) return text
  const tag = CORE.find(({ test }) => test.test(text))
  if (tag === undefined) return text
  const found: unknown = tag.resolve(text, notPlain, { intAsBigInt: false })
  const value = isScalar(found) ? found.value : found
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : notPlain()
}
