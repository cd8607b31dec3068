/** How high links stand on each other in a node. */
import type { Findings } from './findings.ts'
import type { Station } from './interfaces.ts'
import type { NodeStations } from './virtuals.ts'

/** MAX_NEST_DEV of <linux/netdevice.h>. One more gives EMLINK without a word (__netdev_upper_dev_link). */
const MAX_NESTED = 8
/** Kinds that the kernel links with their parent; a tunnel only remembers its number. */
const LINKED = new Set<string | undefined>(['vlan', 'macvlan', 'ipvlan', 'vxlan'])

/** To be asked when all know their masters. */
export function checkNesting(nodeStations: NodeStations, findings: Findings): void {
  for (const stations of nodeStations.values()) {
    const heightOf = createHeights(stations)
    for (const station of stations.values()) {
      if (heightOf(station) !== MAX_NESTED + 1) continue
      const { definition, ifname, origin } = station
      const detail = `${definition.name}:${ifname} is the ${MAX_NESTED + 1}th of links that stand on each other: the kernel takes ${MAX_NESTED}.`
      findings.error('INVALID_VALUE', origin, detail)
    }
  }
}

/** How many links stand on each other from the lowest to this one. */
function createHeights(stations: ReadonlyMap<string, Station>): (station: Station) => number {
  const heights = new Map<Station, number>()
  const membersOf = new Map<string, Station[]>()
  for (const station of stations.values()) {
    if (station.master === undefined) continue
    const members = membersOf.get(station.master)
    if (members === undefined) membersOf.set(station.master, [station])
    else members.push(station)
  }
  const heightOf = (station: Station): number => {
    const known = heights.get(station)
    if (known !== undefined) return known
    heights.set(station, 0) // of one that stands on itself, which is a finding of its own
    const { ifname, virtual } = station
    const below = [...(membersOf.get(ifname) ?? []), ...(virtual?.parent !== undefined && LINKED.has(virtual.kind) ? [virtual.parent] : [])]
    const height = 1 + Math.max(0, ...below.map(heightOf))
    heights.set(station, height)
    return height
  }
  return heightOf
}
