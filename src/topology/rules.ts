/** `rules`: policy routing. ip-rule(8). */
import type { RuleState } from '../state/network.ts'
import { ruleKey } from '../state/key.ts'
import type { Findings } from './findings.ts'
import { itemsAt, scalarAt } from './value.ts'
import type { MapValue, Value } from './value.ts'
import { readWords } from './words-or-map.ts'
import type { Line, Located } from './words-or-map.ts'
import { parseRuleWords } from './words/rule.ts'
import type { RuleWords } from './words/rule.ts'

/** The kernel's rule for the main table, the lowest but one. */
const MAIN_PRIORITY = 32766

export function readRules(settings: MapValue, findings: Findings): RuleState[] {
  const rules = new Map<string, RuleState>()
  const lowest = { 4: MAIN_PRIORITY, 6: MAIN_PRIORITY }
  for (const item of itemsAt(settings, 'rules')) {
    const read = readRule(item, findings)
    if (read === undefined) continue
    const family = read.family
    // 6.18, fib_default_rule_pref: one before the first rule behind that for the local table.
    const priority = read.words.value.priority ?? Math.max(1, lowest[family] - 1)
    lowest[family] = Math.min(lowest[family], priority)
    const rule = ruleOf(read.words, family, priority)
    const key = ruleKey(rule)
    const before = rules.get(key)
    if (before === undefined) rules.set(key, rule)
    else {
      const related = before.origin === undefined ? [] : [{ origin: before.origin, note: 'here first' }]
      findings.error('DUPLICATE_RULE', read.words.origin, 'This rule says the same as another one; the kernel takes it once.', { related })
    }
  }
  return [...rules.values()]
}

function readRule(item: Value, findings: Findings): { words: Located<RuleWords>; family: 4 | 6 } | undefined {
  // `ip -6 rule add …`: the family is an option of ip, not one of the words.
  const option = item.kind === 'scalar' ? /^\s*-([46])\s+/.exec(item.text) : null
  const words = readWords(
    item,
    writeRule,
    (text) => parseRuleWords(option === null ? text : blank(option[0].length) + text.slice(option[0].length)),
    findings,
  )
  if (words === undefined) return undefined
  const stated = item.kind === 'map' ? scalarAt(item, 'family')?.text : option === null ? undefined : option[1] === '6' ? 'inet6' : 'inet'
  const said = stated === undefined ? undefined : stated === 'inet6' ? 6 : 4
  const told = words.value.family
  if (said !== undefined && told !== undefined && said !== told) {
    findings.error('CONFLICTING_VALUES', words.origin, `The rule is said to be for IPv${said}, but its addresses are IPv${told}.`)
    return undefined
  }
  return { words, family: told ?? said ?? 4 }
}

function blank(length: number): string {
  return ' '.repeat(length)
}

function writeRule(map: MapValue, line: Line): void {
  const negation = scalarAt(map, 'not')
  if (negation?.value === true) line.word('not', negation.origin)
  for (const key of ['from', 'to', 'iif', 'oif', 'fwmark', 'ipproto', 'sport', 'dport', 'priority', 'table']) line.pair(key, map, key)
  const type = scalarAt(map, 'type')
  if (type !== undefined && type.text !== 'lookup') line.word(type.text, type.origin)
  line.pair('suppress_prefixlength', map, 'suppress_prefixlength')
}

function ruleOf(words: Located<RuleWords>, family: 4 | 6, priority: number): RuleState {
  const { from, to, fwmark, fwmask, ...rest } = words.value
  return {
    ...rest,
    family,
    priority,
    ...(from !== undefined && { src: from }),
    ...(to !== undefined && { dst: to }),
    ...(fwmark !== undefined && { fwmark, fwmask: fwmask ?? 0xffffffff }),
    origin: words.origin,
  }
}
