/** What tunnels send into, before their far ends are known by address. */
import { parseAddress } from '../unit/address.ts'
import type { Station, Virtual } from './interfaces.ts'
import { FAR_END } from './kind-options.ts'
import type { Base } from './media.ts'
import { textsAt } from './value.ts'
import type { NodeStations } from './virtuals.ts'

/** The same for both ends of a tunnel, and for all ends of a VXLAN, where the file tells who they are; else the station alone. */
export function createTunnelBases(nodeStations: NodeStations): (station: Station) => Base {
  const families = vxlanFamilies(nodeStations)
  return (station) => {
    const { virtual, definition } = station
    if (virtual === undefined) return station
    const { local, remote, key } = virtual.options
    if (virtual.kind === 'vxlan') {
      const [only, ...others] = families.get(vxlanOf(virtual)) ?? []
      return `${vxlanOf(virtual)} IPv${saidFamily(virtual) ?? (others.length === 0 ? only : undefined) ?? 4}`
    }
    if (typeof remote !== 'string') return station
    const near = parseAddress(remote) === undefined ? definition.name : local
    return typeof near === 'string' ? [virtual.kind, String(key ?? ''), ...[near, remote].sort()].join(' ') : station
  }
}

function vxlanOf({ options: { id, dstport } }: Virtual): string {
  return `vxlan ${String(id)} ${String(dstport)}`
}

/** Of what they tell: those whose far ends are nodes go with the others of their id. */
function vxlanFamilies(nodeStations: NodeStations): Map<string, Set<4 | 6>> {
  const families = new Map<string, Set<4 | 6>>()
  for (const stations of nodeStations.values()) {
    for (const { virtual } of stations.values()) {
      const family = virtual?.kind === 'vxlan' ? saidFamily(virtual) : undefined
      if (virtual === undefined || family === undefined) continue
      families.set(vxlanOf(virtual), (families.get(vxlanOf(virtual)) ?? new Set()).add(family))
    }
  }
  return families
}

/** A VXLAN is of the family of its addresses (vxlan_config_validate). */
function saidFamily({ settings, options: { local, group } }: Virtual): 4 | 6 | undefined {
  const ends = [...textsAt(settings, FAR_END).map(({ text }) => text), group, local]
  return ends.map((end) => (typeof end === 'string' ? parseAddress(end)?.family : undefined)).find((family) => family !== undefined)
}
