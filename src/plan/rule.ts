/** Policy rules. ip-rule(8); RTM_NEWRULE, RTM_DELRULE. */
import { findExtras } from '../state/extra.ts'
import type { NamespaceState, RuleState } from '../state/network.ts'
import type { Draft } from './draft.ts'

/** Attributes that the kernel compares only where the request names them (rule_find, fib4_rule_compare). */
const SELECTORS = ['src', 'dst', 'iif', 'oif', 'fwmark', 'ipproto', 'sport', 'dport', 'table'] as const

/**
 * Rules of one namespace: new ones first, so that no packet falls between two. The kernel has no replace, and takes a rule for
 * another one of the same priority that says more (EEXIST on add, the wrong one on del): of such two, the old one goes first.
 */
export function planRules(draft: Draft, netns: string, desired: NamespaceState): void {
  const now = draft.now(netns)
  const extras = now.rules.size === 0 ? [] : findExtras(netns, desired, now, draft.options).rules
  const added = [...desired.rules].filter(([key]) => !now.rules.has(key)).map(([, rule]) => rule)
  const inTheWay = new Set(extras.filter((extra) => added.some((rule) => covers(rule, extra) || covers(extra, rule))))

  for (const rule of inTheWay) draft.emit({ type: 'del rule', netns, cause: 'not in the file', rule })
  for (const rule of added) {
    draft.emit({ type: 'add rule', netns, cause: 'not there', ...(rule.origin !== undefined && { origin: rule.origin }), rule })
  }
  for (const rule of extras) if (!inTheWay.has(rule)) draft.emit({ type: 'del rule', netns, cause: 'not in the file', rule })
}

/** Whether a request for `general` finds `special`. */
function covers(general: RuleState, special: RuleState): boolean {
  if (general.family !== special.family || general.priority !== special.priority || general.action !== special.action) return false
  return SELECTORS.every((name) => general[name] === undefined || JSON.stringify(general[name]) === JSON.stringify(special[name]))
}
