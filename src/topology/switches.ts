/** Bridges of the lab and of its nodes as switches, with what is plugged into their ports. */
import type { BridgePort, BridgeVlan } from '../state/network.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import type { PluggedCable, PortDraft, Station } from './interfaces.ts'
import { mediaOf, type BaseOf, type Port, type Switch } from './media.ts'
import { DEFAULT_VLAN, findStrayPortKeys, readPort } from './ports.ts'
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
  for (const definition of definitions.bridges.values()) ofBridge.set(definition, newSwitch(definition.settings))
  for (const cable of cables) {
    for (const end of cable.ends) {
      if (end.kind !== 'port') continue
      const plugged = ofBridge.get(end.bridge)
      const said = readPort(end.settings, portBridge(end.bridge.name, end.bridge.settings), findings)
      if (said !== undefined) portOf.set(end, said)
      if (plugged !== undefined) plug(plugged, [{ base: cable, tags: [] }], said)
    }
  }
  for (const [definition, stations] of nodeStations) {
    for (const station of stations.values()) {
      if (station.virtual?.kind === 'bridge') ofStation.set(station, newSwitch(station.virtual.settings))
    }
    for (const station of stations.values()) {
      const master = station.master === undefined ? undefined : stations.get(station.master)
      const plugged = master === undefined ? undefined : ofStation.get(master)
      if (master?.virtual === undefined || plugged === undefined) {
        const own = station.virtual?.kind === 'bridge' ? new Set(['vlan', 'priority']) : ownKeys(station)
        for (const map of station.portSettings) findStrayPortKeys(map, `${definition.name}:${station.ifname}`, own, findings)
        continue
      }
      const said = readPort(station.portSettings, portBridge(`${definition.name}:${master.ifname}`, master.virtual.settings), findings)
      if (said !== undefined) portOf.set(station, said)
      plug(plugged, mediaOf(station, baseOf), said)
    }
  }
  return { ofBridge, ofStation, portOf }
}

/** Options of a kind that have the name of a port's. */
function ownKeys(station: Station): ReadonlySet<string> {
  return new Set(station.virtual?.kind === 'vxlan' ? ['learning'] : [])
}

function newSwitch(settings: MapValue): Switch {
  return { protocol: bridgeVlanProtocol(settings), ports: [], ownVlan: ownVlanOf(settings) }
}

function plug(into: Switch, media: Port['media'], said: BridgePort | undefined): void {
  into.ports.push({ switch: into, media, vlans: said?.vlans ?? new Map() })
}

function portBridge(name: string, settings: MapValue): { name: string; hasVlans: boolean; hasSnooping: boolean } {
  return {
    name,
    hasVlans: bridgeVlanProtocol(settings) !== undefined,
    hasSnooping: scalarAt(settings, 'mcast_snooping')?.value === true,
  }
}
