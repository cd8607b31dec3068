/** Bridges of the lab and of its nodes as switches, with what is plugged into their ports. */
import type { BridgePort, BridgeVlan } from '../state/network.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import type { PluggedCable, PortDraft, Station } from './interfaces.ts'
import { mediaOf, type BaseOf, type Port, type Switch } from './media.ts'
import { DEFAULT_VLAN, findStrayPortKeys, readPort } from './ports.ts'
import type { PortBridge } from './ports.ts'
import { scalarAt } from './value.ts'
import type { MapValue } from './value.ts'
import type { NodeStations } from './virtuals.ts'

export interface Switches {
  readonly ofBridge: ReadonlyMap<Definition, Switch>
  /** By the station that a bridge of a node is. */
  readonly ofStation: ReadonlyMap<Station, Switch>
  /** What each port says of itself. */
  readonly portOf: ReadonlyMap<PortDraft | Station, BridgePort>
}

/** The tags that a bridge goes by; undefined where it takes no notice of VLANs. */
export function bridgeVlanProtocol(settings: MapValue): BridgeVlan['protocol'] | undefined {
  if (scalarAt(settings, 'vlan_filtering')?.value !== true) return undefined
  return scalarAt(settings, 'vlan_protocol')?.text === '802.1ad' ? '802.1ad' : '802.1Q'
}

/** VLAN of a bridge's own interface. */
export function ownVlanOf(settings: MapValue): number {
  const vlan = scalarAt(settings, 'vlan')?.value
  return typeof vlan === 'number' ? vlan : DEFAULT_VLAN
}

export function readSwitches(
  cables: readonly PluggedCable[],
  definitions: Definitions,
  nodeStations: NodeStations,
  baseOf: BaseOf,
  findings: Findings,
): Switches {
  const ofBridge = new Map<Definition, Switch>()
  const ofStation = new Map<Station, Switch>()
  const portOf = new Map<PortDraft | Station, BridgePort>()
  const bridgeOf = new Map<Definition, PortBridge>()
  for (const definition of definitions.bridges.values()) {
    ofBridge.set(definition, newSwitch(definition.settings))
    bridgeOf.set(definition, portBridge(definition.name, definition.settings))
  }
  for (const cable of cables) {
    for (const end of cable.ends) {
      if (end.kind !== 'port') continue
      const [plugged, bridge] = [ofBridge.get(end.bridge), bridgeOf.get(end.bridge)]
      if (plugged === undefined || bridge === undefined) continue
      const said = readPort(end.settings, bridge, findings)
      if (said !== undefined) portOf.set(end, said)
      plug(plugged, [{ base: cable, tags: [] }], said)
    }
  }
  for (const stations of nodeStations.values()) plugStations(stations, ofStation, portOf, baseOf, findings)
  return { ofBridge, ofStation, portOf }
}

/** Bridges of one node. */
function plugStations(
  stations: ReadonlyMap<string, Station>,
  ofStation: Map<Station, Switch>,
  portOf: Map<PortDraft | Station, BridgePort>,
  baseOf: BaseOf,
  findings: Findings,
): void {
  const bridgeOf = new Map<Station, PortBridge>()
  for (const station of stations.values()) {
    const { definition, ifname, up, virtual } = station
    if (virtual?.kind !== 'bridge') continue
    const own = newSwitch(virtual.settings)
    ofStation.set(station, own)
    // What stands on it, and a bond that has it, send into it.
    own.ports.push({ switch: own, media: [{ base: station, tags: [] }], vlans: new Map([[own.ownVlan, 'pvid untagged']]) })
    bridgeOf.set(station, portBridge(`${definition.name}:${ifname}`, virtual.settings, up))
  }
  for (const station of stations.values()) {
    const master = station.master === undefined ? undefined : stations.get(station.master)
    const said = readStation(station, master && bridgeOf.get(master), findings)
    if (said !== undefined) portOf.set(station, said)
    const plugged = master === undefined ? undefined : ofStation.get(master)
    if (plugged !== undefined) plug(plugged, mediaOf(station, baseOf), said)
  }
}

/** What a node's interface says of itself as port of its master; it has nothing to say where that is no bridge. */
function readStation(station: Station, bridge: PortBridge | undefined, findings: Findings): BridgePort | undefined {
  const { definition, ifname, portSettings } = station
  if (bridge !== undefined) return readPort(portSettings, bridge, findings)
  for (const map of portSettings) findStrayPortKeys(map, `${definition.name}:${ifname}`, ownKeys(station), findings)
  return undefined
}

/** Options of a kind that have the name of a port's. */
function ownKeys(station: Station): ReadonlySet<string> {
  if (station.virtual?.kind === 'bridge') return new Set(['vlan', 'priority'])
  return new Set(station.virtual?.kind === 'vxlan' ? ['learning', 'fdb'] : [])
}

function newSwitch(settings: MapValue): Switch {
  return { protocol: bridgeVlanProtocol(settings), ports: [], ownVlan: ownVlanOf(settings) }
}

function plug(into: Switch, media: Port['media'], said: BridgePort | undefined): void {
  into.ports.push({ switch: into, media, vlans: said?.vlans ?? new Map() })
}

function portBridge(name: string, settings: MapValue, up = true): PortBridge {
  return {
    name,
    up,
    tables: { fdbs: new Map(), groups: new Set() },
    hasVlans: bridgeVlanProtocol(settings) !== undefined,
    hasSnooping: scalarAt(settings, 'mcast_snooping')?.value === true,
  }
}
