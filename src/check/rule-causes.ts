/** Rules of packet filters that a packet has met: what they counted before and after it. */
import type { Evidence } from './evidence.ts'
import { grownSince, type RuleCount } from './rule-counters.ts'

/** Rules that let a packet go on, or only change it, are not what stopped it. */
const STOPS = /-j (?:DROP|REJECT|TARPIT)|-P \S+ DROP|^(?!-)(?:.* )?(?:drop|reject)\b/

/** Rules of a node that have dropped or rejected it. */
export function ruleCauses(evidence: Evidence, node: string): string[] {
  return ruleCounts(evidence, node)
    .filter(({ rule }) => STOPS.test(rule))
    .map((count) => ruleWords(node, count))
}

/** Rules of a node that the packet has met. */
export function ruleCounts({ before, after }: Evidence, node: string): readonly RuleCount[] {
  return grownSince(before.rules.get(node) ?? [], after.rules.get(node) ?? [])
}

/** `fw dropped it by rule 3 of filter FORWARD: -A FORWARD -s 10.0.1.0/24 -j DROP` */
function ruleWords(node: string, { tool, chain, number, rule }: RuleCount): string {
  const verb = /REJECT|reject/.test(rule) ? 'rejected' : 'dropped'
  const name = tool === 'nftables' ? chain : chain.replace('filter ', '')
  if (number === undefined) return `${node} ${verb} it by the policy of chain ${name}: no rule let it pass (${tool} ${rule}).`
  return `${node} ${verb} it by rule ${number} of chain ${name}: ${tool} ${rule}`
}
