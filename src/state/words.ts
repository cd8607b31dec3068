/** Objects of the model in iproute2's words: ip-route(8), ip-rule(8). What `ip` would print of them, and what it would take. */
import { Bug } from '../diagnostic/bug.ts'
import { nameOfNumber, ROUTE_PROTOCOLS, ROUTE_SCOPES } from '../unit/route-names.ts'
import { ROUTE_METRICS } from './network.ts'
import type { LinkEnd, Nexthop, RouteFamily, RouteState, RuleState } from './network.ts'

const RT_TABLE_MAIN = 254
const IP6_RT_PRIO_USER = 1024

/** `h1/eth0` */
export function linkEndText(end: LinkEnd): string {
  return `${end.netns}/${end.ifname}`
}

/**
 * Everything after `ip route add`: `10.0.0.0/8 via 10.0.0.1 dev eth0 metric 5`. What iproute2 takes for granted is left out, but for the
 * metric where `isExact`: IPv6 deletes the first route to the destination, of any type, where no metric is said (ip6_route_del).
 */
export function routeText(route: Omit<RouteState, 'protocol'> & { readonly protocol?: number | string }, isExact = false): string {
  const words = route.type === 'unicast' ? [destinationText(route)] : [route.type, destinationText(route)]
  const [first] = route.nexthops
  if (route.nexthops.length === 1 && first !== undefined) words.push(nexthopText(first, route.family))
  if (route.src !== undefined) words.push('src', route.src)
  words.push(...metricWords(route, isExact))
  if (route.table !== RT_TABLE_MAIN) words.push('table', String(route.table))
  const proto = typeof route.protocol === 'number' ? nameOfNumber(ROUTE_PROTOCOLS, route.protocol) : route.protocol
  if (proto !== undefined && proto !== 'boot') words.push('proto', proto)
  if (route.scope !== undefined) words.push('scope', nameOfNumber(ROUTE_SCOPES, route.scope))
  for (const metric of ROUTE_METRICS) {
    const value = route[metric]
    if (value !== undefined) words.push(metric, String(value))
  }
  if (route.nexthops.length > 1) words.push(nexthopsText(route))
  return words.join(' ')
}

function metricWords({ family, metric }: Pick<RouteState, 'family' | 'metric'>, isExact: boolean): string[] {
  const isUsual = metric === (family === 6 ? IP6_RT_PRIO_USER : 0)
  return isUsual && !isExact ? [] : ['metric', String(metric)]
}

/** `via 10.0.0.1 dev eth0`, or `nexthop via … weight 1 nexthop via …` where there are several, or `none`. */
export function nexthopsText(route: Pick<RouteState, 'family' | 'nexthops'>): string {
  const [first] = route.nexthops
  if (first === undefined) return 'none'
  if (route.nexthops.length === 1) return nexthopText(first, route.family)
  return route.nexthops.map((nexthop) => `nexthop ${nexthopText(nexthop, route.family)} weight ${nexthop.weight}`).join(' ')
}

function nexthopText(nexthop: Nexthop, family: RouteFamily): string {
  const words = []
  if (nexthop.labels !== undefined) words.push(...(family === 'mpls' ? ['as'] : ['encap', 'mpls']), nexthop.labels.join('/'))
  if (nexthop.via !== undefined) {
    const viaFamily = nexthop.via.includes(':') ? 6 : 4
    words.push('via', ...(viaFamily === family ? [] : [viaFamily === 6 ? 'inet6' : 'inet']), nexthop.via)
  }
  words.push('dev', nexthop.dev)
  if (nexthop.onlink) words.push('onlink')
  return words.join(' ')
}

export function destinationText(route: Pick<RouteState, 'dst'>): string {
  return route.dst === '0.0.0.0/0' || route.dst === '::/0' ? 'default' : route.dst
}

/** Everything after `ip rule add`: `priority 100 from 10.1.0.0/24 lookup 100`. */
export function ruleText(rule: RuleState): string {
  const words = ['priority', String(rule.priority)]
  if (rule.not) words.push('not')
  words.push('from', rule.src ?? 'all')
  if (rule.dst !== undefined) words.push('to', rule.dst)
  if (rule.iif !== undefined) words.push('iif', rule.iif)
  if (rule.oif !== undefined) words.push('oif', rule.oif)
  if (rule.fwmark !== undefined) words.push('fwmark', markText(rule.fwmark, rule.fwmask))
  if (rule.ipproto !== undefined) words.push('ipproto', String(rule.ipproto))
  if (rule.sport !== undefined) words.push('sport', portsText(rule.sport))
  if (rule.dport !== undefined) words.push('dport', portsText(rule.dport))
  words.push(...actionWords(rule))
  if (rule.suppressPrefixlen !== undefined) words.push('suppress_prefixlength', String(rule.suppressPrefixlen))
  return words.join(' ')
}

function actionWords(rule: RuleState): string[] {
  if (rule.action !== 'lookup') return [rule.action]
  if (rule.table === undefined) throw new Bug('A rule with the action lookup has no table')
  return ['lookup', String(rule.table)]
}

function markText(mark: number, mask: number | undefined): string {
  const text = `0x${mark.toString(16)}`
  return mask === undefined || mask === 0xffffffff ? text : `${text}/0x${mask.toString(16)}`
}

function portsText(range: NonNullable<RuleState['sport']>): string {
  return range.start === range.end ? String(range.start) : `${range.start}-${range.end}`
}
