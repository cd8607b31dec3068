/** Rules of packet filters that a packet has met: what they counted before and after it. */
import type { Evidence } from './evidence.ts'
import { grownSince, type RuleCount } from './rule-counters.ts'

/** Rules that let a packet go on, or only change it, are not what stopped it. */
const STOPS = /-j (?:DROP|REJECT|TARPIT)|-P \S+ DROP|^(?!-)(?:.* )?(?:drop|reject)\b/

/** Rules of a node that have dropped or rejected it. */
export function ruleCauses(evidence: Evidence, node: string): string[] {
  const met = ruleCounts(evidence, node)
  return met.filter(({ rule }) => STOPS.test(rule)).flatMap((count) => [ruleWords(node, count), ...callerWords(met, count)])
}

/** Rules of a node that the packet has met. */
export function ruleCounts({ before, after }: Evidence, node: string): readonly RuleCount[] {
  return grownSince(before.rules.get(node) ?? [], after.rules.get(node) ?? [])
}

/** The chain that a rule goes on in: `-j web`, `-g web`; nft: `jump web`, `goto web`. */
const TARGET = /(?: -[jg]|\b(?:jump|goto)) (\S+)/

/** `fw dropped it by rule 3 of chain FORWARD: iptables -A FORWARD -s 10.0.1.0/24 -j DROP` */
function ruleWords(node: string, count: RuleCount): string {
  const { tool, number, rule } = count
  const verb = /REJECT|reject/.test(rule) ? 'rejected' : 'dropped'
  if (number === undefined) return `${node} ${verb} it by the policy of chain ${nameOf(count)}: no rule let it pass (${tool} ${rule}).`
  return `${node} ${verb} it by ${placeOf(count)}: ${tool} ${rule}`
}

/** How it came into a chain that other rules call, the nearest first. */
function callerWords(met: readonly RuleCount[], { tool, chain }: RuleCount): string[] {
  const [table, name] = [chain.slice(0, chain.lastIndexOf(' ') + 1), chain.slice(chain.lastIndexOf(' ') + 1)]
  const caller = met.find((count) => count.tool === tool && count.chain.startsWith(table) && TARGET.exec(count.rule)?.[1] === name)
  return caller === undefined ? [] : [`It came there by ${placeOf(caller)}: ${tool} ${caller.rule}`, ...callerWords(met, caller)]
}

function placeOf(count: RuleCount): string {
  return `rule ${count.number} of chain ${nameOf(count)}`
}

function nameOf({ tool, chain }: RuleCount): string {
  return tool === 'nftables' ? chain : chain.replace('filter ', '')
}
