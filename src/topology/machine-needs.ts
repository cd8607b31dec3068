/** What a file wants of the machine itself: it can be said of any file that can be read, whatever else is wrong with it. */
import type { Origin } from '../diagnostic/origin.ts'
import { DEFAULT_ISOLATION } from '../state/isolation.ts'
import { LIMITED, type Limited } from '../state/limits.ts'
import { INTERNET } from '../state/network.ts'
import type { RouteState } from '../state/network.ts'
import { expandRange } from '../unit/range.ts'
import { endpointsOf } from './definitions.ts'
import type { Bridge, Interface, Topology } from './topology.ts'
import { scalarAt } from './value.ts'
import type { MapValue } from './value.ts'

export interface MachineNeeds {
  /** Interfaces of the machine that the lab takes. */
  readonly externals: readonly MachineLink[]
  /** Links that the lab makes in the machine's network. */
  readonly hostLinks: readonly MachineLink[]
  /** Where the file asks for a way out. */
  readonly internet?: Origin
  /** What of the nodes is limited, and the first place that says so. */
  readonly limits: ReadonlyMap<Limited, Origin | undefined>
  /** What not every kernel has, by the name that it is tried under, and the first place that asks for it. */
  readonly features: ReadonlyMap<string, Origin | undefined>
  /** Sysctls that nodes set, and the first place of each. */
  readonly sysctls: ReadonlyMap<string, Origin | undefined>
}

export interface MachineLink {
  readonly ifname: string
  readonly origin: Origin
}

export function machineNeeds(root: MapValue | undefined, topology: Topology | undefined): MachineNeeds {
  const router = topology?.nodes.get(INTERNET)
  return {
    externals: linksAt(root, 'external'),
    hostLinks: linksAt(root, 'host'),
    ...(router !== undefined && { internet: router.origin }),
    limits: limitsOf(topology),
    features: featuresOf(topology),
    sysctls: sysctlsOf(topology),
  }
}

function linksAt(root: MapValue | undefined, key: 'external' | 'host'): MachineLink[] {
  return [...endpointsOf(root)].flatMap((endpoint) => {
    const named = scalarAt(endpoint, key)
    if (named === undefined) return []
    return (expandRange(named.text).value ?? []).map((ifname) => ({ ifname, origin: named.origin }))
  })
}

function limitsOf(topology: Topology | undefined): Map<Limited, Origin | undefined> {
  const limited = new Map<Limited, Origin | undefined>()
  for (const { settings } of topology?.nodes.values() ?? [])
    for (const name of LIMITED) if (settings.limits[name] !== undefined && !limited.has(name)) limited.set(name, settings.limitsOrigin)
  return limited
}

function featuresOf(topology: Topology | undefined): Map<string, Origin | undefined> {
  const needed = new Map<string, Origin | undefined>()
  const need = (names: readonly string[], origin: Origin | undefined): void => {
    for (const name of names) if (!needed.has(name)) needed.set(name, origin)
  }
  for (const { settings, interfaces, routes, origin } of topology?.nodes.values() ?? []) {
    need(
      settings.isolation.namespaces.filter((name) => !DEFAULT_ISOLATION.namespaces.includes(name)),
      origin,
    )
    if (settings.root !== undefined) need(['overlay'], settings.root.origin)
    for (const link of interfaces.values()) need(interfaceFeatures(link), link.origin)
    for (const route of routes.values()) need(routeFeatures(route), route.origin)
  }
  for (const bridge of topology?.bridges.values() ?? []) need(bridgeFeatures(bridge), bridge.origin)
  return needed
}

function sysctlsOf(topology: Topology | undefined): Map<string, Origin | undefined> {
  const wanted = new Map<string, Origin | undefined>()
  for (const { settings } of topology?.nodes.values() ?? [])
    for (const [name, { origin }] of settings.sysctls) if (!wanted.has(name)) wanted.set(name, origin)
  return wanted
}

function interfaceFeatures({ virtual }: Interface): readonly string[] {
  if (virtual === undefined) return []
  if (virtual.kind === 'bridge') return bridgeFeatures(virtual.bridge)
  return [virtual.kind === 'tap' ? 'tun' : virtual.kind]
}

function bridgeFeatures({ vlan, mcastSnooping }: Bridge): readonly string[] {
  return [...(vlan === undefined ? [] : ['bridge vlan_filtering']), ...(mcastSnooping ? ['bridge mcast_snooping'] : [])]
}

function routeFeatures({ family, nexthops }: RouteState): readonly string[] {
  if (family === 'mpls') return ['mpls']
  return nexthops.some(({ labels }) => labels !== undefined) ? ['mpls', 'encap mpls'] : []
}
