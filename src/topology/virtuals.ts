/**
 * Interfaces that no link makes: entries of `interfaces` with a `kind`. Each becomes a station like the end of a cable, and what it stands
 * on, or takes in, is found by name in the same node.
 */
import type { Origin } from '../diagnostic/origin.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { FALLBACK_LINKS, hasParentLladdr, KINDS } from '../state/kind.ts'
import type { VirtualKind } from '../state/kind.ts'
import { ifnameProblem } from '../unit/ifname.ts'
import { derivedMac } from '../unit/mac.ts'
import type { Damage } from './damage.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import { createInterfacesReader, readMac } from './interfaces.ts'
import type { PluggedCable, Station, Virtual } from './interfaces.ts'
import { FAR_END, findForeignKeys, readOptions } from './kind-options.ts'
import { asMap, scalarAt, textsAt, valueAt } from './value.ts'
import type { Entry, MapValue, ScalarValue } from './value.ts'

/** All stations of the nodes: ends of cables, and after them what their `interfaces` make. By node, then by ifname. */
export type NodeStations = ReadonlyMap<Definition, ReadonlyMap<string, Station>>

const DEFAULT_MTU = 1500
/** The most that IFLA_MTU is given here; a VRF has no link whose limit it could have. */
const VRF_MTU = 65_535

/** Adds the stations that `interfaces` make, and tells each station what it belongs to (`master`). */
export function readVirtuals(
  lab: string,
  definitions: Definitions,
  cables: readonly PluggedCable[],
  findings: Findings,
  damage: Damage,
): NodeStations {
  const stations = new Map<Definition, Map<string, Station>>()
  for (const cable of cables) {
    for (const end of cable.ends) {
      if (end.kind !== 'node') continue
      const own = stations.get(end.definition) ?? new Map<string, Station>()
      stations.set(end.definition, own.set(end.ifname, end))
    }
  }
  const entriesOf = createInterfacesReader(findings)
  for (const definition of definitions.nodes.values()) {
    const entries = [...entriesOf(definition.settings)].filter(([, { value }]) => kindOf(value) !== undefined)
    const own = stations.get(definition) ?? new Map<string, Station>()
    if (entries.length > 0) createMaker(lab, definition, own, new Map(entries), findings, damage).makeAll()
    joinVrfs(definition, own, findings)
    if (own.size > 0) stations.set(definition, own)
  }
  return stations
}

/** The kind of an entry of `interfaces`, where it makes an interface. */
export function kindOf(value: Entry['value']): string | undefined {
  return value.kind === 'map' ? scalarAt(value, 'kind')?.text : undefined
}

function membersOf(value: Entry['value']): string[] {
  return value.kind === 'map' ? textsAt(value, 'members').map(({ text }) => text) : []
}

function createMaker(
  lab: string,
  definition: Definition,
  own: Map<string, Station>,
  entries: ReadonlyMap<string, Entry>,
  findings: Findings,
  damage: Damage,
): { makeAll(): void } {
  const cables = [...own.values()]
  const isDamaged = damage.has(definition.name)
  const isMaking = new Set<string>()

  const refuse = (code: Parameters<Findings['error']>[0], origin: Origin, detail: string): undefined => {
    findings.error(code, origin, detail)
    damage.add(definition.name)
    return undefined
  }

  /** The least of the cables by which its packets may leave: not those that a bridge joins it to. */
  const cableMtu = (ifname: string): number => {
    const bridges = [...entries.values()].flatMap(({ value }) => (kindOf(value) === 'bridge' ? [membersOf(value)] : []))
    const joined = new Set(bridges.filter((members) => members.includes(ifname)).flat())
    return cables.reduce((least, cable) => (joined.has(cable.ifname) ? least : Math.min(least, cable.mtu)), Infinity)
  }

  /** The interface that another one names, made if it has to be. */
  const find = (name: ScalarValue): Station | undefined => {
    const station = own.get(name.text) ?? make(name.text, name.origin)
    // Of an entry that could not be made, or a cable that could not, something was said already.
    if (station !== undefined || isDamaged || entries.has(name.text)) return station
    const names = [...new Set([...own.keys(), ...entries.keys()])]
    const has = names.length === 0 ? 'it has none but lo' : `it has ${names.join(', ')}`
    return refuse(
      'UNKNOWN_INTERFACE',
      name.origin,
      `${definition.name} has no interface "${name.text}"; ${has}.${didYouMean(name.text, names)}`,
    )
  }

  const make = (ifname: string, from: Origin): Station | undefined => {
    const entry = entries.get(ifname)
    if (entry === undefined) return undefined
    if (isMaking.has(ifname)) return refuse('LINK_CYCLE', from, `${definition.name}:${ifname} stands on itself by way of others.`)
    isMaking.add(ifname)
    const station = makeOne(ifname, entry)
    isMaking.delete(ifname)
    if (station !== undefined) own.set(ifname, station)
    return station
  }

  const makeOne = (ifname: string, entry: Entry): Station | undefined => {
    const settings = asMap(entry.value)
    const kind = kindOf(entry.value) as VirtualKind | 'bridge' | undefined
    if (settings === undefined || kind === undefined) return undefined
    const problem = ifnameProblem(ifname) ?? (FALLBACK_LINKS.has(ifname) ? 'is what the kernel calls a device of its own' : undefined)
    if (problem !== undefined) return refuse('INVALID_NAME', entry.key, `The interface name "${ifname}" ${problem}.`)
    findForeignKeys(kind, settings, findings)
    const parent = readParent(ifname, kind, settings, entry)
    const members = readMembers(ifname, kind, settings, entry)
    const options = kind === 'bridge' ? {} : readOptions(kind, settings, entry.key, findings, damage)
    if (parent === null) return undefined
    const virtual: Virtual = { kind, settings, members, options, ...(parent !== undefined && { parent }) }
    return stationOf(ifname, entry, virtual)
  }

  /** null where it lacks the one that it needs. */
  const readParent = (ifname: string, kind: VirtualKind | 'bridge', settings: MapValue, entry: Entry): Station | undefined | null => {
    const need = kind === 'bridge' ? 'none' : KINDS[kind].parent
    const name = scalarAt(settings, 'parent')
    if (need === 'none') return undefined
    if (name !== undefined) return find(name) ?? null
    if (need === 'possible') return undefined
    refuse('MISSING_KEY', entry.key, `${definition.name}:${ifname} has no \`parent\`, which a ${kind} needs.`)
    return null
  }

  const readMembers = (ifname: string, kind: VirtualKind | 'bridge', settings: MapValue, entry: Entry): Station[] => {
    if (kind !== 'bond' && kind !== 'bridge') return []
    const names = textsAt(settings, 'members')
    if (names.length === 0 && kind === 'bond') {
      findings.warning('MISSING_KEY', entry.key, `The bond ${definition.name}:${ifname} has no \`members\`: it never has carrier.`)
    }
    return names.flatMap((name) => {
      const member = find(name)
      if (member === undefined || !canJoin(member, { ifname, kind }, name.origin)) return []
      member.master = ifname
      return [member]
    })
  }

  const canJoin = (member: Station, master: { readonly ifname: string; readonly kind: string }, origin: Origin): boolean => {
    const name = `${definition.name}:${member.ifname}`
    if (member.master !== undefined) {
      refuse('CONFLICTING_VALUES', origin, `${name} is in ${member.master} already, and cannot be in ${master.ifname} too.`)
      return false
    }
    const kind = member.virtual?.kind
    const isEthernet = kind === undefined || kind === 'bridge' || (KINDS[kind].lladdr !== 'none' && kind !== 'vrf')
    // br_add_if, bond_enslave: no bridge in a bridge, no bond in a bond, and no ipvlan, whose address is another's.
    const fits = isEthernet && kind !== master.kind && kind !== 'ipvlan'
    if (!fits) refuse('INVALID_VALUE', origin, `${name} is a ${kind ?? 'veth'}, which a ${master.kind} does not take.`)
    if (fits && member.address !== undefined && !isEmpty(member.address)) {
      findings.warning('INVALID_VALUE', member.address.origin, `${name} is in ${master.ifname}: its own address is not heard there.`, {
        hint: `Give the address to ${master.ifname}.`,
      })
    }
    return fits
  }

  const stationOf = (ifname: string, entry: Entry, virtual: Virtual): Station => {
    const { settings, kind, options } = virtual
    const mac = readMac(valueAt(settings, 'mac'), findings)
    const mtu = scalarAt(settings, 'mtu')
    const inherited = kind !== 'bridge' && hasParentLladdr(kind, options) ? virtual.parent?.mac : undefined
    return {
      definition,
      kind: 'node',
      ifname,
      origin: entry.key,
      address: valueAt(settings, 'address'),
      mac: mac?.value ?? inherited ?? derivedMac(lab, definition.name, ifname),
      macOrigin: mac?.origin ?? entry.key,
      mtu: typeof mtu?.value === 'number' ? mtu.value : mtuOf(virtual, cableMtu(ifname)),
      mtuOrigin: mtu?.origin ?? entry.key,
      up: scalarAt(settings, 'state')?.text !== 'down',
      addresses: [],
      portSettings: [settings],
      vrf: scalarAt(settings, 'vrf'),
      virtual,
    }
  }

  return {
    makeAll: () => {
      for (const [ifname, entry] of entries) if (!own.has(ifname)) make(ifname, entry.key)
      for (const station of own.values()) {
        checkMembers(station, findings)
        findSharedParent(station, findings)
        checkMtu(station, findings)
      }
    },
  }
}

function isEmpty(value: Entry['value']): boolean {
  return value.kind === 'list' && value.items.length === 0
}

/** What the kernel would give it: that of what it stands on or takes in, and a tunnel's less what it puts around each packet. */
function mtuOf({ kind, parent, members, options, settings }: Virtual, cableMtu: number): number {
  if (kind === 'vrf') return VRF_MTU
  if (kind === 'bond' || kind === 'bridge') return members.reduce((least, { mtu }) => Math.min(least, mtu), members[0]?.mtu ?? DEFAULT_MTU)
  const below = parent?.mtu ?? (Number.isFinite(cableMtu) ? cableMtu : DEFAULT_MTU)
  if (KINDS[kind].parent === 'none' && kind !== 'wireguard') return DEFAULT_MTU
  return below - overheadOf(kind, options, settings)
}

/** What it puts around each packet. */
function overheadOf(kind: VirtualKind, options: Virtual['options'], settings: MapValue): number {
  const ends = [...Object.values(options), ...textsAt(settings, FAR_END).map(({ text }) => text)]
  const family = ends.some((value) => typeof value === 'string' && value.includes(':')) ? 6 : 4
  const key = options['key'] === undefined ? 0 : 4
  const sums = (options['csum'] === true ? 4 : 0) + (options['seq'] === true ? 4 : 0)
  return KINDS[kind].overhead[family] + key + sums
}

/** IPV6_MIN_MTU; of kinds that the kernel gives no smaller one, though IPv6 need not be used. */
const MIN_MTU = 1280
const WITH_MIN_MTU = new Set<string>(['sit', 'vrf'])
/** The most that an IP packet holds, and behind an IPv6 header of its own 40 bytes more (IP_MAX_MTU, IP6_MAX_MTU). */
const MAX_OUTSIDE = { gre: 65_535, gretap: 65_535, ipip: 65_535, sit: 65_535, ip6gre: 65_575, ip6gretap: 65_575 } as const

/**
 * What the kernel refuses of an MTU by its kind: EINVAL without a word (ip_tunnel_change_mtu, ip6_tnl_change_mtu). Of a VXLAN it cuts one
 * that does not fit its parent (vxlan_config_apply).
 */
function checkMtu({ ifname, definition, mtu, mtuOrigin, virtual }: Station, findings: Findings): void {
  if (virtual === undefined || virtual.kind === 'bridge') return
  const { kind, options, settings, parent } = virtual
  const outside = kind === 'vxlan' ? parent?.mtu : kind in MAX_OUTSIDE ? MAX_OUTSIDE[kind as keyof typeof MAX_OUTSIDE] : undefined
  const most = outside === undefined ? Infinity : outside - overheadOf(kind, options, settings)
  const bound = mtu > most ? `${most} at most` : mtu < MIN_MTU && WITH_MIN_MTU.has(kind) ? `${MIN_MTU} or more` : undefined
  if (bound === undefined) return
  const what = kind === 'vxlan' && parent !== undefined ? `${kind} on ${parent.ifname}` : kind
  findings.error('INVALID_VALUE', mtuOrigin, `${definition.name}:${ifname} has MTU ${mtu}, and a ${what} takes ${bound}.`)
}

/** A bond gives its members its own MTU. */
function checkMembers({ ifname, definition, mtu, mtuOrigin, virtual }: Station, findings: Findings): void {
  if (virtual?.kind !== 'bond') return
  for (const member of virtual.members) {
    if (member.mtu === mtu) continue
    const detail = `${definition.name}:${member.ifname} has MTU ${member.mtu}, and its bond ${ifname} has ${mtu}, which it gives to all its members.`
    findings.error('MTU_MISMATCH', member.mtuOrigin, detail, { related: [{ origin: mtuOrigin, note: `MTU ${mtu}` }] })
  }
}

/** EADDRINUSE: a bond gives its address to all its members, and no two MACVLANs of one parent have the same (macvlan_open). */
function findSharedParent({ ifname, definition, virtual }: Station, findings: Findings): void {
  if (virtual?.kind !== 'bond' || (virtual.options['fail_over_mac'] ?? 'none') !== 'none') return
  const first = new Map<Station, Station>()
  for (const member of virtual.members) {
    const parent = member.virtual?.kind === 'macvlan' ? member.virtual.parent : undefined
    const before = parent === undefined ? undefined : first.get(parent)
    if (parent !== undefined && before === undefined) first.set(parent, member)
    if (parent === undefined || before === undefined) continue
    const detail = `${before.ifname} and ${member.ifname} of ${definition.name} stand on ${parent.ifname}, where no two have one address, and the bond ${ifname} gives its own to both.`
    findings.error('CONFLICTING_VALUES', member.origin, detail, { related: [{ origin: before.origin, note: 'here first' }] })
  }
}

function joinVrfs(definition: Definition, own: ReadonlyMap<string, Station>, findings: Findings): void {
  const tables = new Map<unknown, Station>()
  for (const station of own.values()) {
    if (station.virtual?.kind !== 'vrf') continue
    const table = station.virtual.options['table']
    const before = tables.get(table)
    if (before === undefined) tables.set(table, station)
    else {
      const detail = `${definition.name}: ${before.ifname} and ${station.ifname} both have table ${String(table)}, and would be one VRF.`
      findings.error('CONFLICTING_VALUES', station.origin, detail, { related: [{ origin: before.origin, note: 'here first' }] })
    }
  }
  for (const station of own.values()) {
    const { vrf } = station
    if (vrf === undefined) continue
    const master = own.get(vrf.text)
    if (master?.virtual?.kind !== 'vrf') {
      const names = [...own.values()].filter(({ virtual }) => virtual?.kind === 'vrf').map(({ ifname }) => ifname)
      findings.error('UNKNOWN_INTERFACE', vrf.origin, `${definition.name} has no VRF "${vrf.text}".${didYouMean(vrf.text, names)}`, {
        hint: `Make it: interfaces: { ${vrf.text}: { kind: vrf, table: 100 } }`,
      })
    } else if (station.master !== undefined || station.virtual?.kind === 'vrf') {
      const what = station.master === undefined ? 'is a VRF itself' : `is in ${station.master} already`
      findings.error('CONFLICTING_VALUES', vrf.origin, `${definition.name}:${station.ifname} ${what}.`)
    } else {
      station.master = vrf.text
      station.table = Number(master.virtual.options['table'])
    }
  }
}
