/**
 * Rulesets of iptables, ip6tables and nft. A tool's input replaces only the tables that it names, so tables that stand in the way
 * are named too: iptables-restore(8) flushes a table that it restores, nft(8) deletes one on request. Other tools' tables stay.
 */
import { isSameRuleset } from '../state/equal.ts'
import { droppedRulesets } from '../state/extra.ts'
import type { RulesetState, RulesetTool } from '../state/network.ts'
import type { Draft } from './draft.ts'
import type { SetRuleset } from './client-operation.ts'
import { emptyRuleset } from './ruleset-input.ts'

export function planRulesets(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const observed = draft.isNew(netns) ? undefined : draft.observed.namespaces.get(netns)
    for (const [tool, ruleset] of desired.rulesets) {
      const there = observed?.rulesets.get(tool)
      if (!isSameRuleset(ruleset, there)) draft.emit(setRuleset(netns, tool, ruleset, there?.canonical ?? ''))
    }
    if (observed === undefined) continue
    for (const tool of droppedRulesets(netns, desired, observed, draft.options)) {
      const there = observed.rulesets.get(tool)?.canonical ?? ''
      draft.emit({ type: 'set ruleset', netns, cause: 'not in the file', tool, input: emptyRuleset(tool, there), previous: there })
    }
  }
}

function setRuleset(netns: string, tool: RulesetTool, ruleset: RulesetState, there: string): SetRuleset {
  const input = ruleset.input ?? ruleset.canonical
  const before = emptyRuleset(tool, there, input)
  const lines = before.split('\n').length - 1
  return {
    type: 'set ruleset',
    netns,
    cause: there.trim() === '' ? 'not there' : differenceWords(ruleset.canonical, there),
    ...(ruleset.origin !== undefined && { origin: ruleset.origin }),
    tool,
    input: before + input,
    ...(ruleset.lineOrigins !== undefined && { lineOrigins: [...Array<undefined>(lines), ...ruleset.lineOrigins] }),
    previous: emptyRuleset(tool, ruleset.canonical, there) + there,
  }
}

/** `not there: -A INPUT -p icmp -j ACCEPT; not in the file: -P INPUT DROP and 2 more`, of rulesets as their tool saves them. */
function differenceWords(wanted: string, there: string): string {
  const [missing, foreign] = [rulesBeyond(wanted, there), rulesBeyond(there, wanted)]
  const words = [
    ...(missing.length > 0 ? [`not there: ${listed(missing)}`] : []),
    ...(foreign.length > 0 ? [`not in the file: ${listed(foreign)}`] : []),
  ]
  return words.length === 0 ? 'the same rules stand in other places' : words.join('; ')
}

const FRAME = /^(?:COMMIT|\*\w+|[{}\s]*)$/

/** Rules of the one that the other has not, or not as often. */
function rulesBeyond(one: string, other: string): string[] {
  const counts = new Map<string, number>()
  for (const line of other.split('\n')) counts.set(line, (counts.get(line) ?? 0) + 1)
  return one.split('\n').filter((line) => {
    const left = counts.get(line) ?? 0
    counts.set(line, left - 1)
    return left <= 0 && !FRAME.test(line)
  })
}

const SHOWN_CHARACTERS = 80

function listed([first = '', ...others]: readonly string[]): string {
  const rule = first.trim().replace(/^:(\S+) ([A-Z]+)$/, '-P $1 $2')
  const shown = rule.length > SHOWN_CHARACTERS ? `${rule.slice(0, SHOWN_CHARACTERS - 1)}…` : rule
  return others.length === 0 ? shown : `${shown} and ${others.length} more`
}
