/** Which properties of two links of one name differ. */
import { isVirtualKind, KINDS, PORT_OPTIONS } from './kind.ts'
import type { BridgeLink, BridgePort, LinkState, PortVlan, VirtualLink } from './network.ts'
import { optionDifferences } from './option.ts'
import type { OptionDifference, OptionValue } from './option.ts'
import type { PropertyDifference } from './equal.ts'
import { linkEndText } from './words.ts'
import type { WireguardConfig, WireguardPeer } from './wireguard.ts'

/** Bridge options, all of which can be changed while the bridge runs, and their words in ip-link(8). */
export const BRIDGE_OPTIONS = [
  ['stp', 'stp_state'],
  ['priority', 'priority'],
  ['ageingCs', 'ageing_time'],
  ['forwardDelayCs', 'forward_delay'],
  ['helloCs', 'hello_time'],
  ['maxAgeCs', 'max_age'],
  ['mcastSnooping', 'mcast_snooping'],
] as const

export type BridgeOption = (typeof BRIDGE_OPTIONS)[number][0]

/**
 * What differs between two links of one name. What cannot be changed in a link that stands is alone: such a link is made anew, so its
 * other properties say nothing.
 */
export function linkDifferences(desired: LinkState, observed: LinkState): PropertyDifference[] {
  const remaking = remakingDifference(desired, observed)
  if (remaking !== undefined) return [remaking]
  return [
    ...ownDifferences(desired, observed),
    ...(isVirtual(desired) && isVirtual(observed) ? entryDifferences('fdb', desired.fdbs ?? NO_FDBS, observed.fdbs ?? NO_FDBS) : []),
    ...wireguardDifferences(desired, observed),
    ...portDifferences(desired, observed),
  ]
}

export const NO_FDBS: NonNullable<VirtualLink['fdbs']> = new Map()

/** What differs of the link itself: what RTM_NEWLINK can change. A desired link without lladdr takes any. */
export function ownDifferences(desired: LinkState, observed: LinkState): PropertyDifference[] {
  const found: PropertyDifference[] = []
  const compare = (property: string, one: OptionValue | undefined, other: OptionValue | undefined): void => {
    if (one !== other) found.push({ property, desired: one, observed: other })
  }
  compare('mtu', desired.mtu, observed.mtu)
  if (desired.lladdr !== undefined) compare('lladdr', desired.lladdr, observed.lladdr)
  if (desired.addrGenMode !== undefined) compare('addrGenMode', desired.addrGenMode, observed.addrGenMode)
  compare('alias', desired.alias, observed.alias)
  compare('master', desired.master, observed.master)
  if (desired.kind === 'bridge' && observed.kind === 'bridge') found.push(...bridgeDifferences(desired, observed))
  if (isVirtual(desired) && isVirtual(observed)) found.push(...virtualDifferences(desired, observed))
  compare('up', desired.up, observed.up)
  return found
}

/** The first thing that no request can change. */
export function remakingDifference(desired: LinkState, observed: LinkState): PropertyDifference | undefined {
  if (desired.kind !== observed.kind) return { property: 'kind', desired: desired.kind, observed: kindText(observed) }
  if (desired.kind === 'veth' && observed.kind === 'veth' && !isSameEnd(desired.peer, observed.peer)) {
    return { property: 'peer', desired: linkEndText(desired.peer), observed: linkEndText(observed.peer) }
  }
  if (desired.kind === 'external' && observed.kind === 'external' && desired.device !== observed.device) {
    return { property: 'device', desired: desired.device, observed: observed.device }
  }
  if (!isVirtual(desired) || !isVirtual(observed)) return undefined
  if (desired.parent !== observed.parent) return { property: 'parent', desired: desired.parent, observed: observed.parent }
  const [fixed] = optionDifferences(KINDS[desired.kind].options, desired.options, observed.options).filter(
    // No word of iproute2 says that there is none any more.
    ({ option, desired: wanted }) => option.isChangeable !== true || wanted === undefined,
  )
  return fixed && { property: fixed.option.name, desired: fixed.desired, observed: fixed.observed }
}

export function isVirtual(link: LinkState): link is VirtualLink {
  return isVirtualKind(link.kind)
}

/** The kind as a reader knows it: of a link that netlab did not make, what the kernel calls it. One of its kinds hangs on what has left. */
export function kindText(link: LinkState): string {
  if (link.kind !== 'other') return link.kind
  if (isVirtualKind(link.infoKind)) return `${link.infoKind} on a link of another namespace`
  return link.infoKind === 'veth' ? 'veth of a peer outside the lab' : link.infoKind || 'other'
}

function isSameEnd(one: { netns: string; ifname: string }, other: { netns: string; ifname: string }): boolean {
  return one.ifname === other.ifname && one.netns === other.netns
}

function bridgeDifferences(desired: BridgeLink, observed: BridgeLink): PropertyDifference[] {
  const found: PropertyDifference[] = BRIDGE_OPTIONS.filter(([option]) => desired[option] !== observed[option]).map(([option, word]) => ({
    property: word,
    desired: Number(desired[option]),
    observed: Number(observed[option]),
  }))
  if ((desired.vlan === undefined) !== (observed.vlan === undefined)) {
    found.push({ property: 'vlan_filtering', desired: Number(desired.vlan !== undefined), observed: Number(observed.vlan !== undefined) })
  } else if (desired.vlan?.protocol !== observed.vlan?.protocol) {
    found.push({ property: 'vlan_protocol', desired: desired.vlan?.protocol, observed: observed.vlan?.protocol })
  } else if (desired.vlan?.defaultPvid !== observed.vlan?.defaultPvid) {
    found.push({ property: 'vlan_default_pvid', desired: desired.vlan?.defaultPvid, observed: observed.vlan?.defaultPvid })
  }
  return found
}

function virtualDifferences(desired: VirtualLink, observed: VirtualLink): PropertyDifference[] {
  return optionDifferences(KINDS[desired.kind].options, desired.options, observed.options).map(propertyOf)
}

function propertyOf({ option, desired, observed }: OptionDifference): PropertyDifference {
  return { property: option.name, desired, observed }
}

/** A private key is never told, only that it differs. */
function wireguardDifferences(one: LinkState, other: LinkState): PropertyDifference[] {
  if (!isVirtual(one) || one.wireguard === undefined || !isVirtual(other)) return []
  return [...settingDifferences(one.wireguard, other.wireguard), ...peerDifferences(one.wireguard, other.wireguard)]
}

function settingDifferences(desired: WireguardConfig, observed: WireguardConfig | undefined): PropertyDifference[] {
  const found: PropertyDifference[] = []
  if (desired.privateKey !== observed?.privateKey) found.push({ property: 'private_key', desired: '(hidden)', observed: '(another)' })
  // 0 leaves the port to the kernel.
  if (desired.listenPort !== 0 && desired.listenPort !== observed?.listenPort) {
    found.push({ property: 'listen_port', desired: desired.listenPort, observed: observed?.listenPort })
  }
  const fwmark = observed?.fwmark ?? 0
  return desired.fwmark === fwmark ? found : [...found, { property: 'fwmark', desired: desired.fwmark, observed: fwmark }]
}

function peerDifferences(desired: WireguardConfig, observed: WireguardConfig | undefined): PropertyDifference[] {
  const changed = [...desired.peers].flatMap(([key, peer]): PropertyDifference[] => {
    const there = observed?.peers.get(key)
    if (there !== undefined && isSamePeer(peer, there)) return []
    return [{ property: `peer ${key}`, desired: peerText(peer), observed: there && peerText(there) }]
  })
  const extra = [...(observed?.peers ?? [])].filter(([key]) => !desired.peers.has(key))
  return [...changed, ...extra.map(([key, peer]) => ({ property: `peer ${key}`, observed: peerText(peer) }))]
}

/** A peer that the kernel has followed elsewhere is still the same: an endpoint is missing or there. */
export function isSamePeer(desired: WireguardPeer, observed: WireguardPeer): boolean {
  return (
    desired.presharedKey === observed.presharedKey &&
    desired.persistentKeepalive === observed.persistentKeepalive &&
    (desired.endpoint === undefined || observed.endpoint !== undefined) &&
    desired.allowedIps.join() === observed.allowedIps.join()
  )
}

/** In the words of wg(8), without keys. */
export function peerText(peer: WireguardPeer): string {
  const words = [`allowed-ips ${peer.allowedIps.join(',') || '(none)'}`]
  if (peer.endpoint !== undefined) words.push(`endpoint ${peer.endpoint}`)
  if (peer.persistentKeepalive !== 0) words.push(`persistent-keepalive ${peer.persistentKeepalive}`)
  return words.join(' ')
}

/** A link that is no port, or of which nothing was said, has the kernel's own. */
export const BARE_PORT: BridgePort = { options: {}, vlans: new Map(), fdbs: new Map(), mdbs: new Map() }

/** As port of a bridge, and of a bridge its own part in its VLANs. In another bridge the port is another one, of which nothing is known. */
function portDifferences(desired: LinkState, observed: LinkState): PropertyDifference[] {
  const found: PropertyDifference[] = []
  if (desired.kind === 'bridge' && observed.kind === 'bridge' && desired.vlan !== undefined) {
    found.push(...vlanDifferences('self vlan', desired.selfVlans ?? new Map(), observed.selfVlans ?? new Map()))
  }
  if (desired.master === undefined || desired.master !== observed.master) return found
  const [port, there] = [desired.port ?? BARE_PORT, observed.port ?? BARE_PORT]
  return [
    ...found,
    ...optionDifferences(PORT_OPTIONS, port.options, there.options).map(propertyOf),
    ...vlanDifferences('vlan', port.vlans, there.vlans),
    ...entryDifferences('fdb', port.fdbs, there.fdbs),
    ...entryDifferences('mdb', port.mdbs, there.mdbs),
  ]
}

function vlanDifferences(
  noun: string,
  desired: ReadonlyMap<number, PortVlan>,
  observed: ReadonlyMap<number, PortVlan>,
): PropertyDifference[] {
  const ids = [...new Set([...desired.keys(), ...observed.keys()])].sort((one, other) => one - other)
  return ids
    .filter((id) => desired.get(id) !== observed.get(id))
    .map((id) => ({ property: `${noun} ${id}`, desired: vlanText(desired.get(id)), observed: vlanText(observed.get(id)) }))
}

/** `tagged` for a member without flags. */
function vlanText(vlan: PortVlan | undefined): string | undefined {
  return vlan === '' ? 'tagged' : vlan
}

function entryDifferences(noun: string, desired: ReadonlyMap<string, object>, observed: ReadonlyMap<string, object>): PropertyDifference[] {
  const missing = [...desired.keys()].filter((key) => !observed.has(key))
  const extra = [...observed.keys()].filter((key) => !desired.has(key))
  return [
    ...missing.map((key) => ({ property: `${noun} ${key}`, desired: 'there' })),
    ...extra.map((key) => ({ property: `${noun} ${key}`, observed: 'there' })),
  ]
}
