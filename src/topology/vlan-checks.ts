/** What is odd about VLANs when all interfaces and ports are known. */
import type { Findings } from './findings.ts'
import type { PluggedCable, Station } from './interfaces.ts'
import type { Switches } from './switches.ts'
import type { NodeStations } from './virtuals.ts'

export function checkVlans(cables: readonly PluggedCable[], nodeStations: NodeStations, switches: Switches, findings: Findings): void {
  for (const stations of nodeStations.values()) {
    findDuplicateVlans(stations, findings)
    findMixedModes(stations, findings)
    findTakenParents(stations, findings)
    findLargeMtus(stations, findings)
  }
  for (const cable of cables) findUnusedTrunk(cable, nodeStations, switches, findings)
}

function idOf({ virtual }: Station): string | undefined {
  if (virtual?.kind !== 'vlan' || virtual.parent === undefined) return undefined
  return `${virtual.parent.ifname} ${String(virtual.options['protocol'] ?? '802.1Q')} ${String(virtual.options['id'])}`
}

/** EEXIST: the kernel takes one VLAN once on one link (register_vlan_dev). */
function findDuplicateVlans(stations: ReadonlyMap<string, Station>, findings: Findings): void {
  const first = new Map<string, Station>()
  for (const station of stations.values()) {
    const id = idOf(station)
    const before = id === undefined ? undefined : first.get(id)
    if (id !== undefined && before === undefined) first.set(id, station)
    if (before === undefined) continue
    const detail = `${before.ifname} and ${station.ifname} of ${station.definition.name} are both VLAN ${String(station.virtual?.options['id'])} of ${station.virtual?.parent?.ifname ?? ''}.`
    findings.error('DUPLICATE_VLAN', station.origin, detail, { related: [{ origin: before.origin, note: 'here first' }] })
  }
}

/** All IPVLANs of one parent share a mode (ipvlan_set_port_mode), and a parent has IPVLANs or MACVLANs (EBUSY). */
function findMixedModes(stations: ReadonlyMap<string, Station>, findings: Findings): void {
  const first = new Map<string, Station>()
  for (const station of stations.values()) {
    const { virtual } = station
    if (virtual?.parent === undefined || (virtual.kind !== 'ipvlan' && virtual.kind !== 'macvlan')) continue
    const before = first.get(virtual.parent.ifname)
    if (before?.virtual === undefined) {
      first.set(virtual.parent.ifname, station)
      continue
    }
    const isSameKind = before.virtual.kind === virtual.kind
    if (isSameKind && (virtual.kind === 'macvlan' || before.virtual.options['mode'] === virtual.options['mode'])) continue
    const detail = isSameKind
      ? `All IPVLANs on ${virtual.parent.ifname} have one mode: ${before.ifname} has ${String(before.virtual.options['mode'])}, ${station.ifname} has ${String(virtual.options['mode'])}.`
      : `${virtual.parent.ifname} carries the ${before.virtual.kind} ${before.ifname} already, and cannot carry a ${virtual.kind} beside it.`
    findings.error('CONFLICTING_VALUES', station.origin, detail, { related: [{ origin: before.origin, note: 'here first' }] })
  }
}

/** EBUSY: what a link receives goes to one taker (netdev_rx_handler_register), be it a bond, a bridge, or MACVLANs. */
function findTakenParents(stations: ReadonlyMap<string, Station>, findings: Findings): void {
  for (const { ifname, origin, virtual } of stations.values()) {
    if (virtual?.kind !== 'macvlan' && virtual?.kind !== 'ipvlan') continue
    const taker = stations.get(virtual.parent?.master ?? '')
    if (virtual.parent === undefined || (taker?.virtual?.kind !== 'bond' && taker?.virtual?.kind !== 'bridge')) continue
    const detail = `${virtual.parent.ifname} is in the ${taker.virtual.kind} ${taker.ifname}, and cannot carry the ${virtual.kind} ${ifname} beside it.`
    const hint = `Put ${ifname} on ${taker.ifname}: \`parent: ${taker.ifname}\`.`
    findings.error('CONFLICTING_VALUES', origin, detail, { hint, related: [{ origin: taker.origin, note: `the ${taker.virtual.kind}` }] })
  }
}

/** ERANGE: a VLAN is no larger than what it is on (vlan_dev_change_mtu). */
function findLargeMtus(stations: ReadonlyMap<string, Station>, findings: Findings): void {
  for (const { definition, ifname, mtu, mtuOrigin, virtual } of stations.values()) {
    const parent = virtual?.kind === 'vlan' || virtual?.kind === 'macvlan' ? virtual.parent : undefined
    if (parent === undefined || mtu <= parent.mtu) continue
    const detail = `${definition.name}:${ifname} has MTU ${mtu}, and ${parent.ifname}, on which it stands, has ${parent.mtu}.`
    findings.error('MTU_MISMATCH', mtuOrigin, detail, { related: [{ origin: parent.mtuOrigin, note: `MTU ${parent.mtu}` }] })
  }
}

/** Tagged frames that reach a node in which nothing reads tags: most often the port was to be an access port. */
function findUnusedTrunk(cable: PluggedCable, nodeStations: NodeStations, switches: Switches, findings: Findings): void {
  const port = cable.ends.find((end) => end.kind === 'port')
  const end = cable.ends.find((one) => one.kind === 'node')
  const said = port === undefined ? undefined : switches.portOf.get(port)
  if (port === undefined || end?.kind !== 'node' || said === undefined) return
  const tagged = [...said.vlans].filter(([, flags]) => !flags.includes('untagged'))
  if (tagged.length === 0 || end.master !== undefined) return
  const reads = [...(nodeStations.get(end.definition)?.values() ?? [])].some(({ virtual }) => virtual?.parent === end)
  if (reads) return
  const detail = `${end.definition.name}:${end.ifname} gets tagged frames of this trunk, and has no interface of kind vlan to read them.`
  findings.warning('VLAN_UNUSED', port.origin, detail, {
    hint: `interfaces: { ${end.ifname}.${tagged[0]?.[0] ?? 10}: { kind: vlan, parent: ${end.ifname}, id: ${tagged[0]?.[0] ?? 10} } }`,
  })
}
