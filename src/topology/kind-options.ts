/** Options of an interface with a `kind`, checked against the table of that kind. */
import type { Origin } from '../diagnostic/origin.ts'
import { didYouMean, suggest } from '../diagnostic/suggest.ts'
import { KINDS } from '../state/kind.ts'
import type { VirtualKind } from '../state/kind.ts'
import type { Option, Options, OptionValue } from '../state/option.ts'
import { isMulticast, parseAddress } from '../unit/address.ts'
import type { Damage } from './damage.ts'
import type { Findings } from './findings.ts'
import { PORT_KEYS } from './ports.ts'
import { itemsAt, scalarAt, textsAt } from './value.ts'
import type { MapValue, ScalarValue } from './value.ts'

const OF_ALL = ['kind', 'address', 'mac', 'mtu', 'state', 'vrf']
const OF_BRIDGE = [
  ...['members', 'stp', 'priority', 'ageing', 'forward_delay', 'hello', 'max_age', 'mcast_snooping', 'vlan_filtering', 'vlan_protocol'],
  'vlan',
]
const OF_WIREGUARD = ['private_key', 'listen_port', 'fwmark', 'peers']

/** What the file means where it says nothing, and the kernel would take something else: a VXLAN port of old, a bond that never looks. */
const PRESETS: Partial<Record<VirtualKind, Options>> = {
  bond: { miimon: 100 },
  macvlan: { mode: 'bridge' },
  ipvlan: { mode: 'l2' },
  vxlan: { dstport: 4789 },
  ip6gre: { hoplimit: 64 },
  ip6gretap: { hoplimit: 64 },
}
const NEEDED: Partial<Record<VirtualKind, string>> = { vlan: 'id', vrf: 'table', vxlan: 'id' }

/** Options that name a far end, which may be a node: settled when addresses are. */
export const FAR_END = 'remote'

export function findForeignKeys(kind: VirtualKind | 'bridge', settings: MapValue, findings: Findings): void {
  const known = keysOf(kind)
  for (const [key, entry] of settings.entries) {
    if (known.includes(key) || PORT_KEYS.has(key)) continue
    const meant = suggest(key, known)
    const hint = meant === undefined ? `Known for a ${kind}: ${known.join(', ')}.` : `Did you mean "${meant}"?`
    findings.error('UNKNOWN_KEY', entry.key, `A ${kind} has no "${key}".`, { hint })
  }
}

function keysOf(kind: VirtualKind | 'bridge'): string[] {
  if (kind === 'bridge') return [...OF_ALL, ...OF_BRIDGE]
  const { options, parent } = KINDS[kind]
  return [
    ...OF_ALL,
    ...(parent === 'none' ? [] : ['parent']),
    ...(kind === 'bond' ? ['members'] : []),
    ...(kind === 'wireguard' ? OF_WIREGUARD : []),
    ...options.map(({ name }) => name),
  ]
}

export function readOptions(kind: VirtualKind, settings: MapValue, origin: Origin, findings: Findings, damage: Damage): Options {
  const options: Record<string, OptionValue> = { ...PRESETS[kind] }
  for (const option of KINDS[kind].options) {
    const scalar = option.name === FAR_END ? farEnd(kind, settings, findings) : scalarAt(settings, option.name)
    const value = scalar === undefined ? undefined : readOption(kind, option, scalar, findings)
    if (value !== undefined) options[option.name] = value
  }
  const needed = NEEDED[kind]
  const isMissing = needed !== undefined && scalarAt(settings, needed) === undefined
  if (isMissing && !damage.isTorn(settings)) {
    findings.error('MISSING_KEY', origin, `A ${kind} needs \`${needed}\`.`)
  }
  if (kind === 'vxlan') findVxlanEnds(settings, origin, findings)
  if (kind === 'ipip' || kind === 'sit') findTtlConflict(settings, options, findings)
  if (kind === 'bond') {
    findBondDelays(settings, options, findings)
    findOtherModes(settings, options, findings)
    findBondMistakes(settings, options, findings)
  }
  findNoLladdr(kind, settings, options, findings)
  return options
}

/** The only one: several are entries of a vxlan's table, and no option. */
function farEnd(kind: VirtualKind, settings: MapValue, findings: Findings): ScalarValue | undefined {
  const [first, second] = textsAt(settings, FAR_END)
  if (second === undefined) return first
  if (kind !== 'vxlan') findings.error('INVALID_VALUE', second.origin, `A ${kind} has one far end; a vxlan takes several.`)
  return undefined
}

function readOption(kind: VirtualKind, option: Option, scalar: ScalarValue, findings: Findings): OptionValue | undefined {
  const refuse = (detail: string): undefined => void findings.error('INVALID_VALUE', scalar.origin, detail)
  const { value, text } = scalar
  switch (option.type) {
    case 'number':
      if (typeof value === 'number' && value >= option.min && value <= option.max) return value
      return refuse(`${option.name} ${text} is not accepted by a ${kind}: it takes ${option.min} to ${option.max}.`)
    case 'switch':
      return value === true
    case 'choice': {
      const words = Object.keys(option.of)
      if (words.includes(text)) return text
      return refuse(`"${text}" is no ${option.name} of a ${kind}: it takes ${words.join(', ')}.${didYouMean(text, words)}`)
    }
    case 'address':
      return readAddress(kind, option.name, option.family, scalar, findings)
    case 'link':
      return text
  }
}

function readAddress(kind: VirtualKind, name: string, family: 4 | 6 | 'any', scalar: ScalarValue, findings: Findings): string | undefined {
  const address = parseAddress(scalar.text)
  if (address === undefined) {
    // The name of a node; whether there is one is seen later.
    if (name === FAR_END) return scalar.text
    findings.error('INVALID_VALUE', scalar.origin, `"${scalar.text}" is not an address.`)
    return undefined
  }
  if (family !== 'any' && address.family !== family) {
    findings.error('INVALID_VALUE', scalar.origin, `The ${name} of a ${kind} is an IPv${family} address; ${address.text} is not.`)
  }
  checkCast(name, address.text, scalar, findings)
  return address.text
}

/** A `group` is many machines, all else is one. */
export function checkCast(name: string, address: string, scalar: ScalarValue, findings: Findings): void {
  if ((name === 'group') === isMulticast(address)) return
  const wanted = name === 'group' ? 'a multicast address' : 'the address of one machine'
  findings.error('INVALID_VALUE', scalar.origin, `${name} takes ${wanted}; ${address} is not.`)
}

function findVxlanEnds(settings: MapValue, origin: Origin, findings: Findings): void {
  const [remote, group] = [textsAt(settings, FAR_END)[0], scalarAt(settings, 'group')]
  if (remote !== undefined && group !== undefined) {
    findings.error('CONFLICTING_VALUES', group.origin, 'A vxlan has `remote` or a `group`, not both.')
  } else if (group !== undefined && scalarAt(settings, 'parent') === undefined) {
    findings.error('MISSING_KEY', group.origin, 'A vxlan with a `group` needs `parent`: the interface that sends to the group.')
  } else if (remote === undefined && group === undefined && itemsAt(settings, 'fdb').length === 0) {
    const hint = 'Give it `remote`, or `group` and `parent`.'
    findings.warning('MISSING_KEY', origin, 'This vxlan has neither `remote` nor `group`: it sends nothing to anybody.', { hint })
  }
}

/** With a TTL of its own the outer packet is never fragmented (ip_tunnel_netlink_parms); `ip link` refuses to ask. */
function findTtlConflict(settings: MapValue, options: Options, findings: Findings): void {
  const pmtudisc = scalarAt(settings, 'pmtudisc')
  if (pmtudisc === undefined || options['pmtudisc'] !== false || (options['ttl'] ?? 0) === 0) return
  const detail = `With \`ttl\` ${String(options['ttl'])} there is path MTU discovery: the kernel turns it on.`
  findings.error('CONFLICTING_VALUES', pmtudisc.origin, detail, { hint: 'Leave one of them out.' })
}

/** Options that the kernel refuses in every other mode (`unsuppmodes` in bond_options.c). */
const MODES_OF: ReadonlyMap<string, readonly string[]> = new Map([
  ['primary', ['active-backup', 'balance-tlb', 'balance-alb']],
  ['lacp_rate', ['802.3ad']],
])

function findOtherModes(settings: MapValue, options: Options, findings: Findings): void {
  const mode = String(options['mode'] ?? 'balance-rr')
  for (const [key, modes] of MODES_OF) {
    const scalar = scalarAt(settings, key)
    if (scalar === undefined || modes.includes(mode)) continue
    findings.error('CONFLICTING_VALUES', scalar.origin, `A bond of mode ${mode} has no ${key}: that is of ${modes.join(', ')}.`)
  }
}

/** Modes that know a member's failure by its carrier alone: made without `miimon` the kernel gives them 100 ms (bond_option_mode_set). */
const NEEDS_MIIMON = ['802.3ad', 'balance-tlb', 'balance-alb']

function findBondMistakes(settings: MapValue, options: Options, findings: Findings): void {
  const mode = String(options['mode'])
  const miimon = scalarAt(settings, 'miimon')
  if (miimon !== undefined && options['miimon'] === 0 && NEEDS_MIIMON.includes(mode))
    findings.error('INVALID_VALUE', miimon.origin, `A bond of mode ${mode} needs \`miimon\`: it would never see that a member has failed.`)
  const mac = scalarAt(settings, 'mac')
  const follows = options['fail_over_mac'] ?? 'none'
  if (mac !== undefined && mode === 'active-backup' && follows !== 'none')
    findings.error('CONFLICTING_VALUES', mac.origin, `With \`fail_over_mac: ${follows}\` a bond has the address of one of its members.`, {
      hint: 'Leave out `mac`, or give it to the members.',
    })
  // The kernel takes note of any link, and forgets one that never becomes a member.
  const primary = scalarAt(settings, 'primary')
  const members = textsAt(settings, 'members').map(({ text }) => text)
  if (primary !== undefined && !members.includes(primary.text))
    findings.error('INVALID_VALUE', primary.origin, `"${primary.text}" is no member of the bond.${didYouMean(primary.text, members)}`, {
      hint: `Its members: ${members.join(', ') || 'none'}.`,
    })
}

/** The kernel would leave the address out without a word. */
function findNoLladdr(kind: VirtualKind, settings: MapValue, options: Options, findings: Findings): void {
  const mac = scalarAt(settings, 'mac')
  if (mac === undefined) return
  if (KINDS[kind].lladdr === 'none')
    findings.error('INVALID_VALUE', mac.origin, `A ${kind} carries packets and no frames: it has no \`mac\`.`)
  else if (kind === 'ipvlan') findings.error('INVALID_VALUE', mac.origin, 'An ipvlan has the `mac` of its parent, and no other.')
  else if (kind === 'macvlan' && options['mode'] === 'passthru')
    findings.error('INVALID_VALUE', mac.origin, 'A macvlan of mode passthru has the `mac` of its parent, and no other.')
}

/** The kernel rounds them down to a multiple of miimon, and refuses them without it (bond_option_updelay_set). */
function findBondDelays(settings: MapValue, options: Record<string, OptionValue>, findings: Findings): void {
  const miimon = Number(options['miimon'])
  for (const key of ['updelay', 'downdelay']) {
    const scalar = scalarAt(settings, key)
    if (scalar === undefined || typeof scalar.value !== 'number') continue
    // A delay of 0 is what a bond without miimon has, and the kernel refuses to be told.
    if (scalar.value === 0 && miimon === 0) delete options[key]
    if (scalar.value === 0) continue
    if (miimon !== 0 && scalar.value % miimon === 0) continue
    findings.error(
      'INVALID_VALUE',
      scalar.origin,
      `${key} ${scalar.value} is not accepted: it is a multiple of miimon, which is ${miimon}.`,
    )
  }
}
