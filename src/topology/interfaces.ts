/**
 * Ends of cables → interfaces with names and settings. Explicit names are reserved first; then eth0, eth1, … in the order of the links.
 * Settings may stand at the endpoint or under the node's `interfaces`.
 */
import type { Origin } from '../diagnostic/origin.ts'
import type { VirtualKind } from '../state/kind.ts'
import type { Options } from '../state/option.ts'
import { derivedMac, parseMac } from '../unit/mac.ts'
import { IMPAIRMENT_KEYS } from '../state/impairment-words.ts'
import { EXTERNAL } from '../state/network.ts'
import type { FdbEntry } from '../state/network.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import { ifnameProblem } from '../unit/ifname.ts'
import { expandRange } from '../unit/range.ts'
import type { CableDraft, EndDraft } from './cables.ts'
import type { Damage } from './damage.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import { createImpairmentReader } from './impairments.ts'
import type { InterfaceAddress } from './topology.ts'
import { asMap, mapAt, sameValue, scalarAt, valueAt } from './value.ts'
import type { Entry, MapValue, ScalarValue, Value } from './value.ts'

/** `ip link` without any setting: Ethernet's 1500. */
const DEFAULT_MTU = 1500

/**
 * Something with addresses on a segment: an interface of a node, or a bridge with addresses of its own.
 * The stages after this one fill in `addresses`.
 */
export interface Station {
  readonly definition: Definition
  readonly kind: 'node' | 'bridge'
  readonly ifname: string
  /** Of the endpoint, or of the bridge's name. */
  readonly origin: Origin
  /** What the file says of its addresses; absent where it says nothing. */
  readonly address: Value | undefined
  readonly mac: string
  readonly macOrigin: Origin
  readonly mtu: number
  readonly mtuOrigin: Origin
  readonly up: boolean
  readonly addresses: InterfaceAddress[]
  readonly qdiscs?: QdiscChain
  /** Maps of the file that may say something of it as port of a bridge, the nearest first. */
  readonly portSettings: readonly MapValue[]
  /** The VRF that it says it is in. */
  readonly vrf: ScalarValue | undefined
  /** ifname of the bond, bridge or VRF of the node that has it. */
  master?: string
  /** Table of the VRF that it is in. */
  table?: number
  /** Where no cable makes it. */
  readonly virtual?: Virtual
}

/** What a station is that no cable makes. */
export interface Virtual {
  readonly kind: VirtualKind | 'bridge'
  /** Its entry under `interfaces`. */
  readonly settings: MapValue
  readonly parent?: Station
  readonly members: readonly Station[]
  /** As the file gives them; far ends that are named by their node are settled when addresses are. */
  options: Options
  /** Addresses of the far ends of a vxlan that has several. */
  remotes?: readonly string[]
  /** Of a vxlan: addresses that are behind one far end alone. */
  fdbs?: readonly FdbEntry[]
}

/** The end of a cable that is a bridge's port. */
export interface PortDraft {
  readonly kind: 'port'
  readonly bridge: Definition
  readonly ifname?: string
  readonly origin: Origin
  readonly mac?: string
  readonly mtu: number
  readonly up: boolean
  readonly qdiscs?: QdiscChain
  readonly settings: readonly MapValue[]
}

export interface PluggedCable {
  readonly ends: readonly [Station | PortDraft, Station | PortDraft]
  readonly draft: CableDraft
}

/** Cables with named ends, in the order of the links. Those with an end that cannot be are left out, after a finding. */
export function plugCables(
  lab: string,
  cables: readonly CableDraft[],
  definitions: Definitions,
  findings: Findings,
  damage: Damage,
): PluggedCable[] {
  const namer = createNamer(cables, findings, damage)
  const readSettings = createSettingsReader(findings)
  const impairments = createImpairmentReader(findings)
  const used = new Map<Definition, Set<string>>()
  const plugged: PluggedCable[] = []
  for (const draft of cables) {
    const names = [namer.nameOf(draft.ends[0]), namer.nameOf(draft.ends[1])] as const
    const settings = draft.ends.map((end, index) => readSettings(end, names[index])) as [Settings, Settings]
    const mtus = mtusOf(draft, settings)
    const endAt = (index: 0 | 1): Station | PortDraft | undefined => {
      const end = draft.ends[index]
      const { mac, up, address, vrf, port } = settings[index]
      const [mtu, mtuOrigin] = mtus[index]
      const name = names[index]
      const chain = impairments.chainOf(impairmentLayers(draft, index, settings[index].under), index === 0 ? 'forward' : 'backward', mtu)
      const qdiscs = chain === undefined ? {} : { qdiscs: chain }
      if (end.kind === 'bridge') {
        return {
          kind: 'port',
          bridge: end.definition,
          origin: end.origin,
          mtu,
          up,
          settings: port,
          ...(name !== undefined && { ifname: name }),
          ...(mac && { mac: mac.value }),
          ...qdiscs,
        }
      }
      if (name === undefined) return undefined
      const { definition, origin } = end
      used.set(definition, (used.get(definition) ?? new Set()).add(name))
      const ownMac = { mac: mac?.value ?? derivedMac(lab, definition.name, name), macOrigin: mac?.origin ?? origin }
      if (definition.name === EXTERNAL && chain !== undefined)
        findings.error('INVALID_VALUE', draft.link.origin, UNIMPAIRED, { hint: UNIMPAIRED_HINT })
      const rest = { mtu, mtuOrigin, up, addresses: [], portSettings: port, vrf, ...qdiscs }
      const own = definition.name === EXTERNAL ? { kind: 'list' as const, items: [], origin } : address
      return { kind: 'node', definition, ifname: name, origin, address: own, ...ownMac, ...rest }
    }
    const ends = [endAt(0), endAt(1)] as const
    if (ends[0] !== undefined && ends[1] !== undefined) plugged.push({ draft, ends: [ends[0], ends[1]] })
  }
  findUnknownInterfaces(definitions, used, findings, damage)
  return plugged
}

const UNIMPAIRED = 'What comes from outside is as it is: only what leaves by the interface can be impaired.'
const UNIMPAIRED_HINT = 'Write it under `forward` or `backward`, whichever leads out.'

/** What speaks of packets that leave by an end, the weakest first: defaults, the segment that it is a port of, the link, the interface. */
function impairmentLayers({ ends, link }: CableDraft, index: 0 | 1, under: MapValue | undefined): readonly (MapValue | undefined)[] {
  const end = ends[index]
  const segment = end.kind === 'bridge' ? mapAt(end.definition.settings, 'segment') : undefined
  return [link.defaults, segment, link.settings, under, end.settings]
}

interface Namer {
  /** Undefined for a name that cannot be used, after a finding, and for a port without a name. */
  nameOf(end: EndDraft): string | undefined
}

function createNamer(cables: readonly CableDraft[], findings: Findings, damage: Damage): Namer {
  const explicit = new Map<Definition, Map<string, EndDraft>>()
  const refused = new Set<EndDraft>()
  const next = new Map<Definition, number>()

  const virtualNames = createVirtualNames()

  const reserve = (end: EndDraft, ifname: string): void => {
    const names = explicit.get(end.definition) ?? new Map<string, EndDraft>()
    explicit.set(end.definition, names)
    const problem = ifname === 'lo' ? 'is the loopback interface, which takes no cable' : ifnameProblem(ifname)
    const before = names.get(ifname)
    const virtual = end.kind === 'node' ? virtualNames(end.definition.settings).get(ifname) : undefined
    if (virtual !== undefined) {
      const detail = `${end.definition.name}:${ifname} has a \`kind\`: no cable ends at it.`
      findings.error('INTERFACE_TAKEN', end.origin, detail, { related: [{ origin: virtual, note: 'made here' }] })
    } else if (problem !== undefined) findings.error('INVALID_NAME', end.origin, `The interface name "${ifname}" ${problem}.`)
    else if (before !== undefined) {
      findings.error('INTERFACE_TAKEN', end.origin, `${end.definition.name}:${ifname} has a cable already.`, {
        related: [{ origin: before.origin, note: 'its first cable' }],
      })
    } else {
      names.set(ifname, end)
      return
    }
    refused.add(end)
    damage.add(end.definition.name)
  }
  for (const cable of cables) for (const end of cable.ends) if (end.ifname !== undefined) reserve(end, end.ifname)

  return {
    nameOf: (end) => {
      if (refused.has(end)) return undefined
      if (end.ifname !== undefined || end.kind === 'bridge') return end.ifname
      const taken = explicit.get(end.definition)
      let number = next.get(end.definition) ?? 0
      const made = virtualNames(end.definition.settings)
      while (taken?.has(`eth${number}`) === true || made.has(`eth${number}`)) number++
      next.set(end.definition, number + 1)
      return `eth${number}`
    },
  }
}

/** Names that a node's `interfaces` give to what they make, with the place; read once for all nodes of a range. */
function createVirtualNames(): (settings: MapValue) => ReadonlyMap<string, Origin> {
  const known = new WeakMap<MapValue, ReadonlyMap<string, Origin>>()
  return (settings) => {
    const before = known.get(settings)
    if (before !== undefined) return before
    const names = new Map<string, Origin>()
    for (const [key, { key: origin, value }] of mapAt(settings, 'interfaces')?.entries ?? []) {
      if (!isVirtualEntry({ key: origin, value })) continue
      for (const name of expandRange(key).value ?? []) names.set(name, origin)
    }
    known.set(settings, names)
    return names
  }
}

interface Settings {
  /** What stands under the node's `interfaces`. */
  readonly under: MapValue | undefined
  readonly vrf: ScalarValue | undefined
  readonly port: readonly MapValue[]
  readonly address: Value | undefined
  readonly mac: { readonly value: string; readonly origin: Origin } | undefined
  readonly mtu: ScalarValue | undefined
  readonly up: boolean
}

function createSettingsReader(findings: Findings): (end: EndDraft, ifname: string | undefined) => Settings {
  const interfaces = createInterfacesReader(findings)
  return (end, ifname) => {
    const under = ifname === undefined || end.kind === 'bridge' ? undefined : interfaces(end.definition.settings).get(ifname)
    const settings = asMap(under?.value)
    const pick = (key: string): Value | undefined => {
      const [here, there] = [end.settings?.entries.get(key), settings?.entries.get(key)]
      if (here !== undefined && there !== undefined && !sameValue(here.value, there.value)) {
        findings.error(
          'CONFLICTING_VALUES',
          here.key,
          `The ${key} of ${end.definition.name}:${ifname ?? ''} is also set under \`interfaces\`, and differs.`,
          {
            related: [{ origin: there.key, note: 'set here too' }],
          },
        )
      }
      return (here ?? there)?.value
    }
    const address = pick('address')
    if (address !== undefined && end.kind === 'bridge') {
      findings.error('INVALID_VALUE', address.origin, `A port of a bridge has no address.`, {
        hint: 'Give it to the bridge itself, under `bridges`.',
      })
    }
    if (end.settings !== undefined && settings !== undefined) for (const key of ['profile', ...IMPAIRMENT_KEYS]) pick(key)
    const state = pick('state')
    const vrf = pick('vrf')
    const mtu = pick('mtu')
    return {
      under: settings,
      address,
      mac: readMac(pick('mac'), findings),
      mtu: mtu?.kind === 'scalar' ? mtu : undefined,
      vrf: vrf?.kind === 'scalar' ? vrf : undefined,
      port: [end.settings, settings].filter((map) => map !== undefined),
      up: !(state?.kind === 'scalar' && state.text === 'down'),
    }
  }
}

/** A MAC address in canonical form; undefined where there is none, or none that can be used. */
export function readMac(value: Value | undefined, findings: Findings): { value: string; origin: Origin } | undefined {
  if (value?.kind !== 'scalar') return undefined
  const mac = parseMac(value.text)
  if (mac.problem === undefined) return { value: mac.value, origin: value.origin }
  findings.error('INVALID_VALUE', value.origin, `${mac.problem}.`)
  return undefined
}

/** The entries of a node's `interfaces` by ifname, ranges expanded; read once for all nodes of a range. */
export function createInterfacesReader(findings: Findings): (settings: MapValue) => ReadonlyMap<string, Entry> {
  const known = new WeakMap<MapValue, ReadonlyMap<string, Entry>>()
  return (settings) => {
    const before = known.get(settings)
    if (before !== undefined) return before
    const entries = new Map<string, Entry>()
    for (const [key, entry] of mapAt(settings, 'interfaces')?.entries ?? []) {
      const names = expandRange(key)
      if (names.problem !== undefined) findings.error('INVALID_NAME', entry.key, `${names.problem}.`)
      for (const name of names.value ?? []) entries.set(name, entry)
    }
    known.set(settings, entries)
    return entries
  }
}

/** What a node sets for an interface that no link gives it. A profile may name more interfaces than a node has. */
function findUnknownInterfaces(
  definitions: Definitions,
  used: ReadonlyMap<Definition, ReadonlySet<string>>,
  findings: Findings,
  damage: Damage,
): void {
  for (const definition of definitions.nodes.values()) {
    const own = mapAt(definition.own, 'interfaces')
    if (own === undefined) continue
    for (const [key, entry] of own.entries) {
      for (const name of expandRange(key).value ?? []) {
        if (isVirtualEntry(entry)) continue
        if (name === 'lo' || used.get(definition)?.has(name) === true || damage.has(definition.name)) continue
        const has = [...(used.get(definition) ?? [])]
        const known = has.length === 0 ? 'No link ends at it.' : `Its links give it ${has.join(', ')}.`
        findings.error('UNKNOWN_INTERFACE', entry.key, `${definition.name} has no interface "${name}". ${known}`, {
          hint: `A link makes it: - [${definition.name}:${name}, …]`,
        })
      }
    }
  }
}

function isVirtualEntry({ value }: Entry): boolean {
  return value.kind === 'map' && value.entries.has('kind')
}

type MtuOf = readonly [mtu: number, origin: Origin]

/** An end's own MTU, else the link's, else that of a bridge at an end, else the default; a bridge's port follows the other end. */
function mtusOf(cable: CableDraft, settings: readonly [Settings, Settings]): readonly [MtuOf, MtuOf] {
  const { link, ends } = cable
  const bridge = ends.find((end) => end.kind === 'bridge' && valueAt(end.definition.settings, 'mtu') !== undefined)
  const common = link.mtu ?? scalarAt(bridge?.definition.settings, 'mtu') ?? link.defaultMtu
  const mtuAt = (index: 0 | 1): MtuOf => {
    const otherIndex = index === 0 ? 1 : 0
    const own = settings[index].mtu ?? (ends[index].kind === 'bridge' ? settings[otherIndex].mtu : undefined)
    const value = own ?? common
    return typeof value?.value === 'number' ? [value.value, value.origin] : [DEFAULT_MTU, ends[index].origin]
  }
  return [mtuAt(0), mtuAt(1)]
}
