/** Input of iptables-restore(8) and nft(8) that empties tables. */
import type { RulesetTool } from '../state/network.ts'

/** Built-in chains by table. <linux/netfilter/x_tables.h>; iptables(8), TABLES. */
const BUILT_IN: Readonly<Record<string, readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  raw: ['PREROUTING', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
}

/** Input that empties each table of `ruleset` which `replacement` does not replace by itself. */
export function emptyRuleset(tool: RulesetTool, ruleset: string, replacement = ''): string {
  if (tool === 'nftables') {
    return tableNames(ruleset, /^\s*table\s+(?:(\w+)\s+)?([^\s{]+)\s*\{/gm)
      .map((table) => `table ${table}\ndelete table ${table}\n`)
      .join('')
  }
  const replaced = new Set(tableNames(replacement, /^\*(\S+)()/gm))
  return tableNames(ruleset, /^\*(\S+)()/gm)
    .filter((table) => !replaced.has(table))
    .map((table) => `*${table}\n${(BUILT_IN[table] ?? []).map((chain) => `:${chain} ACCEPT [0:0]\n`).join('')}COMMIT\n`)
    .join('')
}

function tableNames(ruleset: string, pattern: RegExp): string[] {
  const names = [...ruleset.matchAll(pattern)].map(([, first, second]) => (second ? `${first ?? 'ip'} ${second}` : (first ?? '')))
  return [...new Set(names)]
}

/** The program that reads a ruleset from its standard input. */
export function rulesetCommand(tool: 'iptables' | 'ip6tables' | 'nftables'): string {
  return tool === 'nftables' ? 'nft -f -' : `${tool}-restore`
}
