/** Segments: what is joined by cables and bridges, so that a broadcast of one station reaches all others. */
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import type { PluggedCable, PortDraft, Station } from './interfaces.ts'
import { scalarAt } from './value.ts'

export interface Segment {
  /** In the order of the links, a bridge's own station before those on its ports. */
  readonly stations: Station[]
  /** In the order of the file; none where two nodes are joined by a cable. */
  readonly bridges: Definition[]
  readonly cables: PluggedCable[]
}

export interface Segments {
  /** Those of bridges first, then those of cables, each in the order of the file. */
  readonly all: readonly Segment[]
  readonly ofBridge: ReadonlyMap<Definition, Segment>
  readonly ofStation: ReadonlyMap<Station, Segment>
}

/** 6.18, br_private.h: BR_MAX_PORTS is 1 << BR_PORT_BITS (10), and find_portno() starts at 1. One more gives EXFULL. */
const MAX_BRIDGE_PORTS = 1023

export function joinSegments(
  cables: readonly PluggedCable[],
  definitions: Definitions,
  stationOf: ReadonlyMap<Definition, Station>,
  findings: Findings,
): Segments {
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

  const all: Segment[] = []
  const ofBridge = new Map<Definition, Segment>()
  const ofStation = new Map<Station, Segment>()
  const add = (segment: Segment, station: Station): void => {
    segment.stations.push(station)
    ofStation.set(station, segment)
  }
  for (const bridge of definitions.bridges.values()) {
    let segment = ofBridge.get(rootOf(bridge))
    if (segment === undefined) all.push((segment = { stations: [], bridges: [], cables: [] }))
    ofBridge.set(rootOf(bridge), segment).set(bridge, segment)
    segment.bridges.push(bridge)
    const station = stationOf.get(bridge)
    if (station !== undefined) add(segment, station)
  }
  for (const cable of cables) {
    const port = cable.ends.find((end) => end.kind === 'port')
    let segment = port === undefined ? undefined : ofBridge.get(port.bridge)
    if (segment === undefined) all.push((segment = { stations: [], bridges: [], cables: [] }))
    segment.cables.push(cable)
    for (const end of cable.ends) if (end.kind !== 'port') add(segment, end)
  }
  findFullBridges(cables, findings)
  return { all, ofBridge, ofStation }
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
  const detail = `${a.bridge.name} and ${b.bridge.name} are joined already: this cable closes a loop, in which a broadcast goes round for ever.`
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
