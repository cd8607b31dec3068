/** Keys of objects inside a namespace: what makes two objects the same one. They read as iproute2 would name the object. */
import type { LiveFdb } from './live.ts'
import type { AddrState, FdbEntry, MdbEntry, NeighState, RouteState, RuleState } from './network.ts'

/** `eth0 10.0.0.1/24` */
export function addrKey(addr: Pick<AddrState, 'ifname' | 'local' | 'prefixlen'>): string {
  return `${addr.ifname} ${addr.local}/${addr.prefixlen}`
}

/** `10.0.0.0/8 table 254 metric 0`: the kernel lets one route stand per destination, table and metric. */
export function routeKey(route: Pick<RouteState, 'dst' | 'table' | 'metric'>): string {
  return `${route.dst} table ${route.table} metric ${route.metric}`
}

/** `eth0 10.0.0.9` */
export function neighKey(neigh: Pick<NeighState, 'ifname' | 'dst'>): string {
  return `${neigh.ifname} ${neigh.dst}`
}

/** `02:00:00:00:00:01 vlan 10`, of one port; `00:00:00:00:00:00 dst 10.0.0.2` of a VXLAN */
export function fdbKey({ lladdr, vlan, dst }: FdbEntry): string {
  if (dst !== undefined) return `${lladdr} dst ${dst}`
  return vlan === undefined ? lladdr : `${lladdr} vlan ${vlan}`
}

/** `h1-eth0 02:00:00:00:00:01 vlan 10`, of all ports */
export function liveFdbKey(entry: LiveFdb): string {
  return `${entry.port} ${fdbKey(entry)}`
}

/** `239.1.1.1 vlan 10`, of one port */
export function mdbKey(entry: MdbEntry): string {
  return entry.vlan === undefined ? entry.group : `${entry.group} vlan ${entry.vlan}`
}

/** The whole rule: the kernel tells rules apart by all they say (fib_rules.c, rule_exists). */
export function ruleKey(rule: RuleState): string {
  const words = [`v${rule.family}`, String(rule.priority)]
  if (rule.not) words.push('not')
  if (rule.src !== undefined) words.push('from', rule.src)
  if (rule.dst !== undefined) words.push('to', rule.dst)
  if (rule.iif !== undefined) words.push('iif', rule.iif)
  if (rule.oif !== undefined) words.push('oif', rule.oif)
  if (rule.fwmark !== undefined) words.push('fwmark', `${rule.fwmark}/${rule.fwmask ?? 0xffffffff}`)
  if (rule.ipproto !== undefined) words.push('ipproto', String(rule.ipproto))
  if (rule.sport !== undefined) words.push('sport', `${rule.sport.start}-${rule.sport.end}`)
  if (rule.dport !== undefined) words.push('dport', `${rule.dport.start}-${rule.dport.end}`)
  words.push(rule.action)
  if (rule.table !== undefined) words.push(String(rule.table))
  if (rule.suppressPrefixlen !== undefined) words.push('suppress_prefixlength', String(rule.suppressPrefixlen))
  return words.join(' ')
}

/** Nouns of objects that stand in a namespace by themselves: those that a setup command may add and `up` then tolerates. */
export type ObjectNoun = 'link' | 'qdisc' | 'addr' | 'subnet' | 'route' | 'rule' | 'neigh'

/** `h1 route 10.0.0.0/8 table 254 metric 0`: one object of the whole lab. `key` is the object's key in its namespace. */
export function objectKey(netns: string, noun: ObjectNoun, key: string): string {
  return `${netns} ${noun} ${key}`
}
