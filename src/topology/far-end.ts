/** Which address of a node the outer packets of a tunnel go to, where the file names the node. */
import { isLinkLocal6 } from '../unit/address.ts'
import type { Definition } from './definitions.ts'
import type { Station } from './interfaces.ts'
import type { Wiring } from './wiring.ts'

/** Stations whose addresses outer packets may have: a tunnel in a tunnel is for those who write its address themselves. */
const UNDERLAY = new Set<string | undefined>([undefined, 'vlan', 'bond', 'bridge', 'macvlan', 'ipvlan', 'dummy'])

export interface FarEnd {
  readonly remote: string
  /** Of this side, where both are on one segment. */
  readonly local?: string
}

/** The address on a common segment, else the first that the far node has; undefined where it has none of the family. */
export function farEndOf(near: Definition, far: Definition, family: 4 | 6 | 'any', wiring: Wiring): FarEnd | undefined {
  for (const station of underlay(near, wiring)) {
    for (const other of wiring.neighboursOf(station, far)) {
      const remote = UNDERLAY.has(other.virtual?.kind) ? addressOf(other, family) : undefined
      const local = remote === undefined ? undefined : addressOf(station, remote.includes(':') ? 6 : 4)
      if (remote !== undefined && local !== undefined) return { remote, local }
    }
  }
  for (const station of underlay(far, wiring)) {
    const remote = addressOf(station, family)
    if (remote !== undefined) return { remote }
  }
  return undefined
}

function underlay(definition: Definition, wiring: Wiring): readonly Station[] {
  return wiring.stationsOf(definition).filter(({ virtual }) => UNDERLAY.has(virtual?.kind))
}

function addressOf(station: Station, family: 4 | 6 | 'any'): string | undefined {
  return station.addresses.find(({ prefix }) => (family === 'any' || prefix.family === family) && !isLinkLocal6(prefix.address))?.prefix
    .address
}
