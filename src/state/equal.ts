/**
 * Which properties of an object that both sides have differ. Origins and facts never count.
 * An order that means nothing to the kernel (nexthops of a multipath route) does not count either.
 */
import type { BridgeLink, FileState, LinkState, NeighState, Nexthop, RouteState, RulesetState, SysctlState } from './network.ts'
import { ROUTE_METRICS } from './network.ts'
import { nameOfNumber, ROUTE_PROTOCOLS, RTPROT_BOOT, RTPROT_STATIC } from '../unit/route-names.ts'
import { linkEndText, nexthopsText } from './words.ts'

export type PropertyValue = string | number | boolean

/** One property that differs. A side without a value has none of it. */
export interface PropertyDifference {
  readonly property: string
  readonly desired?: PropertyValue | undefined
  readonly observed?: PropertyValue | undefined
}

/** Bridge options, all of which can be changed while the bridge runs, and their words in ip-link(8). */
export const BRIDGE_OPTIONS = [
  ['stp', 'stp_state'],
  ['priority', 'priority'],
  ['ageingCs', 'ageing_time'],
  ['forwardDelayCs', 'forward_delay'],
  ['helloCs', 'hello_time'],
  ['maxAgeCs', 'max_age'],
  ['mcastSnooping', 'mcast_snooping'],
] as const

export type BridgeOption = (typeof BRIDGE_OPTIONS)[number][0]

/**
 * What differs between two links of one name. A kind or a peer that differs stands alone: such a link is made anew, so its
 * other properties say nothing. A desired link without lladdr takes any.
 */
export function linkDifferences(desired: LinkState, observed: LinkState): PropertyDifference[] {
  if (desired.kind !== observed.kind) return [{ property: 'kind', desired: desired.kind, observed: kindText(observed) }]
  if (desired.kind === 'veth' && observed.kind === 'veth' && !isSameEnd(desired.peer, observed.peer)) {
    return [{ property: 'peer', desired: linkEndText(desired.peer), observed: linkEndText(observed.peer) }]
  }
  const found: PropertyDifference[] = []
  if (desired.mtu !== observed.mtu) found.push({ property: 'mtu', desired: desired.mtu, observed: observed.mtu })
  if (desired.lladdr !== undefined && desired.lladdr !== observed.lladdr) {
    found.push({ property: 'lladdr', desired: desired.lladdr, observed: observed.lladdr })
  }
  if (desired.addrGenMode !== undefined && desired.addrGenMode !== observed.addrGenMode) {
    found.push({ property: 'addrGenMode', desired: desired.addrGenMode, observed: observed.addrGenMode })
  }
  if (desired.alias !== observed.alias) found.push({ property: 'alias', desired: desired.alias, observed: observed.alias })
  if (desired.master !== observed.master) found.push({ property: 'master', desired: desired.master, observed: observed.master })
  if (desired.kind === 'bridge' && observed.kind === 'bridge') found.push(...bridgeDifferences(desired, observed))
  if (desired.up !== observed.up) found.push({ property: 'up', desired: desired.up, observed: observed.up })
  return found
}

function bridgeDifferences(desired: BridgeLink, observed: BridgeLink): PropertyDifference[] {
  return BRIDGE_OPTIONS.filter(([option]) => desired[option] !== observed[option]).map(([option, word]) => ({
    property: word,
    desired: Number(desired[option]),
    observed: Number(observed[option]),
  }))
}

/** The kind as a reader knows it: of a link that netlab did not make, what the kernel calls it. */
export function kindText(link: LinkState): string {
  return link.kind === 'other' ? link.infoKind || 'other' : link.kind
}

function isSameEnd(one: { netns: string; ifname: string }, other: { netns: string; ifname: string }): boolean {
  return one.ifname === other.ifname && one.netns === other.netns
}

/** What differs between two routes of one key. */
export function routeDifferences(desired: RouteState, observed: RouteState): PropertyDifference[] {
  const found: PropertyDifference[] = []
  if (desired.type !== observed.type) found.push({ property: 'type', desired: desired.type, observed: observed.type })
  else if (!isSameNexthops(desired.nexthops, observed.nexthops)) {
    found.push({ property: 'nexthops', desired: nexthopsText(desired), observed: nexthopsText(observed) })
  }
  if (desired.src !== observed.src) found.push({ property: 'src', desired: desired.src, observed: observed.src })
  if (!isSameProtocol(desired.protocol, observed.protocol)) {
    const text = ({ protocol = RTPROT_BOOT }: RouteState): string => nameOfNumber(ROUTE_PROTOCOLS, protocol)
    found.push({ property: 'proto', desired: text(desired), observed: text(observed) })
  }
  for (const property of ['scope', ...ROUTE_METRICS] as const) {
    if (desired[property] !== observed[property]) found.push({ property, desired: desired[property], observed: observed[property] })
  }
  return found
}

/** A file that names no protocol does not mind whether a route was made as boot or as static. */
function isSameProtocol(desired: number | undefined, observed: number = RTPROT_BOOT): boolean {
  return desired === observed || (desired === undefined && (observed === RTPROT_BOOT || observed === RTPROT_STATIC))
}

/** Nexthops are a set: the kernel may list them in another order. */
function isSameNexthops(one: readonly Nexthop[], other: readonly Nexthop[]): boolean {
  if (one.length !== other.length) return false
  const [first] = one
  const [second] = other
  if (one.length === 1 && first !== undefined && second !== undefined) return nexthopKey(first) === nexthopKey(second)
  const keys = one.map(nexthopKey).sort()
  const otherKeys = other.map(nexthopKey).sort()
  return keys.every((key, index) => key === otherKeys[index])
}

function nexthopKey(nexthop: Nexthop): string {
  return `${nexthop.via ?? ''} ${nexthop.dev} ${nexthop.weight} ${nexthop.onlink}`
}

/** What differs between two neighbours of one key. */
export function neighDifferences(desired: NeighState, observed: NeighState): PropertyDifference[] {
  if (desired.lladdr === observed.lladdr) return []
  return [{ property: 'lladdr', desired: desired.lladdr, observed: observed.lladdr }]
}

/** Whether two values of a sysctl are the same: /proc/sys separates numbers by tabs, a file may use spaces. */
export function isSameSysctl(one: SysctlState, other: SysctlState): boolean {
  return one.value === other.value || words(one.value) === words(other.value)
}

function words(value: string): string {
  return value.trim().replace(/\s+/g, ' ')
}

/** What differs between two files of one path. */
export function fileDifferences(desired: FileState, observed: FileState): PropertyDifference[] {
  const found: PropertyDifference[] = []
  if (desired.sha256 !== observed.sha256) found.push({ property: 'sha256', desired: desired.sha256, observed: observed.sha256 })
  if (desired.mode !== observed.mode) {
    found.push({ property: 'mode', desired: modeText(desired.mode), observed: modeText(observed.mode) })
  }
  return found
}

/** `0644` */
export function modeText(mode: number): string {
  return `0${mode.toString(8).padStart(3, '0')}`
}

/** Whether two rulesets of one tool say the same. No ruleset is the same as an empty one. */
export function isSameRuleset(desired: RulesetState | undefined, observed: RulesetState | undefined): boolean {
  return (desired?.canonical.trim() ?? '') === (observed?.canonical.trim() ?? '')
}
