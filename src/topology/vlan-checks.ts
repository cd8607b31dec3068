/** What is odd about VLANs when all interfaces and ports are known. */
import { KINDS } from '../state/kind.ts'
import type { VirtualKind } from '../state/kind.ts'
import type { Findings } from './findings.ts'
import type { PluggedCable, Station } from './interfaces.ts'
import type { Switches } from './switches.ts'
import { scalarAt } from './value.ts'
import type { NodeStations } from './virtuals.ts'

export function checkVlans(cables: readonly PluggedCable[], nodeStations: NodeStations, switches: Switches, findings: Findings): void {
  for (const stations of nodeStations.values()) {
    findDuplicateVlans(stations, findings)
    findMixedModes(stations, findings)
    findTakenParents(stations, findings)
    findFramelessParents(stations, findings)
    findStacked(stations, findings)
    findUpOnDown(stations, findings)
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

/** What stands on one parent side by side must agree. */
function findMixedModes(stations: ReadonlyMap<string, Station>, findings: Findings): void {
  const first = new Map<string, Station>()
  for (const station of stations.values()) {
    const { virtual } = station
    if (virtual?.parent === undefined || (virtual.kind !== 'ipvlan' && virtual.kind !== 'macvlan')) continue
    const { ifname } = virtual.parent
    const before = first.get(ifname)
    if (before === undefined) first.set(ifname, station)
    const detail = before === undefined ? undefined : disagreement(before, station, ifname)
    if (before === undefined || detail === undefined) continue
    findings.error('CONFLICTING_VALUES', station.origin, detail, { related: [{ origin: before.origin, note: 'here first' }] })
  }
}

/**
 * A parent has IPVLANs or MACVLANs (EBUSY), all IPVLANs of one share a mode (ipvlan_set_port_mode), and a MACVLAN that passes all through is alone
 * (macvlan_common_newlink).
 */
function disagreement(before: Station, station: Station, parent: string): string | undefined {
  const [one, other] = [before.virtual, station.virtual]
  if (one?.kind !== other?.kind)
    return `${parent} carries the ${one?.kind} ${before.ifname} already, and can carry no ${other?.kind} beside it.`
  const modes = [one?.options['mode'], other?.options['mode']].map(String)
  if (one?.kind === 'macvlan')
    return modes.includes('passthru')
      ? `${before.ifname} and ${station.ifname} are on ${parent}, and one of mode passthru is alone there.`
      : undefined
  if (modes[0] === modes[1]) return undefined
  return `All IPVLANs on ${parent} have one mode: ${before.ifname} has ${modes[0]}, ${station.ifname} has ${modes[1]}.`
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

/** EOPNOTSUPP, EINVAL: what carries packets alone has neither tags nor a second link-layer address (vlan_check_real_dev, macvlan_common_newlink). */
function findFramelessParents(stations: ReadonlyMap<string, Station>, findings: Findings): void {
  for (const { ifname, origin, virtual, definition } of stations.values()) {
    if (virtual?.kind !== 'vlan' && virtual?.kind !== 'macvlan' && virtual?.kind !== 'ipvlan') continue
    const { parent } = virtual
    const kind = parent?.virtual?.kind
    if (parent === undefined || kind === undefined || hasFrames(kind, virtual.kind)) continue
    const detail = `${definition.name}:${ifname} (${virtual.kind}) stands on ${parent.ifname} (${kind}), which has no frames for it.`
    findings.error('INVALID_VALUE', origin, detail, {
      hint: 'Its parent must be a cable, a bond, a bridge, or a tunnel of frames: gretap, vxlan.',
    })
  }
}

/** An ipvlan has frames for further ones alone. */
function hasFrames(kind: VirtualKind | 'bridge', child: VirtualKind): boolean {
  if (kind === 'ipvlan') return child === 'ipvlan'
  return kind === 'bridge' || (kind !== 'vrf' && KINDS[kind].lladdr !== 'none')
}

/** ENETDOWN: a VLAN opens only above a link that is up (vlan_dev_open). */
function findUpOnDown(stations: ReadonlyMap<string, Station>, findings: Findings): void {
  for (const { definition, ifname, origin, up, virtual } of stations.values()) {
    if (virtual?.kind !== 'vlan' || virtual.parent === undefined || !up || virtual.parent.up) continue
    const detail = `${definition.name}:${ifname} is to be up, and ${virtual.parent.ifname}, on which it stands, is to be down.`
    const hint = 'Write `state: down` here, too, or leave it out there.'
    findings.error('CONFLICTING_VALUES', origin, detail, { hint, related: [{ origin: virtual.parent.origin, note: 'to be down' }] })
  }
}

/** On another one of its kind the kernel puts it on what that one stands on (macvlan_common_newlink, ipvlan_link_new). */
function findStacked(stations: ReadonlyMap<string, Station>, findings: Findings): void {
  for (const { ifname, definition, virtual } of stations.values()) {
    if (virtual?.kind !== 'macvlan' && virtual?.kind !== 'ipvlan') continue
    const below = virtual.parent?.virtual
    const name = scalarAt(virtual.settings, 'parent')
    if (below?.kind !== virtual.kind || below.parent === undefined || name === undefined) continue
    const detail = `${definition.name}:${ifname} cannot stand on ${name.text}, one of its own kind: the kernel puts it on ${below.parent.ifname}.`
    findings.error('INVALID_VALUE', name.origin, detail, { hint: `Write \`parent: ${below.parent.ifname}\`.` })
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
