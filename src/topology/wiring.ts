/** Who is where: the questions that routes ask about stations and segments, each answered without looking at all of them. */
import { containsAddress } from '../unit/prefix.ts'
import type { Definition } from './definitions.ts'
import type { Station } from './interfaces.ts'
import type { Segment, Segments } from './segments.ts'
import type { InterfaceAddress } from './topology.ts'

export interface Wiring {
  /** Stations of a node or bridge, in the order of the links. */
  stationsOf(definition: Definition): readonly Station[]
  segmentOf(station: Station): Segment | undefined
  /** Stations of `owner` on the segment of `station`. */
  neighboursOf(station: Station, owner: Definition): readonly Station[]
  /** The station on the segment of `station` that has an address. */
  holderOf(station: Station, address: string): Station | undefined
  /** The first of these stations with a subnet that has the address. */
  connectedTo(stations: readonly Station[], address: string): { readonly station: Station; readonly via: InterfaceAddress } | undefined
}

interface SegmentIndex {
  readonly byOwner: Map<Definition, Station[]>
  readonly byAddress: Map<string, Station>
}

export function createWiring(segments: Segments): Wiring {
  const stations = new Map<Definition, Station[]>()
  for (const [station] of segments.ofStation) push(stations, station.definition, station)
  const indexes = new Map<Segment, SegmentIndex>()

  const indexOf = (station: Station): SegmentIndex | undefined => {
    const segment = segments.ofStation.get(station)
    if (segment === undefined) return undefined
    const before = indexes.get(segment)
    if (before !== undefined) return before
    const index: SegmentIndex = { byOwner: new Map(), byAddress: new Map() }
    for (const other of segment.stations) {
      push(index.byOwner, other.definition, other)
      for (const { prefix } of other.addresses) if (!index.byAddress.has(prefix.address)) index.byAddress.set(prefix.address, other)
    }
    indexes.set(segment, index)
    return index
  }

  return {
    stationsOf: (definition) => stations.get(definition) ?? [],
    segmentOf: (station) => segments.ofStation.get(station),
    neighboursOf: (station, owner) => indexOf(station)?.byOwner.get(owner) ?? [],
    holderOf: (station, address) => indexOf(station)?.byAddress.get(address),
    connectedTo: (candidates, address) => {
      for (const station of candidates) {
        const via = station.addresses.find(({ prefix }) => containsAddress(prefix, address))
        if (via !== undefined) return { station, via }
      }
      return undefined
    },
  }
}

function push<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [item])
  else list.push(item)
}
