/**
 * `iptables` and `ip6tables` → input of iptables-restore(8), which is atomic per table.
 * Lines are in the words of iptables(8) (`-t nat -A POSTROUTING …`) or in those of iptables-save(8); both may be mixed.
 * The rules themselves are not read here: the real tool does that.
 */
import { didYouMean } from '../diagnostic/suggest.ts'
import type { Origin } from '../diagnostic/origin.ts'
import type { Findings } from './findings.ts'
import { lineOrigin, partOrigin } from './value.ts'
import type { ScalarValue } from './value.ts'

export interface RulesetInput {
  readonly input: string
  /** Of each line of the input, where the file has one for it. */
  readonly lineOrigins: readonly (Origin | undefined)[]
  /** Of the first rule. */
  readonly origin: Origin
}

interface SourceLine {
  readonly text: string
  readonly origin: Origin
}

interface Table {
  readonly chains: Map<string, SourceLine>
  rules: SourceLine[]
}

/** Built-in chains by table, which alone have a policy. iptables(8), TABLES. */
const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** Undefined where there are no rules. Lines that are not of a ruleset are findings. */
export function rulesetInput(items: readonly ScalarValue[], findings: Findings): RulesetInput | undefined {
  const tables = new Map<string, Table>()
  let block: string | undefined
  for (const line of items.flatMap(linesOf)) {
    const text = line.text
    if (hasOpenQuote(text)) {
      findings.error('INVALID_VALUE', line.origin, 'A quote in this rule is never closed.', {
        hint: 'YAML takes " #" for the begin of a comment: put the whole rule in single quotes.',
      })
    } else if (text.startsWith('*')) {
      block = text.slice(1).trim()
      tableNamed(tables, block, line, findings)
    } else if (text === 'COMMIT') block = undefined
    else if (text.startsWith(':')) addChainLine(tables, block, line, findings)
    else addRule(tables, block, line, findings)
  }
  for (const [name, table] of tables) leaveOutUnknown(name, table, findings)
  return write(tables)
}

/** Rules for chains that nobody makes, which iptables-restore refuses without saying which word it means. */
function leaveOutUnknown(name: string, table: Table, findings: Findings): void {
  const builtIn = BUILT_IN[name]
  if (builtIn === undefined) return
  const chains = new Set([...builtIn, ...table.chains.keys()])
  table.rules = table.rules.filter(({ text, origin }) => {
    const chain = /^(?:-A|--append|-I|--insert)\s+(\S+)/.exec(text)?.[1]
    if (chain === undefined || chains.has(chain)) return true
    const near = didYouMean(chain, chains)
    findings.error('INVALID_VALUE', origin, `The table ${name} has no chain "${chain}", but ${[...chains].join(', ')}.${near}`, {
      hint: `A chain of your own is made by a line -N ${chain}.`,
    })
    return false
  })
}

/** Lines without comments, counters (`[3:180] -A …`) and white space around them; an item of a list may be a text of many lines. */
function linesOf(item: ScalarValue): SourceLine[] {
  if (!item.text.includes('\n')) {
    const text = bare(item.text)
    return text === '' || text.startsWith('#') ? [] : [{ text, origin: item.origin }]
  }
  return item.text.split('\n').flatMap((line, index) => {
    const text = bare(line)
    return text === '' || text.startsWith('#') ? [] : [{ text, origin: lineOrigin(item, index, line) }]
  })
}

/** A word in a shell's single quotes, where no double quotes are open; what is in double quotes comes first. */
const QUOTED = /"(?:\\.|[^"\\])*"|(?<=^|\s)'([^']*)'(?=\s|$)/g

/** iptables-restore takes single quotes for letters of the word: words of a shell's command line are put in double ones. */
function doubleQuoted(text: string): string {
  return text.replace(QUOTED, (word, inner?: string) => (inner === undefined ? word : `"${inner.replace(/["\\]/g, '\\$&')}"`))
}

/** iptables-restore reads double quotes, with backslashes before those that are meant (xshared.c, add_param_to_argv). */
function hasOpenQuote(text: string): boolean {
  return (text.replace(/\\./g, '').split('"').length - 1) % 2 === 1
}

function bare(line: string): string {
  return doubleQuoted(line.trim().replace(/^\[\d+:\d+\]\s+/, ''))
}

function tableNamed(tables: Map<string, Table>, name: string, line: SourceLine, findings: Findings): Table {
  const table = tables.get(name) ?? { chains: new Map(), rules: [] }
  // The tool would find fault with the same table again.
  if (BUILT_IN[name] !== undefined) tables.set(name, table)
  else findings.error('INVALID_VALUE', line.origin, `There is no table "${name}": ${Object.keys(BUILT_IN).join(', ')} are known.`)
  return table
}

/** `:FORWARD DROP [0:0]` */
function addChainLine(tables: Map<string, Table>, block: string | undefined, line: SourceLine, findings: Findings): void {
  const [chain = '', policy = '-'] = line.text.slice(1).trim().split(/\s+/)
  if (block === undefined) {
    findings.error(
      'INVALID_VALUE',
      line.origin,
      'A line that begins with ":" belongs into a table: write "*filter" before and "COMMIT" behind it.',
    )
    return
  }
  setChain(tableNamed(tables, block, line, findings), chain, policy, line)
}

/** The last policy of a chain wins, as it would if the commands were run one after the other. */
function setChain(table: Table, chain: string, policy: string, line: SourceLine): void {
  table.chains.set(chain, { text: `:${chain} ${policy} [0:0]`, origin: line.origin })
}

function addRule(tables: Map<string, Table>, block: string | undefined, line: SourceLine, findings: Findings): void {
  const { name, rest } = takeTable(line.text, block)
  const words = rest.split(/\s+/)
  const [command = '', chain = '', target = ''] = words
  if (/^(?:ip6?tables|sudo)(?:-\w+)?$/.test(command)) {
    findings.error('INVALID_VALUE', line.origin, `Leave out "${command}": a line begins with the rule, e.g. -A FORWARD -j ACCEPT.`)
    return
  }
  if (!command.startsWith('-')) {
    findings.error(
      'INVALID_VALUE',
      line.origin,
      `"${command}" begins no rule. A line begins with -A, -I, -P or -N, perhaps after -t TABLE.`,
      /^\d/.test(command) ? { hint: 'In a list in brackets a comma ends the item: put the whole rule in quotes.' } : {},
    )
    return
  }
  const table = tableNamed(tables, name, line, findings)
  if (command === '-P' || command === '--policy') setPolicy(table, name, chain, target, line, findings)
  else if (command === '-N' || command === '--new-chain') {
    if (chain === '') findings.error('INVALID_VALUE', line.origin, '-N wants the name of a chain.')
    else if (!table.chains.has(chain)) setChain(table, chain, '-', line)
  } else table.rules.push({ text: rest, origin: line.origin })
}

function setPolicy(table: Table, name: string, chain: string, policy: string, line: SourceLine, findings: Findings): void {
  const builtIn = BUILT_IN[name]
  if (builtIn !== undefined && !builtIn.includes(chain)) {
    const detail = `"${chain}" is no built-in chain of the table ${name}: ${builtIn.join(', ')} have a policy.`
    findings.error('INVALID_VALUE', line.origin, detail)
  } else if (policy !== 'ACCEPT' && policy !== 'DROP') {
    findings.error('INVALID_VALUE', line.origin, `A policy is ACCEPT or DROP; this is "${policy}".`)
  } else setChain(table, chain, policy, line)
}

/** The table that a line names with -t, and the line without it. iptables-restore takes no -t. */
function takeTable(text: string, block: string | undefined): { name: string; rest: string } {
  const match = /(?:^|\s)(?:-t|--table)(?:\s+|=)(\S+)/.exec(text)
  // A "-t" inside quotes is a comment's: --comment "from -t to".
  if (match === null || text.slice(0, match.index).split('"').length % 2 === 0) return { name: block ?? 'filter', rest: text }
  const rest = `${text.slice(0, match.index).trimEnd()} ${text.slice(match.index + match[0].length).trimStart()}`.trim()
  return { name: match[1] ?? '', rest }
}

function write(tables: ReadonlyMap<string, Table>): RulesetInput | undefined {
  const lines: string[] = []
  const lineOrigins: (Origin | undefined)[] = []
  let first: Origin | undefined
  const put = (text: string, origin?: Origin): void => {
    lines.push(text)
    lineOrigins.push(origin)
    first ??= origin
  }
  for (const [name, table] of tables) {
    if (table.chains.size === 0 && table.rules.length === 0) continue
    put(`*${name}`)
    for (const chain of table.chains.values()) put(chain.text, chain.origin)
    for (const rule of table.rules) put(rule.text, rule.origin)
    put('COMMIT')
  }
  return first === undefined ? undefined : { input: `${lines.join('\n')}\n`, lineOrigins, origin: first }
}

/** nft(8) input: texts one after the other. */
export function nftInput(items: readonly ScalarValue[]): RulesetInput | undefined {
  const [first] = items
  if (first === undefined) return undefined
  const lines: string[] = []
  const lineOrigins: (Origin | undefined)[] = []
  for (const item of items) {
    item.text
      .replace(/\n$/, '')
      .split('\n')
      .forEach((line, index) => {
        lines.push(line)
        lineOrigins.push(item.text.includes('\n') ? lineOrigin(item, index, line) : partOrigin(item, 0, item.text.length))
      })
  }
  return { input: `${lines.join('\n')}\n`, lineOrigins, origin: first.origin }
}
