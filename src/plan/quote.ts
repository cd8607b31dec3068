/** Words for a POSIX shell. XCU 2.2, Quoting. */
import type { RouteState, RuleState } from '../state/network.ts'
import { routeText, ruleText } from '../state/words.ts'

/** The word as sh reads it back: bare where nothing in it is special, in single quotes otherwise. */
export function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", "'\\''")}'`
}

export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ')
}

/** `<<'EOF'` with the text and an end that does not stand in it. */
export function hereDocument(text: string, place = ''): string {
  let end = 'EOF'
  while (text.split('\n').includes(end)) end += '_'
  return `<<'${end}'${place === '' ? '' : `  # ${place}`}\n${text}${text.endsWith('\n') || text === '' ? '' : '\n'}${end}`
}

/** `ip route` words of a route, for a shell; `isExact` as in routeText. */
export function quotedRoute(route: RouteState, isExact: boolean): string {
  return routeText({ ...route, nexthops: route.nexthops.map((nexthop) => ({ ...nexthop, dev: quote(nexthop.dev) })) }, isExact)
}

/** `ip rule` words of a rule, for a shell. */
export function quotedRule(rule: RuleState): string {
  const { iif, oif } = rule
  return ruleText({ ...rule, ...(iif !== undefined && { iif: quote(iif) }), ...(oif !== undefined && { oif: quote(oif) }) })
}
