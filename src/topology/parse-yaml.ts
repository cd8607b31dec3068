/**
 * YAML 1.2 text → source tree. Positions, anchors, merge keys and duplicate keys are handled here and not by the yaml package,
 * whose own ways are quadratic in the number of aliases and keys, or lose the line.
 */
import { isAlias, isScalar, isSeq, Lexer, parseDocument } from 'yaml'
import type { ParsedNode, Scalar, YAMLMap } from 'yaml'
import type { Origin } from '../diagnostic/origin.ts'
import type { Findings } from './findings.ts'
import { createLines } from './lines.ts'
import type { Lines } from './lines.ts'
import type { Entry, ListValue, ScalarValue, Value } from './value.ts'
import { readPlainYaml } from './plain-yaml.ts'
import { COLON, findSlips, isSlippedKey, SLIP_DETAIL, slipHint, withoutSlips } from './yaml-slips.ts'

/** Deeper than any topology, far less deep than the stack. */
const MAX_DEPTH = 50
/** Values after all aliases are followed: "billion laughs" has 10^9, a lab of 10,000 nodes written out about 10^6. */
const MAX_VALUES = 3_000_000
/** Below this size no text takes much to parse, however it is nested (2 KB for each bracket); the check is a tenth of parsing a good one. */
const HARMLESS_LENGTH = 1 << 14
/** A lab of 10,000 nodes written out has 300,000. */
const MAX_LEXEMES = 400_000
const MAX_SYNTAX_ERRORS = 10
const TOO_DEEP = `Values are nested more than ${MAX_DEPTH} deep.`

/**
 * Stand-ins for the brackets of a range while YAML is parsed: `[h[1-3], lan]` is no YAML, but everybody writes it.
 * From the private use area, one UTF-16 unit each, so that all positions stay as they are.
 */
const OPEN = '\ue05b'
const CLOSE = '\ue05d'

/** The tree of one file; undefined where there is none, after a finding. Empty text gives a finding too. */
export function parseYaml(text: string, file: string, findings: Findings): Value | undefined {
  const lines = createLines(text, file)
  const prepared = [OPEN, CLOSE, COLON].some((sign) => text.includes(sign))
    ? text
    : text.replace(/(?<=[\w.\]-])\[(\d+-\d+)\]/g, `${OPEN}$1${CLOSE}`)
  const plain = readPlainYaml(prepared, lines, MAX_DEPTH, restore)
  if (plain !== undefined) return plain
  if (text.length > HARMLESS_LENGTH && !isBearable(prepared, lines, findings)) return undefined
  const document = parseAsMeant(prepared, lines, findings)
  if (document.errors.length > 0) {
    reportSyntax(document.errors, prepared, lines, findings)
    return undefined
  }
  for (const warning of document.warnings) findings.warning('YAML_SYNTAX', lines.origin(...warning.pos), `${restore(warning.message)}.`)
  if (document.contents === null || isEmptyScalar(document.contents)) {
    findings.error('FILE_EMPTY', lines.origin(0, 0), `There is nothing in ${file} but white space and comments.`, {
      hint: 'A lab needs nodes, e.g.  nodes: { h1: {}, h2: {} }',
    })
    return undefined
  }
  const reader = createReader(lines, findings)
  const root = reader.read(document.contents)
  if (root === undefined) return undefined
  const bomb = reader.mergedTooMuch() ?? oversized(root)
  if (bomb !== undefined) {
    const detail = `With all aliases followed, this has more than ${MAX_VALUES.toLocaleString('en')} values, the most that are read.`
    findings.error('YAML_SYNTAX', bomb, detail)
    return undefined
  }
  return root
}

/** The document; where the text is no YAML, without the slips that it has, each of which is a finding. What else is wrong shows then. */
function parseAsMeant(text: string, lines: Lines, findings: Findings): ReturnType<typeof parseDocument<ParsedNode>> {
  const options = { version: '1.2', uniqueKeys: false, prettyErrors: false } as const
  const document = parseDocument(text, options)
  const slips = document.errors.length === 0 ? [] : findSlips(text)
  if (slips.length === 0) return document
  for (const { start, end } of slips) {
    findings.error('YAML_SYNTAX', lines.origin(start, end), SLIP_DETAIL, { hint: slipHint(restore(text.slice(start, end))) })
  }
  return parseDocument(withoutSlips(text, slips), options)
}

function isEmptyScalar(node: ParsedNode): boolean {
  return isScalar(node) && node.value === null && node.source === ''
}

/** Looks over a long text with the lexer, which is fast: the parser behind it takes 18 s and 1.7 GB for two megabytes of "! ". */
function isBearable(text: string, lines: Lines, findings: Findings): boolean {
  let depth = 0
  let count = 0
  for (const [lexeme, offset] of lexemesOf(text)) {
    if (lexeme === '[' || lexeme === '{') depth++
    else if (lexeme === ']' || lexeme === '}') depth--
    if (depth > MAX_DEPTH || depth < 0) {
      findings.error('YAML_SYNTAX', lines.origin(offset, offset + 1), depth < 0 ? 'This bracket closes nothing.' : TOO_DEEP)
      return false
    }
    if (++count > MAX_LEXEMES) {
      const detail = `The file has more than ${MAX_LEXEMES.toLocaleString('en')} words and signs by this line, the most that is read.`
      findings.error('FILE_TOO_LARGE', lines.origin(offset, offset + 1), detail, { hint: 'Use ranges (h[1-100]) and profiles.' })
      return false
    }
  }
  return true
}

/** Lexemes and where they stand. */
function* lexemesOf(text: string): Iterable<[string, number]> {
  let offset = 0
  for (const lexeme of new Lexer().lex(text)) {
    yield [lexeme, offset]
    // These are marks that the lexer puts between what stands in the text: BOM, document, end of a broken flow, scalar.
    if (!/^[\ufeff\x02\x18\x1f]$/.test(lexeme)) offset += lexeme.length
  }
}

/** Where the innermost of the brackets stands that are open at `end`. */
function openBracket(text: string, end: number): number | undefined {
  const open: number[] = []
  for (const [lexeme, offset] of lexemesOf(text)) {
    if (offset >= end) break
    if (lexeme === '[' || lexeme === '{') open.push(offset)
    else if (lexeme === ']' || lexeme === '}') open.pop()
  }
  return open.at(-1)
}

interface SyntaxError {
  readonly code: string
  readonly message: string
  readonly pos: [number, number]
}

function reportSyntax(errors: readonly SyntaxError[], text: string, lines: Lines, findings: Findings): void {
  const seen = new Set<number>()
  // A quote that is not closed takes in all brackets behind it.
  const told = errors.some(isUnclosedQuote) ? errors.filter((error) => !error.message.startsWith('Flow ')) : errors
  for (const error of told) {
    const unclosed = error.message.startsWith('Flow ') ? openBracket(text, error.pos[0]) : undefined
    const quote = isUnclosedQuote(error) ? openQuote(text, error.pos[0]) : undefined
    const place = unclosed ?? quote
    const origin = place === undefined ? lines.origin(...error.pos) : lines.origin(place, place + 1)
    // The parser stumbles on from the first mistake of a line; what it says of the rest of the line is noise.
    if (seen.has(origin.line)) continue
    seen.add(origin.line)
    if (seen.size > MAX_SYNTAX_ERRORS) return
    const { detail, hint } =
      place === undefined ? { detail: syntaxDetail(error), hint: syntaxHint(error, text) } : unclosedWords(text[place]!)
    findings.error('YAML_SYNTAX', origin, detail, hint === undefined ? {} : { hint })
  }
}

function isUnclosedQuote({ message }: SyntaxError): boolean {
  return /^Missing closing .quote/.test(message)
}

/** Where the quoted text begins that reaches to `end`. */
function openQuote(text: string, end: number): number | undefined {
  let quote: number | undefined
  for (const [lexeme, offset] of lexemesOf(text)) {
    if (offset >= end) break
    if (/^["']/.test(lexeme)) quote = offset
  }
  return quote
}

function unclosedWords(bracket: string): { detail: string; hint?: string } {
  if (bracket === '"' || bracket === "'") return { detail: `No ${bracket} closes the text that begins with this ${bracket}.` }
  const detail = `No "${bracket === '[' ? ']' : '}'}" closes this "${bracket}".`
  return { detail, hint: 'Over several lines, what stands in brackets must be indented, the closing one too.' }
}

function syntaxDetail(error: SyntaxError): string {
  if (error.code === 'MULTIPLE_DOCS') return 'A second document begins here.'
  // The parser is recursive, and reports its own overflow of the stack.
  return error.code === 'RESOURCE_EXHAUSTION' ? TOO_DEEP : `${restore(error.message)}.`
}

function syntaxHint(error: SyntaxError, text: string): string | undefined {
  if (error.code === 'TAB_AS_INDENT') return 'YAML is indented with spaces: replace the tab by spaces.'
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY') return 'A text with ": " in it must be in quotes.'
  if (error.code === 'BAD_SCALAR_START') return 'A text that begins with such a character must be in quotes.'
  if (error.code === 'MULTIPLE_DOCS') return 'A file holds one topology: remove the line "---", or use `include`.'
  const word = restore(text.slice(...error.pos))
  if (/[\u00a0\u202f]/.test(word)) return 'There is a no-break space (U+00A0) in it: write a plain one.'
  const bare = /^([\w.[\]-]+)\s+([[{].*)$/m.exec(word)
  if (bare !== null) return `Behind the name of a key stands a colon: ${bare[1]}: ${bare[2]}`
  if (error.code === 'BAD_INDENT') return 'The keys of one map begin in the same column: indent this line as those before it.'
  if (error.code === 'MISSING_CHAR' && /^[\w.[\]-]+$/.test(word)) return `Behind the name of a key stands a colon: ${word}:`
  if (text.slice(0, error.pos[0]).endsWith('[')) return 'A range within brackets must be in quotes, e.g. ["h[1-3]", lan].'
  return undefined
}

function restore(text: string): string {
  return text.replaceAll(OPEN, '[').replaceAll(CLOSE, ']').replaceAll(COLON, ':')
}

interface Reader {
  read(node: ParsedNode): Value | undefined
  /** The merge key with which there are too many entries. */
  mergedTooMuch(): Origin | undefined
}

function createReader(lines: Lines, findings: Findings): Reader {
  const anchors = new Map<string, Value | 'open'>()
  let depth = 0
  let mergedEntries = 0
  let mergedTooMuch: Origin | undefined

  const read = (node: ParsedNode): Value | undefined => {
    if (isAlias(node)) return readAlias(node.source, originOf(node))
    const { anchor } = node
    if (anchor !== undefined) anchors.set(anchor, 'open')
    if (++depth > MAX_DEPTH) {
      findings.error('YAML_SYNTAX', originOf(node), TOO_DEEP)
      return undefined
    }
    const value = isScalar(node) ? readScalar(node) : isSeq<ParsedNode>(node) ? readList(node.items, originOf(node)) : readMap(node)
    depth--
    if (anchor !== undefined && value !== undefined) anchors.set(anchor, value)
    return value
  }

  const originOf = (node: ParsedNode): Origin => lines.origin(node.range[0], node.range[1])

  const readAlias = (name: string, origin: Origin): Value | undefined => {
    const value = anchors.get(name)
    if (value !== undefined && value !== 'open') return value
    const detail =
      value === 'open' ? `*${name} stands inside &${name}, which would never end.` : `There is no &${name} before this *${name}.`
    findings.error('YAML_SYNTAX', origin, detail, value === 'open' ? {} : { hint: 'A text that begins with "*" must be in quotes.' })
    findings.hush('UNKNOWN_NODE') // what the alias stood for is gone
    return undefined
  }

  const readScalar = (node: Scalar.Parsed): ScalarValue => {
    const origin = originOf(node)
    const raw = lines.text.slice(node.range[0], node.range[1])
    const source = restore(node.source)
    const isPlain = node.type === 'PLAIN' || node.type === undefined
    const value = scalarOf(node.value, source)
    const text = typeof value === 'string' ? value : source
    const scalar = { kind: 'scalar', value, text, origin } as const
    if (node.type === 'BLOCK_LITERAL') return { ...scalar, verbatim: false, blockColumn: blockColumn(raw) }
    return { ...scalar, verbatim: isPlain ? raw === text : raw.length === text.length + 2 && raw.slice(1, -1) === text }
  }

  const readList = (items: readonly ParsedNode[], origin: Origin): ListValue => {
    const values = items.map(read).filter((value) => value !== undefined)
    return { kind: 'list', items: values, origin }
  }

  const readMap = (node: YAMLMap.Parsed): Value => {
    const slip = slippedText(node)
    if (slip !== undefined) return slip
    const entries = new Map<string, Entry>()
    const merged: { value: Value; at: Origin }[] = []
    for (const pair of node.items) {
      const key = keyOf(pair.key)
      if (key === undefined) continue
      const value = pair.value === null ? nullAt(key.origin) : read(pair.value)
      if (value === undefined) continue
      if (key.text === '<<' && key.plain) merged.push({ value, at: key.origin })
      else if (entries.has(key.text)) reportDuplicate(key.text, key.origin, entries.get(key.text)?.key)
      else entries.set(key.text, { key: key.origin, value })
    }
    for (const { value, at } of merged) mergeInto(entries, value, at)
    return { kind: 'map', entries, origin: originOf(node) }
  }

  /** A map that was meant to be a text. It is read as that, so that it can be said what else is wrong with it. */
  const slippedText = (node: YAMLMap.Parsed): ScalarValue | undefined => {
    const key = node.items[0]?.key
    if (node.items.length !== 1 || !isScalar(key) || key.type !== 'PLAIN' || !isSlippedKey(key.source)) return undefined
    const origin = originOf(node)
    const text = lines.text.slice(node.range[0], node.range[1]).trimEnd()
    findings.error('YAML_SYNTAX', origin, SLIP_DETAIL, { hint: slipHint(text) })
    return { kind: 'scalar', value: text, text, origin, verbatim: true }
  }

  const keyOf = (node: ParsedNode): { text: string; origin: Origin; plain: boolean } | undefined => {
    const value = read(node)
    if (value === undefined) return undefined
    if (value.kind === 'scalar') return { text: value.text, origin: originOf(node), plain: isScalar(node) && node.type === 'PLAIN' }
    findings.error('YAML_SYNTAX', value.origin, `A ${value.kind} stands where the name of a key is wanted.`, {
      hint: 'A text that begins with a bracket must be in quotes.',
    })
    return undefined
  }

  const reportDuplicate = (text: string, origin: Origin, first: Origin | undefined): void => {
    const related = first === undefined ? [] : [{ origin: first, note: 'here first' }]
    findings.error('DUPLICATE_KEY', origin, `"${text}" stands twice in this map.`, { related })
  }

  /** `<<: *base` or `<<: [*a, *b]`: what stands in the map itself wins, then the first of the list (yaml.org/type/merge). */
  const mergeInto = (entries: Map<string, Entry>, value: Value, at: Origin): void => {
    for (const source of value.kind === 'list' ? value.items : [value]) {
      if (source.kind === 'map') {
        mergedEntries += source.entries.size
        // Each map of a chain copies all before it: a bomb of its own kind, which counting values afterwards would find too late.
        if (mergedEntries > MAX_VALUES) {
          mergedTooMuch ??= at
          continue
        }
        for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry)
      } else {
        findings.error('YAML_SYNTAX', source.origin, 'The merge key "<<" takes a map, an alias of one, or a list of these.')
      }
    }
  }

  return { read, mergedTooMuch: () => mergedTooMuch }
}

function nullAt(origin: Origin): ScalarValue {
  return { kind: 'scalar', value: null, text: '', origin, verbatim: true }
}

/** The value of a scalar; its text where a tag has made something else of it. */
function scalarOf(value: unknown, source: string): string | number | boolean | null {
  if (typeof value === 'string') return restore(value)
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : source
}

/** Column of the text of a `|` block, from its first line that is not blank. */
function blockColumn(raw: string): number {
  const line =
    raw
      .split('\n')
      .slice(1)
      .find((candidate) => candidate.trim() !== '') ?? ''
  return line.length - line.trimStart().length + 1
}

/** The innermost value that is too large, if any. */
function oversized(root: Value): Origin | undefined {
  const known = new Map<Value, number>()
  if (expandedSize(root, known) <= MAX_VALUES) return undefined
  let value: Value = root
  for (let inner: Value | undefined = root; inner !== undefined; inner = partsOf(value).find((part) => (known.get(part) ?? 0) > MAX_VALUES))
    value = inner
  return value.origin
}

function partsOf(value: Value): readonly Value[] {
  if (value.kind === 'list') return value.items
  return value.kind === 'map' ? [...value.entries.values()].map((entry) => entry.value) : []
}

/** Number of values a tree has once aliases are written out. Shared subtrees are counted once and added often. */
function expandedSize(value: Value, known: Map<Value, number>): number {
  const before = known.get(value)
  if (before !== undefined) return before
  let size = 1
  for (const part of partsOf(value)) size += expandedSize(part, known)
  known.set(value, size)
  return size
}
