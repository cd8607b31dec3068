/** Segments: what is joined by cables, bridges and tunnels, so that a broadcast of one station reaches all others. A VLAN is one of its own. */
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import type { PluggedCable, PortDraft, Station } from './interfaces.ts'
import { insideOf, isOpenBase, mediaOf, outsideOf } from './media.ts'
import type { Base, BaseOf, Inside, Medium, Place, Port, Switch } from './media.ts'
import type { Switches } from './switches.ts'
import { scalarAt } from './value.ts'
import type { NodeStations } from './virtuals.ts'

export interface Segment {
  /** In the order of the links, a bridge's own station before those on its ports; then those that no link makes. */
  readonly stations: Station[]
  /** In the order of the file; none where two nodes are joined by a cable. */
  readonly bridges: BridgeVlanRef[]
  /** Those whose untagged frames are in it. */
  readonly cables: PluggedCable[]
  /** Whether somebody may be on it that the file does not name: at the far end of a tunnel, say. */
  isOpen: boolean
}

/** A bridge of the lab, and which VLAN of it; 0 where it knows none. */
export interface BridgeVlanRef {
  readonly definition: Definition
  readonly vlan: number
}

export interface Segments {
  /** Those of bridges first, then those of cables, each in the order of the file, then those of other interfaces. */
  readonly all: readonly Segment[]
  readonly ofStation: ReadonlyMap<Station, Segment>
}

/** 6.18, br_private.h: BR_MAX_PORTS is 1 << BR_PORT_BITS (10), and find_portno() starts at 1. One more gives EXFULL. */
const MAX_BRIDGE_PORTS = 1023

/** The station that stands for another one on its segment: the bond or bridge that has taken it in. */
export function frontOf(station: Station, nodeStations: NodeStations): Station {
  const master = station.master === undefined ? undefined : nodeStations.get(station.definition)?.get(station.master)
  return master === undefined || master.virtual?.kind === 'vrf' ? station : frontOf(master, nodeStations)
}

export function joinSegments(
  cables: readonly PluggedCable[],
  definitions: Definitions,
  stationOf: ReadonlyMap<Definition, Station>,
  nodeStations: NodeStations,
  switches: Switches,
  baseOf: BaseOf,
  findings: Findings,
): Segments {
  findLoops(cables, findings)
  findFullBridges(cables, findings)
  const explorer = createExplorer(switches, nodeStations, baseOf)
  const ofStation = new Map<Station, Segment>()
  const add = (segment: Segment, station: Station): void => {
    segment.stations.push(station)
    ofStation.set(station, segment)
  }
  for (const definition of definitions.bridges.values()) {
    const own = switches.ofBridge.get(definition)
    if (own !== undefined) addBridge(definition, own, stationOf.get(definition), explorer, add)
  }
  const segmentOf = (station: Station): Segment => segmentOfVirtual(station, switches, explorer, baseOf)
  for (const cable of cables) {
    const segment = explorer.segmentAt({ base: cable, tags: [] })
    segment.cables.push(cable)
    for (const end of cable.ends) {
      if (end.kind === 'port') continue
      const front = frontOf(end, nodeStations)
      // Where another one stands for it, its place is known all the same, and the other's is where the cable is.
      if (front !== end) ofStation.set(end, segment)
      if (!ofStation.has(front)) add(front === end ? segment : segmentOf(front), front)
    }
  }
  for (const stations of nodeStations.values()) {
    for (const station of stations.values()) {
      if (station.virtual === undefined || ofStation.has(station)) continue
      if (frontOf(station, nodeStations) === station) add(segmentOf(station), station)
      else ofStation.set(station, segmentOf(station))
    }
  }
  return { all: explorer.all, ofStation }
}

function addBridge(
  definition: Definition,
  own: Switch,
  station: Station | undefined,
  explorer: Explorer,
  add: (segment: Segment, station: Station) => void,
): void {
  for (const vlan of vlansOf(definition, own, station !== undefined)) {
    const segment = explorer.segmentAt({ switch: own, vlan, tags: [] })
    segment.bridges.push({ definition, vlan })
    if (station !== undefined && vlan === (own.protocol === undefined ? 0 : own.ownVlan)) add(segment, station)
  }
}

function segmentOfVirtual(station: Station, switches: Switches, explorer: Explorer, baseOf: BaseOf): Segment {
  const own = switches.ofStation.get(station)
  if (own !== undefined) return explorer.segmentAt({ switch: own, vlan: own.protocol === undefined ? 0 : own.ownVlan, tags: [] })
  const [medium = { base: station, tags: [] }] = mediaOf(station, baseOf)
  return explorer.segmentAt(medium)
}

/** VLANs of a bridge that are segments whether or not anybody is there: those that have a subnet, and those of access ports. */
function vlansOf(definition: Definition, own: Switch, hasStation: boolean): number[] {
  if (own.protocol === undefined) return [0]
  const named = valueKeys(definition)
  const native = own.ports.flatMap(({ vlans }) => [...vlans].filter(([, flags]) => flags.includes('pvid')).map(([id]) => id))
  return [...new Set([...named, ...native, ...(hasStation ? [own.ownVlan] : [])])].sort((one, other) => one - other)
}

/** Numbers under a bridge's `vlans`. */
function valueKeys({ settings }: Definition): number[] {
  const vlans = settings.entries.get('vlans')?.value
  return vlans?.kind === 'map' ? [...vlans.entries.keys()].map(Number).filter(Number.isInteger) : []
}

interface Explorer {
  readonly all: readonly Segment[]
  /** The segment of a place; finds all places that are joined with it when it is new. */
  segmentAt(place: Place): Segment
}

function createExplorer(switches: Switches, nodeStations: NodeStations, baseOf: BaseOf): Explorer {
  const all: Segment[] = []
  const portsAt = portsByBase(switches)
  const bonds = bondsByBase(nodeStations, baseOf)
  const known = new Map<unknown, Map<string, Segment>>()

  const near = (place: Place): Place[] => ('switch' in place ? outOf(place) : into(place))
  const outOf = (inside: Inside): Medium[] =>
    inside.switch.ports.flatMap((port) => {
      const tags = outsideOf(port, inside)
      return tags === undefined ? [] : port.media.map((medium) => ({ base: medium.base, tags: [...medium.tags, ...tags] }))
    })
  const into = ({ base, tags }: Medium): Place[] => [
    ...(portsAt.get(base) ?? []).flatMap(({ port, medium }) => {
      const isBelow = medium.tags.every((tag, index) => tags[index] === tag)
      const inside = isBelow ? insideOf(port, tags.slice(medium.tags.length)) : undefined
      return inside === undefined ? [] : [inside]
    }),
    // What comes from a bond may leave by any of its members.
    ...(bonds.get(base) ?? []).map((other) => ({ base: other, tags })),
  ]

  /** Puts the place into the segment; false where it has one already. */
  const enter = (place: Place, segment: Segment): boolean => {
    const root = 'switch' in place ? place.switch : place.base
    const key = 'switch' in place ? `${place.vlan} ${place.tags.join()}` : place.tags.join()
    const places = known.get(root) ?? new Map<string, Segment>()
    if (places.has(key)) return false
    known.set(root, places.set(key, segment))
    if (!('switch' in place) && isOpenBase(place.base)) segment.isOpen = true
    return true
  }

  return {
    all,
    segmentAt: (place) => {
      const root = 'switch' in place ? place.switch : place.base
      const before = known.get(root)?.get('switch' in place ? `${place.vlan} ${place.tags.join()}` : place.tags.join())
      if (before !== undefined) return before
      const segment: Segment = { stations: [], bridges: [], cables: [], isOpen: false }
      all.push(segment)
      enter(place, segment)
      const open = [place]
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        for (const other of near(next)) if (enter(other, segment)) open.push(other)
      }
      return segment
    },
  }
}

function portsByBase({ ofBridge, ofStation }: Switches): Map<Base, { readonly port: Port; readonly medium: Medium }[]> {
  const ports = new Map<Base, { port: Port; medium: Medium }[]>()
  for (const one of [...ofBridge.values(), ...ofStation.values()]) {
    for (const port of one.ports) {
      for (const medium of port.media) {
        const list = ports.get(medium.base)
        if (list === undefined) ports.set(medium.base, [{ port, medium }])
        else list.push({ port, medium })
      }
    }
  }
  return ports
}

/** The other cables of a cable that is in a bond. */
function bondsByBase(nodeStations: NodeStations, baseOf: BaseOf): Map<Base, Base[]> {
  const bonds = new Map<Base, Base[]>()
  for (const stations of nodeStations.values()) {
    for (const station of stations.values()) {
      if (station.virtual?.kind !== 'bond') continue
      const bases = mediaOf(station, baseOf).map(({ base }) => base)
      for (const base of bases) bonds.set(base, [...(bonds.get(base) ?? []), ...bases.filter((other) => other !== base)])
    }
  }
  return bonds
}

/** Cables that close a loop of bridges. */
function findLoops(cables: readonly PluggedCable[], findings: Findings): void {
  const parents = new Map<Definition, Definition>()
  const rootOf = (bridge: Definition): Definition => {
    let root = bridge
    for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent
    if (root !== bridge) parents.set(bridge, root)
    return root
  }
  for (const cable of cables) {
    const [a, b] = cable.ends
    if (a.kind === 'port' && b.kind === 'port') joinBridges(cable, a, b, rootOf, parents, findings)
  }
}

function joinBridges(
  cable: PluggedCable,
  a: PortDraft,
  b: PortDraft,
  rootOf: (bridge: Definition) => Definition,
  parents: Map<Definition, Definition>,
  findings: Findings,
): void {
  const [first, second] = [rootOf(a.bridge), rootOf(b.bridge)]
  if (first !== second) {
    parents.set(second, first)
    return
  }
  if ([a, b].every((port) => scalarAt(port.bridge.settings, 'stp')?.value === true)) return
  const joined = a.bridge === b.bridge ? `Both ends are at ${a.bridge.name}` : `${a.bridge.name} and ${b.bridge.name} are joined already`
  const detail = `${joined}: this cable closes a loop, in which a broadcast goes round for ever.`
  findings.warning('BRIDGE_LOOP', cable.draft.link.origin, detail, { hint: 'Set `stp: true` on the bridges of the loop.' })
}

function findFullBridges(cables: readonly PluggedCable[], findings: Findings): void {
  const ports = new Map<Definition, number>()
  for (const cable of cables) {
    for (const end of cable.ends) {
      if (end.kind !== 'port') continue
      const count = (ports.get(end.bridge) ?? 0) + 1
      ports.set(end.bridge, count)
      if (count !== MAX_BRIDGE_PORTS + 1) continue
      const detail = `This link is port ${count} of "${end.bridge.name}": a Linux bridge takes ${MAX_BRIDGE_PORTS} ports.`
      findings.error('TOO_MANY_PORTS', cable.draft.link.origin, detail, { hint: 'Use two bridges, and a link between them.' })
    }
  }
}
