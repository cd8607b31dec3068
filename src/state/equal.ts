/**
 * Which properties of an object that both sides have differ; links are in equal-link.ts. Origins and facts never count.
 * An order that means nothing to the kernel (nexthops of a multipath route) does not count either.
 */
import { constants } from 'node:os'
import { nameOfNumber, ROUTE_PROTOCOLS, RTPROT_BOOT, RTPROT_STATIC } from '../unit/route-names.ts'
import { ROUTE_METRICS } from './network.ts'
import type { FileState, NeighState, Nexthop, RouteState, RulesetState, ServiceState, SysctlState } from './network.ts'
import type { ServiceStatus } from './service.ts'
import { nexthopsText } from './words.ts'

export type PropertyValue = string | number | boolean

/** One property that differs. A side without a value has none of it. */
export interface PropertyDifference {
  readonly property: string
  readonly desired?: PropertyValue | undefined
  readonly observed?: PropertyValue | undefined
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
  return `${nexthop.via ?? ''} ${nexthop.dev} ${nexthop.weight} ${nexthop.onlink} ${nexthop.labels?.join('/') ?? ''}`
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

/** What differs between two services of one name: whether it runs, and what it was started with. Its own restarts are its affair. */
export function serviceDifferences(desired: ServiceState, observed: ServiceState): PropertyDifference[] {
  const { status } = observed
  if (status !== undefined && status.state !== 'running' && status.state !== 'waiting')
    return [{ property: 'state', desired: 'running', observed: statusText(status) }]
  if (desired.digest === observed.digest) return []
  return [{ property: 'digest', desired: desired.digest, observed: observed.digest }]
}

/** `running`, `stopped`, `ended with status 1`, `ended by SIGSEGV` */
export function statusText({ state, exit }: ServiceStatus): string {
  if (exit === undefined || state === 'stopped' || state === 'stopping') return state
  if ('status' in exit) return `${state === 'waiting' ? 'to be restarted: ended' : 'ended'} with status ${exit.status}`
  const name = Object.entries(constants.signals).find(([, number]) => number === exit.signal)?.[0] ?? `signal ${exit.signal}`
  return `${state === 'waiting' ? 'to be restarted: ended' : 'ended'} by ${name}`
}

/** Whether two rulesets of one tool say the same. No ruleset is the same as an empty one. */
export function isSameRuleset(desired: RulesetState | undefined, observed: RulesetState | undefined): boolean {
  return (desired?.canonical.trim() ?? '') === (observed?.canonical.trim() ?? '')
}
