/** Stations and ports of the stages before → interfaces of the Topology, each once: a node's interface and its cable's end are one object. */
import type { BridgePort } from '../state/network.ts'
import { readBridge } from './bridges.ts'
import type { Findings } from './findings.ts'
import type { PortDraft, Station } from './interfaces.ts'
import type { Interface } from './topology.ts'
import type { WireguardConfig } from '../state/wireguard.ts'

export function createInterfaces(
  portOf: ReadonlyMap<PortDraft | Station, BridgePort>,
  wireguardOf: (station: Station) => WireguardConfig | undefined,
  findings: Findings,
): (end: Station | PortDraft) => Interface {
  const known = new Map<Station | PortDraft, Interface>()
  return (end) => {
    const before = known.get(end)
    if (before !== undefined) return before
    const port = portOf.get(end)
    const { ifname, origin, mac, mtu, up, qdiscs } = end
    const made: Interface = {
      ...(end.kind === 'port' ? { owner: end.bridge.name, ownerKind: 'bridge' } : { owner: end.definition.name, ownerKind: 'node' }),
      ...(ifname !== undefined && { ifname }),
      ...(qdiscs !== undefined && { qdiscs }),
      origin,
      ...(mac !== undefined && { mac }),
      mtu,
      up,
      ...(port !== undefined && { port }),
      ...(end.kind === 'port' ? { addresses: [] } : ofStation(end, wireguardOf, findings)),
    }
    known.set(end, made)
    return made
  }
}

function ofStation(
  station: Station,
  wireguardOf: (station: Station) => WireguardConfig | undefined,
  findings: Findings,
): Pick<Interface, 'addresses' | 'master' | 'virtual'> {
  const { addresses, master, virtual } = station
  const common = { addresses, ...(master !== undefined && { master }) }
  if (virtual === undefined) return common
  if (virtual.kind === 'bridge') {
    const definition = { name: station.ifname, origin: station.origin, settings: virtual.settings, own: virtual.settings }
    const bridge = readBridge(definition, station.mtu, station, new Map(), findings)
    return { ...common, virtual: { kind: 'bridge', bridge } }
  }
  const { kind, parent, options, remotes, fdbs } = virtual
  const wireguard = kind === 'wireguard' ? wireguardOf(station) : undefined
  return {
    ...common,
    virtual: {
      kind,
      options,
      ...(parent !== undefined && { parent: parent.ifname }),
      ...(remotes !== undefined && { remotes }),
      ...(fdbs !== undefined && { fdbs }),
      ...(wireguard !== undefined && { wireguard }),
    },
  }
}
