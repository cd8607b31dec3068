/** What a file says of a bridge's port: at the endpoint `{ bridge: sw, … }`, or at an interface that a bridge of its node takes in. */
import type { Origin } from '../diagnostic/origin.ts'
import { PORT_OPTIONS } from '../state/kind.ts'
import { fdbKey, mdbKey } from '../state/key.ts'
import type { BridgePort, FdbEntry, MdbEntry, PortVlan } from '../state/network.ts'
import type { Options, OptionValue } from '../state/option.ts'
import { isMulticast, parseAddress } from '../unit/address.ts'
import type { Findings } from './findings.ts'
import { readMac } from './interfaces.ts'
import { asMap, itemsAt, itemsOf, scalarAt, valueAt } from './value.ts'
import type { MapValue, ScalarValue, Value } from './value.ts'

/** Of a bridge, as far as its ports have to know. */
export interface PortBridge {
  readonly name: string
  readonly up: boolean
  readonly hasVlans: boolean
  readonly hasSnooping: boolean
  readonly tables: BridgeTables
}

/** What the ports that were read so far have put into the tables of their bridge. */
export interface BridgeTables {
  /** By `fdbKey`. */
  readonly fdbs: Map<string, Origin>
  /** By `mdbKey`. */
  readonly groups: Set<string>
}

/** VLAN of a port that says nothing, as on every switch out of its box. */
export const DEFAULT_VLAN = 1
const MAX_VLAN = 4094
/** BR_MULTICAST_DEFAULT_HASH_MAX. One more gives E2BIG, and the bridge stops snooping (br_multicast_new_group). */
const MAX_GROUPS = 4096

export const PORT_KEYS: ReadonlySet<string> = new Set(['vlan', 'vlans', 'fdb', 'mdb', ...PORT_OPTIONS.map(({ name }) => name)])

/** Undefined where nothing is said and the bridge knows no VLANs. `settings` in order: the first that has a key says it. */
export function readPort(settings: readonly MapValue[], bridge: PortBridge, findings: Findings): BridgePort | undefined {
  const valueOf = (key: string): Value | undefined => settings.map((map) => valueAt(map, key)).find((value) => value !== undefined)
  const said = [...PORT_KEYS].filter((key) => valueOf(key) !== undefined)
  if (said.length === 0 && !bridge.hasVlans) return undefined
  const vlans = readVlans(valueOf('vlan'), valueOf('vlans'), bridge, findings)
  const from = settings.find((map) => itemsAt(map, 'fdb').length > 0)
  const mdbFrom = settings.find((map) => itemsAt(map, 'mdb').length > 0)
  return {
    options: readPortOptions(valueOf, findings),
    vlans,
    fdbs: readFdbs(from, bridge, vlans, findings),
    mdbs: readMdbs(mdbFrom, bridge, vlans, findings),
  }
}

/** Keys of a port at something that is none. */
export function findStrayPortKeys(settings: MapValue | undefined, what: string, allowed: ReadonlySet<string>, findings: Findings): void {
  for (const [key, entry] of settings?.entries ?? []) {
    if (!PORT_KEYS.has(key) || allowed.has(key)) continue
    findings.error('INVALID_VALUE', entry.key, `"${key}" is for the port of a bridge; ${what} is none.`, {
      hint: 'Write it at the other end: { bridge: sw, … }.',
    })
  }
}

function readPortOptions(valueOf: (key: string) => Value | undefined, findings: Findings): Options {
  const options: Record<string, OptionValue> = {}
  for (const option of PORT_OPTIONS) {
    const value = valueOf(option.name)
    if (value?.kind !== 'scalar') continue
    if (option.type === 'switch') options[option.name] = value.value === true
    else if (option.type === 'number' && typeof value.value === 'number') {
      if (value.value >= option.min && value.value <= option.max) options[option.name] = value.value
      else {
        const detail = `The ${option.name} of a port is ${option.min} to ${option.max}; ${value.text} is not accepted.`
        findings.error('INVALID_VALUE', value.origin, detail)
      }
    }
  }
  return options
}

function readVlans(
  vlan: Value | undefined,
  list: Value | undefined,
  bridge: PortBridge,
  findings: Findings,
): ReadonlyMap<number, PortVlan> {
  if (!bridge.hasVlans) {
    const stray = vlan ?? list
    if (stray !== undefined) {
      findings.error('INVALID_VALUE', stray.origin, `${bridge.name} takes no notice of VLANs, so its ports are in none.`, {
        hint: 'Give it `vlan_filtering: true`.',
      })
    }
    return new Map()
  }
  const vlans = new Map<number, PortVlan>()
  for (const item of itemsOf(list)) {
    if (item.kind !== 'scalar') continue
    const [first, last] = readRange(item, findings)
    for (let id = first; id <= last; id++) vlans.set(id, '')
  }
  const native = nativeOf(vlan, list)
  if (native === undefined) return new Map([...vlans].sort(([one], [other]) => one - other))
  if (vlan !== undefined && vlans.has(native)) {
    findings.error(
      'CONFLICTING_VALUES',
      vlan.origin,
      `VLAN ${native} is tagged in \`vlans\` and untagged in \`vlan\`: a port has it one way.`,
    )
  }
  vlans.set(native, 'pvid untagged')
  return new Map([...vlans].sort(([one], [other]) => one - other))
}

/** The VLAN of untagged frames; a trunk has none unless it says so. */
function nativeOf(vlan: Value | undefined, list: Value | undefined): number | undefined {
  if (vlan?.kind === 'scalar' && typeof vlan.value === 'number') return vlan.value
  return list === undefined ? DEFAULT_VLAN : undefined
}

/** `20` or `20-30`; an empty range after a finding. */
function readRange(item: ScalarValue, findings: Findings): readonly [first: number, last: number] {
  const [, first = '', last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(item.text) ?? []
  const range = [Number(first), Number(last)] as const
  if (first !== '' && range[0] >= 1 && range[1] <= MAX_VLAN && range[0] <= range[1]) return range
  findings.error('INVALID_VALUE', item.origin, `"${item.text}" is no VLAN, nor a range of them: 1 to ${MAX_VLAN} are accepted, e.g. 20-30.`)
  return [1, 0]
}

/** The VLAN of an entry: the one that it names, else that of untagged frames. */
function vlanOf(
  map: MapValue | undefined,
  vlans: ReadonlyMap<number, PortVlan>,
  bridge: PortBridge,
  findings: Findings,
): { vlan?: number } {
  const said = scalarAt(map, 'vlan')
  if (!bridge.hasVlans) {
    if (said !== undefined) findings.error('INVALID_VALUE', said.origin, `${bridge.name} takes no notice of VLANs.`)
    return {}
  }
  const native = [...vlans].find(([, flags]) => flags.includes('pvid'))?.[0]
  const vlan = typeof said?.value === 'number' ? said.value : native
  if (vlan === undefined) return {}
  if (said !== undefined && !vlans.has(vlan)) findings.error('INVALID_VALUE', said.origin, `The port is not in VLAN ${vlan}.`)
  return { vlan }
}

function readFdbs(
  settings: MapValue | undefined,
  bridge: PortBridge,
  vlans: ReadonlyMap<number, PortVlan>,
  findings: Findings,
): Map<string, FdbEntry> {
  const fdbs = new Map<string, FdbEntry>()
  for (const item of itemsAt(settings, 'fdb')) {
    const map = item.kind === 'map' ? asMap(item) : undefined
    const dst = map === undefined ? undefined : valueAt(map, 'dst')
    if (dst !== undefined) {
      if (scalarAt(settings, 'kind')?.text !== 'vxlan')
        findings.error('INVALID_VALUE', dst.origin, 'Only a vxlan has far ends: behind any other port there is no `dst`.')
      continue // of its own table: tunnels.ts
    }
    const mac = readMac(map === undefined ? item : valueAt(map, 'mac'), findings)
    if (mac === undefined) continue
    const fdb = { lladdr: mac.value, ...vlanOf(map, vlans, bridge, findings) }
    const key = fdbKey(fdb)
    if (!fdbs.has(key)) findTakenAddress(key, mac.origin, bridge, findings)
    fdbs.set(key, fdb)
  }
  return fdbs
}

/** EEXIST: an address is behind one port (fdb_add_entry). */
function findTakenAddress(key: string, origin: Origin, { name, tables }: PortBridge, findings: Findings): void {
  const before = tables.fdbs.get(key)
  if (before === undefined) tables.fdbs.set(key, origin)
  else {
    const detail = `${key} is behind another port of ${name} already: a bridge sends what is for an address to one port.`
    findings.error('CONFLICTING_VALUES', origin, detail, { related: [{ origin: before, note: 'here first' }] })
  }
}

function readMdbs(
  settings: MapValue | undefined,
  bridge: PortBridge,
  vlans: ReadonlyMap<number, PortVlan>,
  findings: Findings,
): Map<string, MdbEntry> {
  const mdbs = new Map<string, MdbEntry>()
  const items = itemsAt(settings, 'mdb')
  const [first] = items
  if (first !== undefined && !bridge.hasSnooping) {
    findings.error('INVALID_VALUE', first.origin, `${bridge.name} does not look who asked for a group, so there is nothing to set.`, {
      hint: 'Give it `mcast_snooping: true`.',
    })
  }
  // br_mdb_add: "Bridge device is not running"
  if (first !== undefined && !bridge.up)
    findings.error('INVALID_VALUE', first.origin, `${bridge.name} is down: the kernel gives groups only to a bridge that is up.`)
  for (const item of items) {
    const map = item.kind === 'map' ? asMap(item) : undefined
    const scalar = map === undefined ? item : valueAt(map, 'group')
    const address = scalar?.kind === 'scalar' ? parseAddress(scalar.text) : undefined
    if (address === undefined || !isMulticast(address.text)) {
      findings.error('INVALID_VALUE', (scalar ?? item).origin, 'A group is a multicast address, e.g. 239.1.1.1 or ff0e::1.')
      continue
    }
    // ipv4_is_local_multicast, ipv6_addr_is_ll_all_nodes
    if (/^224\.0\.0\.|^ff02::1$/.test(address.text)) {
      const detail = `${address.text} is for all on the segment: a bridge floods it, and keeps no entries of it.`
      findings.error('INVALID_VALUE', (scalar ?? item).origin, detail)
      continue
    }
    const mdb = { group: address.text, ...vlanOf(map, vlans, bridge, findings) }
    mdbs.set(mdbKey(mdb), mdb)
    countGroup(mdbKey(mdb), item.origin, bridge, findings)
  }
  return mdbs
}

/** Tells once of a bridge that its groups are too many. */
function countGroup(key: string, origin: Origin, { name, tables: { groups } }: PortBridge, findings: Findings): void {
  const count = groups.size
  groups.add(key)
  if (count === MAX_GROUPS && groups.size > MAX_GROUPS)
    findings.error('INVALID_VALUE', origin, `${name} has more than ${MAX_GROUPS} groups, the most that the kernel keeps for a bridge.`)
}
