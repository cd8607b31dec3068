/** What a file wants of the machine itself: it can be said of any file that can be read, whatever else is wrong with it. */
import type { Origin } from '../diagnostic/origin.ts'
import { LIMITED, type Limited } from '../state/limits.ts'
import { INTERNET } from '../state/network.ts'
import { expandRange } from '../unit/range.ts'
import { endpointsOf } from './definitions.ts'
import type { Topology } from './topology.ts'
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
