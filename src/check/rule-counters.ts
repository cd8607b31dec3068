/** How many packets each rule of a node's packet filters has met: iptables-save(8) -c, nft(8) -j list ruleset. */
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
  return tool === 'nftables' ? ['nft', '-j', 'list', 'ruleset'] : [`${tool}-save`, '-c']
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

interface NftRule {
  readonly family: string
  readonly table: string
  readonly chain: string
  readonly handle: number
  readonly expr: readonly Record<string, unknown>[]
}

/** Only rules that say `counter` count. */
export function parseNft(text: string): RuleCount[] {
  const { nftables } = JSON.parse(text) as { nftables: readonly { readonly rule?: NftRule }[] }
  const numbers = new Map<string, number>()
  return nftables.flatMap(({ rule }): RuleCount[] => {
    if (rule === undefined) return []
    const chain = `${rule.family} ${rule.table} ${rule.chain}`
    const number = (numbers.get(chain) ?? 0) + 1
    numbers.set(chain, number)
    const counter = rule.expr.find((part) => 'counter' in part)?.['counter'] as { packets?: number } | undefined
    const words = rule.expr
      .filter((part) => !('counter' in part))
      .map((part) => JSON.stringify(part))
      .join(' ')
    return [{ tool: 'nftables', chain, number, rule: words, packets: counter?.packets ?? 0 }]
  })
}

/** Packets of the rule that is written so; undefined where there is none. */
export function counterOf(counts: readonly RuleCount[], rule: string): number | undefined {
  const wanted = normal(rule)
  return counts.find((count) => normal(count.rule) === wanted)?.packets
}

function normal(rule: string): string {
  return rule.trim().replace(/\s+/g, ' ')
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
