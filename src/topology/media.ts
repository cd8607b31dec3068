/**
 * Where frames get to: cables, the insides of bridges and tunnels, each told apart by the VLAN tags that a frame carries there. A station
 * hears the medium of its interface; ports of bridges lead from one medium into another, and take tags off or put them on.
 */
import type { BridgePort, BridgeVlan } from '../state/network.ts'
import type { PluggedCable, Station } from './interfaces.ts'

/** A cable, a tunnel or a link without any; by what it is. */
export type Base = PluggedCable | Station | string

/** A frame's tags, the outermost first: `802.1Q 10`. */
export type Tags = readonly string[]

export interface Medium {
  readonly base: Base
  readonly tags: Tags
}

/** A bridge, of the lab or of a node, as frames see it. */
export interface Switch {
  /** Of which protocol the tags are that it goes by; undefined: of none. */
  readonly protocol: BridgeVlan['protocol'] | undefined
  readonly ports: Port[]
  /** VLAN of its own interface. */
  readonly ownVlan: number
}

export interface Port {
  readonly switch: Switch
  /** What the port is plugged into; several of a bond. */
  readonly media: readonly Medium[]
  readonly vlans: BridgePort['vlans']
}

/** The inside of a switch: one VLAN of it (0 where it knows none), and the tags that a frame has beneath. */
export interface Inside {
  readonly switch: Switch
  readonly vlan: number
  readonly tags: Tags
}

export type Place = Medium | Inside

/** Where a frame that is in one medium gets into the switch; undefined where the port drops it. */
export function insideOf(port: Port, tags: Tags): Inside | undefined {
  const { protocol } = port.switch
  if (protocol === undefined) return { switch: port.switch, vlan: 0, tags }
  const [outer = '', ...rest] = tags
  const [of, id] = outer.split(' ')
  if (of === protocol) return port.vlans.has(Number(id)) ? { switch: port.switch, vlan: Number(id), tags: rest } : undefined
  const native = [...port.vlans].find(([, flags]) => flags.includes('pvid'))?.[0]
  return native === undefined ? undefined : { switch: port.switch, vlan: native, tags }
}

/** The tags with which a frame leaves by the port; undefined where it does not. */
export function outsideOf(port: Port, { vlan, tags }: Inside): Tags | undefined {
  const { protocol } = port.switch
  if (protocol === undefined) return tags
  const flags = port.vlans.get(vlan)
  if (flags === undefined) return undefined
  return flags.includes('untagged') ? tags : [`${protocol} ${vlan}`, ...tags]
}

export type BaseOf = (station: Station) => Base

/** What an interface of a node sends into; `baseOf` tells the cable or tunnel of one that stands on no other. */
export function mediaOf(station: Station, baseOf: BaseOf): readonly Medium[] {
  const { virtual } = station
  const parent = virtual?.parent
  if (virtual?.kind === 'bond') return virtual.members.flatMap((member) => mediaOf(member, baseOf))
  if (parent !== undefined && (virtual?.kind === 'macvlan' || virtual?.kind === 'ipvlan')) return mediaOf(parent, baseOf)
  if (parent === undefined || virtual?.kind !== 'vlan') return [{ base: baseOf(station), tags: [] }]
  const tag = `${String(virtual.options['protocol'] ?? '802.1Q')} ${String(virtual.options['id'])}`
  return mediaOf(parent, baseOf).map(({ base, tags }) => ({ base, tags: [...tags, tag] }))
}

const OPEN_KINDS = new Set<string | undefined>(['gre', 'gretap', 'ip6gre', 'ip6gretap', 'ipip', 'sit', 'vxlan', 'wireguard', 'tun', 'tap'])

/** Whether somebody may be there that the file does not name. */
export function isOpenBase(base: Base): boolean {
  return typeof base === 'object' && 'virtual' in base && OPEN_KINDS.has(base.virtual?.kind)
}
