/** How many packets each rule of a node's packet filters has met: iptables-save(8) -c, nft(8) -a list ruleset. */
import { closest } from 'fastest-levenshtein'
import type { RulesetTool } from '../state/network.ts'

export interface RuleCount {
  readonly tool: RulesetTool
  /** `filter FORWARD` */
  readonly chain: string
  /** Place in its chain, from 1; absent for the policy of the chain. */
  readonly number?: number
  /** As the tool prints it. */
  readonly rule: string
  readonly packets: number
}

/** The command that prints a tool's rules with their counters. */
export function counterCommand(tool: RulesetTool): string[] {
  return tool === 'nftables' ? ['nft', '-a', 'list', 'ruleset'] : [`${tool}-save`, '-c']
}

/** `:FORWARD DROP [3:252]`, `[1:84] -A FORWARD -j DROP` */
export function parseSave(tool: RulesetTool, text: string): RuleCount[] {
  const counts: RuleCount[] = []
  const numbers = new Map<string, number>()
  let table = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim()
    const policy = /^:(\S+) (\w+) \[(\d+):\d+\]/.exec(line)
    if (policy !== null)
      counts.push({ tool, chain: `${table} ${policy[1]}`, rule: `-P ${policy[1]} ${policy[2]}`, packets: Number(policy[3]) })
    const rule = /^\[(\d+):\d+\] (-A (\S+).*)$/.exec(line)
    if (rule === null) continue
    const chain = `${table} ${rule[3]}`
    const number = (numbers.get(chain) ?? 0) + 1
    numbers.set(chain, number)
    counts.push({ tool, chain, number, rule: rule[2]!, packets: Number(rule[1]) })
  }
  return counts
}

/** `table inet filter {`, `chain forward {`, a line for each rule with its handle. Only rules that say `counter` count. */
export function parseNft(text: string): RuleCount[] {
  const counts: RuleCount[] = []
  const named = namedCounters(text)
  let [table, chain, number] = ['', '', 0]
  for (const line of text.split('\n')) {
    table = TABLE.exec(line)?.[1] ?? table
    const begun = /^\tchain (\S+) \{/.exec(line)?.[1]
    if (begun !== undefined) [chain, number] = [begun, 0]
    const rule = /^\t\t(.*\S) # handle \d+$/.exec(line)?.[1]
    if (rule === undefined) continue
    const name = NAMED_COUNTER.exec(rule)?.[1]
    const packets = Number(/(?:^| )counter packets (\d+) bytes/.exec(rule)?.[1] ?? named.get(`${table} ${name}`) ?? 0)
    counts.push({ tool: 'nftables', chain: `${table} ${chain}`, number: ++number, rule: normal(rule), packets })
  }
  return counts
}

const TABLE = /^table (\S+ \S+) \{/
const NAMED_COUNTER = /(?:^|\s)counter name "?([^\s"]+)/

/** Packets of `counter dropped { … }`, by table and name, where one rule alone counts there: of several, none knows which it was. */
function namedCounters(text: string): Map<string, number> {
  const [packets, rules] = [new Map<string, number>(), new Map<string, number>()]
  let [table, counter] = ['', '']
  for (const line of text.split('\n')) {
    table = TABLE.exec(line)?.[1] ?? table
    counter = /^\tcounter (\S+) \{/.exec(line)?.[1] ?? counter
    const counted = /^\t\tpackets (\d+) bytes/.exec(line)?.[1]
    if (counted !== undefined) packets.set(`${table} ${counter}`, Number(counted))
    const used = `${table} ${NAMED_COUNTER.exec(line)?.[1]}`
    rules.set(used, (rules.get(used) ?? 0) + 1)
  }
  return new Map([...packets].filter(([name]) => rules.get(name) === 1))
}

/** Packets of the rule that is written so, perhaps with its table before it (`-t nat -A …`); undefined where there is none. */
export function counterOf(counts: readonly RuleCount[], rule: string): number | undefined {
  const { among, wanted } = inTable(counts, rule)
  return among.find((count) => normal(count.rule) === wanted)?.packets
}

/** The rule that is written most like it; undefined where there is no rule at all. */
export function nearestRule(counts: readonly RuleCount[], rule: string): string | undefined {
  const { among, wanted } = inTable(counts, rule)
  return among.length === 0
    ? undefined
    : closest(
        wanted,
        among.map((count) => normal(count.rule)),
      )
}

function inTable(counts: readonly RuleCount[], rule: string): { among: readonly RuleCount[]; wanted: string } {
  const [, table, rest] = /^(?:-t|--table)\s+(\S+)\s+(.*)$/.exec(rule.trim()) ?? []
  if (table === undefined || rest === undefined) return { among: counts, wanted: normal(rule) }
  return { among: counts.filter(({ chain }) => chain.startsWith(`${table} `)), wanted: normal(rest) }
}

/** Without what it has counted. */
function normal(rule: string): string {
  return rule
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/(^| )counter packets \d+ bytes \d+/, '$1counter')
}

/** Rules that have met packets since. */
export function grownSince(before: readonly RuleCount[], after: readonly RuleCount[]): readonly (RuleCount & { readonly grown: number })[] {
  const keyOf = ({ tool, chain, number, rule }: RuleCount): string => `${tool} ${chain} ${number} ${rule}`
  const was = new Map(before.map((count) => [keyOf(count), count.packets]))
  return after.flatMap((count) => {
    const grown = count.packets - (was.get(keyOf(count)) ?? 0)
    return grown > 0 ? [{ ...count, grown }] : []
  })
}
