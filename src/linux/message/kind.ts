// IFLA_INFO_DATA of the kinds in state/kind.ts and IFLA_INFO_SLAVE_DATA of a bridge's port: which attribute says what. <linux/if_link.h>,
// <linux/if_tunnel.h>; ip-link(8).
import { type AttrStream, parseAttributes, putU16, putU16be, putU32, putU32be, putU8 } from 'netlink/dist/structs.js'
import { isVirtualKind, KINDS, PORT_OPTIONS } from '../../state/kind.ts'
import type { VirtualKind } from '../../state/kind.ts'
import type { Option, Options, OptionValue } from '../../state/option.ts'
import { isMulticast } from '../../unit/address.ts'
import * as link from '../uapi-link.ts'
import { ipBytes, ipText } from './bytes.ts'

/** How a number lies in its attribute. */
type Form = 'u8' | 'u16' | 'u16be' | 'u32' | 'u32be' | 'ip'
type Row = readonly [attribute: number, form: Form]

/** Names of links and their numbers in one namespace. */
export interface Ifindexes {
  readonly ifindexOf: (ifname: string) => number
  readonly ifnameOf: (ifindex: number) => string
}

const IPV4_TUNNEL: Readonly<Record<string, Row>> = {
  remote: [link.IFLA_IPTUN_REMOTE, 'ip'],
  local: [link.IFLA_IPTUN_LOCAL, 'ip'],
  ttl: [link.IFLA_IPTUN_TTL, 'u8'],
  pmtudisc: [link.IFLA_IPTUN_PMTUDISC, 'u8'],
}
const GRE: Readonly<Record<string, Row>> = {
  remote: [link.IFLA_GRE_REMOTE, 'ip'],
  local: [link.IFLA_GRE_LOCAL, 'ip'],
  ttl: [link.IFLA_GRE_TTL, 'u8'],
  hoplimit: [link.IFLA_GRE_TTL, 'u8'],
  pmtudisc: [link.IFLA_GRE_PMTUDISC, 'u8'],
}

/** Options that have an attribute to themselves, by kind. */
const ROWS: Readonly<Record<VirtualKind, Readonly<Record<string, Row>>>> = {
  dummy: {},
  vlan: { protocol: [link.IFLA_VLAN_PROTOCOL, 'u16be'], id: [link.IFLA_VLAN_ID, 'u16'] },
  vrf: { table: [link.IFLA_VRF_TABLE, 'u32'] },
  bond: {
    mode: [link.IFLA_BOND_MODE, 'u8'],
    miimon: [link.IFLA_BOND_MIIMON, 'u32'],
    updelay: [link.IFLA_BOND_UPDELAY, 'u32'],
    downdelay: [link.IFLA_BOND_DOWNDELAY, 'u32'],
    primary: [link.IFLA_BOND_PRIMARY, 'u32'],
    fail_over_mac: [link.IFLA_BOND_FAIL_OVER_MAC, 'u8'],
    xmit_hash_policy: [link.IFLA_BOND_XMIT_HASH_POLICY, 'u8'],
    num_grat_arp: [link.IFLA_BOND_NUM_PEER_NOTIF, 'u8'],
    min_links: [link.IFLA_BOND_MIN_LINKS, 'u32'],
    lacp_rate: [link.IFLA_BOND_AD_LACP_RATE, 'u8'],
    ad_select: [link.IFLA_BOND_AD_SELECT, 'u8'],
  },
  macvlan: { mode: [link.IFLA_MACVLAN_MODE, 'u32'] },
  ipvlan: { mode: [link.IFLA_IPVLAN_MODE, 'u16'] },
  vxlan: {
    id: [link.IFLA_VXLAN_ID, 'u32'],
    ttl: [link.IFLA_VXLAN_TTL, 'u8'],
    learning: [link.IFLA_VXLAN_LEARNING, 'u8'],
    ageing: [link.IFLA_VXLAN_AGEING, 'u32'],
    dstport: [link.IFLA_VXLAN_PORT, 'u16be'],
    udpcsum: [link.IFLA_VXLAN_UDP_CSUM, 'u8'],
  },
  gre: GRE,
  gretap: GRE,
  ip6gre: GRE,
  ip6gretap: GRE,
  ipip: IPV4_TUNNEL,
  sit: IPV4_TUNNEL,
  wireguard: {},
  tun: { user: [link.IFLA_TUN_OWNER, 'u32'], multi_queue: [link.IFLA_TUN_MULTI_QUEUE, 'u8'] },
  tap: { user: [link.IFLA_TUN_OWNER, 'u32'], multi_queue: [link.IFLA_TUN_MULTI_QUEUE, 'u8'] },
}

const PORT_ROWS: Readonly<Record<string, Row>> = {
  priority: [link.IFLA_BRPORT_PRIORITY, 'u16'],
  cost: [link.IFLA_BRPORT_COST, 'u32'],
  hairpin: [link.IFLA_BRPORT_MODE, 'u8'],
  guard: [link.IFLA_BRPORT_GUARD, 'u8'],
  root_block: [link.IFLA_BRPORT_PROTECT, 'u8'],
  fastleave: [link.IFLA_BRPORT_FAST_LEAVE, 'u8'],
  learning: [link.IFLA_BRPORT_LEARNING, 'u8'],
  flood: [link.IFLA_BRPORT_UNICAST_FLOOD, 'u8'],
  mcast_flood: [link.IFLA_BRPORT_MCAST_FLOOD, 'u8'],
  isolated: [link.IFLA_BRPORT_ISOLATED, 'u8'],
}

/** Kinds whose IFLA_INFO_DATA names the parent; all others have IFLA_LINK for it. */
const PARENT_ATTRIBUTES: Partial<Record<VirtualKind, number>> = {
  vxlan: link.IFLA_VXLAN_LINK,
  gre: link.IFLA_GRE_LINK,
  gretap: link.IFLA_GRE_LINK,
  ip6gre: link.IFLA_GRE_LINK,
  ip6gretap: link.IFLA_GRE_LINK,
  ipip: link.IFLA_IPTUN_LINK,
  sit: link.IFLA_IPTUN_LINK,
}

export function hasParentInside(kind: VirtualKind): boolean {
  return PARENT_ATTRIBUTES[kind] !== undefined
}

/** Writes the content of IFLA_INFO_DATA: what is said, and of a tunnel everything, since the kernel takes what is missing for 0. */
export function putKindData(out: AttrStream, kind: VirtualKind, said: Options, parent: string | undefined, of: Ifindexes): void {
  const isTunnel = ROWS[kind] === GRE || ROWS[kind] === IPV4_TUNNEL
  const options = isTunnel ? { ...defaultsOf(KINDS[kind].options), ...said } : said
  const inside = PARENT_ATTRIBUTES[kind]
  if (inside !== undefined && parent !== undefined) out.push(inside, putU32(of.ifindexOf(parent)))
  putRows(out, KINDS[kind].options, ROWS[kind], options, of)
  if (kind === 'vlan' && options['reorder_hdr'] !== undefined) {
    // struct ifla_vlan_flags: flags, and the mask of those that count
    const flag = link.VLAN_FLAG_REORDER_HDR
    out.push(link.IFLA_VLAN_FLAGS, Buffer.concat([putU32(options['reorder_hdr'] === true ? flag : 0), putU32(flag)]))
  }
  if (kind === 'vxlan') putVxlanAddresses(out, options)
  if (ROWS[kind] === GRE) putGreFlags(out, options)
  // As iproute2 has it: 4 more tunnels inside this one (RFC 2473, 6.6); IPv4, IPv6 and MPLS inside alike.
  if (options['hoplimit'] !== undefined) out.push(link.IFLA_GRE_ENCAP_LIMIT, putU8(4))
  if (ROWS[kind] === IPV4_TUNNEL) out.push(link.IFLA_IPTUN_PROTO, putU8(0))
}

function defaultsOf(table: readonly Option[]): Options {
  return Object.fromEntries(table.flatMap((option) => (option.default === undefined ? [] : [[option.name, option.default]])))
}

function putVxlanAddresses(out: AttrStream, { remote, group = remote, local }: Options): void {
  const put = (value: OptionValue | undefined, v4: number, v6: number): void => {
    if (typeof value === 'string') out.push(value.includes(':') ? v6 : v4, ipBytes(value))
  }
  put(group, link.IFLA_VXLAN_GROUP, link.IFLA_VXLAN_GROUP6)
  put(local, link.IFLA_VXLAN_LOCAL, link.IFLA_VXLAN_LOCAL6)
}

function putGreFlags(out: AttrStream, { key, csum, seq }: Options): void {
  const flags = (key === undefined ? 0 : link.GRE_KEY) | (csum === true ? link.GRE_CSUM : 0) | (seq === true ? link.GRE_SEQ : 0)
  const number = typeof key === 'number' ? key : 0
  out.push(link.IFLA_GRE_IKEY, putU32be(number))
  out.push(link.IFLA_GRE_OKEY, putU32be(number))
  out.push(link.IFLA_GRE_IFLAGS, putU16(flags))
  out.push(link.IFLA_GRE_OFLAGS, putU16(flags))
}

/** Writes the content of IFLA_INFO_SLAVE_DATA of kind bridge. */
export function putPortData(out: AttrStream, options: Options, of: Ifindexes): void {
  putRows(out, PORT_OPTIONS, PORT_ROWS, options, of)
}

function putRows(out: AttrStream, table: readonly Option[], rows: Readonly<Record<string, Row>>, options: Options, of: Ifindexes): void {
  for (const option of table) {
    const [value, row] = [options[option.name], rows[option.name]]
    if (value !== undefined && row !== undefined) out.push(row[0], bytesOf(row[1], numberOf(option, value, of)))
  }
}

function numberOf(option: Option, value: OptionValue, of: Ifindexes): number | string {
  if (option.type === 'choice') return option.of[String(value)] ?? 0
  if (option.type === 'link') return of.ifindexOf(String(value))
  return option.type === 'address' ? String(value) : Number(value)
}

function bytesOf(form: Form, value: number | string): Buffer {
  if (typeof value === 'string') return ipBytes(value)
  switch (form) {
    case 'u8':
      return putU8(value)
    case 'u16':
      return putU16(value)
    case 'u16be':
      return putU16be(value)
    case 'u32be':
      return putU32be(value)
    case 'u32':
    case 'ip':
      return putU32(value)
  }
}

export interface KindData {
  readonly kind: VirtualKind
  readonly parent?: string
  readonly options: Options
}

/** Decodes IFLA_INFO_DATA; undefined for a kind that netlab does not make. A tun and a tap are one kind to the kernel. */
export function decodeKindData(infoKind: string, data: Buffer | undefined, of: Pick<Ifindexes, 'ifnameOf'>): KindData | undefined {
  const values = attributesOf(data)
  const kind = infoKind === 'tun' && values.get(link.IFLA_TUN_TYPE)?.[0] === link.IFF_TAP ? 'tap' : infoKind
  if (!isVirtualKind(kind)) return undefined
  const inside = PARENT_ATTRIBUTES[kind]
  const ifindex = inside === undefined ? 0 : (values.get(inside)?.readUInt32LE(0) ?? 0)
  const options = { ...optionsOf(KINDS[kind].options, ROWS[kind], values, of), ...jointOptions(kind, values) }
  return { kind, options, ...(ifindex !== 0 && { parent: of.ifnameOf(ifindex) }) }
}

/** Options that share an attribute, or have one of several. */
function jointOptions(kind: VirtualKind, values: ReadonlyMap<number, Buffer>): Options {
  if (ROWS[kind] === GRE) return greFlags(values)
  if (kind === 'vxlan') return vxlanAddresses(values)
  if (kind === 'vlan') return { reorder_hdr: ((values.get(link.IFLA_VLAN_FLAGS)?.readUInt32LE(0) ?? 0) & link.VLAN_FLAG_REORDER_HDR) !== 0 }
  // Not told of a device that nobody has opened with several queues.
  if (kind === 'tun' || kind === 'tap') return { multi_queue: (values.get(link.IFLA_TUN_MULTI_QUEUE)?.[0] ?? 0) !== 0 }
  return {}
}

/** Decodes IFLA_INFO_SLAVE_DATA of kind bridge. */
export function decodePortData(data: Buffer, of: Pick<Ifindexes, 'ifnameOf'>): Options {
  return optionsOf(PORT_OPTIONS, PORT_ROWS, attributesOf(data), of)
}

function attributesOf(data: Buffer | undefined): Map<number, Buffer> {
  const values = new Map<number, Buffer>()
  if (data !== undefined) parseAttributes(data, (attribute) => values.set(attribute.type, attribute.data))
  return values
}

function optionsOf(
  table: readonly Option[],
  rows: Readonly<Record<string, Row>>,
  values: ReadonlyMap<number, Buffer>,
  of: Pick<Ifindexes, 'ifnameOf'>,
): Options {
  return Object.fromEntries(
    table.flatMap((option) => {
      const row = rows[option.name]
      const data = row === undefined ? undefined : values.get(row[0])
      return row === undefined || data === undefined ? [] : [[option.name, valueOf(option, row[1], data, of)]]
    }),
  )
}

function valueOf(option: Option, form: Form, data: Buffer, of: Pick<Ifindexes, 'ifnameOf'>): OptionValue {
  if (form === 'ip') return ipText(data)
  const number = readNumber(form, data)
  if (option.type === 'switch') return number !== 0
  if (option.type === 'link') return of.ifnameOf(number)
  if (option.type !== 'choice') return number
  return Object.entries(option.of).find(([, one]) => one === number)?.[0] ?? number
}

function readNumber(form: Exclude<Form, 'ip'>, data: Buffer): number {
  switch (form) {
    case 'u8':
      return data.readUInt8(0)
    case 'u16':
      return data.readUInt16LE(0)
    case 'u16be':
      return data.readUInt16BE(0)
    case 'u32':
      return data.readUInt32LE(0)
    case 'u32be':
      return data.readUInt32BE(0)
  }
}

/** The kernel has one address for a group and for a single remote. */
function vxlanAddresses(values: ReadonlyMap<number, Buffer>): Options {
  const far = values.get(link.IFLA_VXLAN_GROUP) ?? values.get(link.IFLA_VXLAN_GROUP6)
  const local = values.get(link.IFLA_VXLAN_LOCAL) ?? values.get(link.IFLA_VXLAN_LOCAL6)
  const text = far === undefined ? undefined : ipText(far)
  return {
    ...(text !== undefined && { [isMulticast(text) ? 'group' : 'remote']: text }),
    ...(local !== undefined && { local: ipText(local) }),
  }
}

function greFlags(values: ReadonlyMap<number, Buffer>): Options {
  const flags = values.get(link.IFLA_GRE_OFLAGS)?.readUInt16LE(0) ?? 0
  const key = values.get(link.IFLA_GRE_OKEY)?.readUInt32BE(0) ?? 0
  return { ...(flags & link.GRE_KEY && { key }), csum: (flags & link.GRE_CSUM) !== 0, seq: (flags & link.GRE_SEQ) !== 0 }
}
