// What bridge(8) sends: VLANs of ports (RTM_*LINK of AF_BRIDGE), static forwarding entries (RTM_*NEIGH of AF_BRIDGE), multicast memberships
// (RTM_*MDB). <linux/if_bridge.h>, <linux/neighbour.h>.
import { type AttrStream, parseAttributes, putU16, putU32 } from 'netlink/dist/structs.js'
import type { LiveFdb } from '../../state/live.ts'
import type { FdbEntry, MdbEntry, PortVlan } from '../../state/network.ts'
import type { VlanRange } from '../../plan/operation.ts'
import { request, type Request } from '../transport.ts'
import {
  AF_BRIDGE,
  IFLA_AF_SPEC,
  IFLA_EXT_MASK,
  NDA_DST,
  NDA_LLADDR,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NUD_NOARP,
  NUD_PERMANENT,
  RTM_DELLINK,
  RTM_DELNEIGH,
  RTM_NEWNEIGH,
} from '../uapi.ts'
import {
  BRIDGE_VLAN_INFO_PVID,
  BRIDGE_VLAN_INFO_RANGE_BEGIN,
  BRIDGE_VLAN_INFO_RANGE_END,
  BRIDGE_VLAN_INFO_UNTAGGED,
  BRIDGE_FLAGS_SELF,
  IFLA_BRIDGE_FLAGS,
  IFLA_BRIDGE_VLAN_INFO,
  MDB_PERMANENT,
  MDBA_MDB,
  MDBA_MDB_ENTRY,
  MDBA_MDB_ENTRY_INFO,
  MDBA_SET_ENTRY,
  NDA_MASTER,
  NDA_VLAN,
  NTF_MASTER,
  NTF_SELF,
  NUD_REACHABLE,
  RTEXT_FILTER_BRVLAN_COMPRESSED,
  RTM_DELMDB,
  RTM_NEWMDB,
  RTM_SETLINK,
} from '../uapi-link.ts'
import { ipBytes, ipText, lladdrBytes, lladdrText } from './bytes.ts'

/** struct ifinfomsg of AF_BRIDGE, 16 bytes. */
function bridgeHeader(ifindex: number): Buffer {
  const bytes = Buffer.alloc(16)
  bytes[0] = AF_BRIDGE
  bytes.writeInt32LE(ifindex, 4)
  return bytes
}

const FLAGS: Readonly<Record<PortVlan, number>> = {
  '': 0,
  pvid: BRIDGE_VLAN_INFO_PVID,
  untagged: BRIDGE_VLAN_INFO_UNTAGGED,
  'pvid untagged': BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED,
}
const FLAG_WORDS = new Map(Object.entries(FLAGS).map(([words, flags]) => [flags, words as PortVlan]))

// struct bridge_vlan_info: flags, vid, 2 bytes each; a range is two of them, one behind the other
function putVlans(out: AttrStream, { first, last, flags }: VlanRange, isSelf: boolean): void {
  const info = (vid: number, more: number): Buffer => Buffer.concat([putU16(FLAGS[flags] | more), putU16(vid)])
  out.push(IFLA_AF_SPEC, (spec: AttrStream) => {
    if (isSelf) spec.push(IFLA_BRIDGE_FLAGS, putU16(BRIDGE_FLAGS_SELF))
    if (first === last) spec.push(IFLA_BRIDGE_VLAN_INFO, info(first, 0))
    else {
      spec.push(IFLA_BRIDGE_VLAN_INFO, info(first, BRIDGE_VLAN_INFO_RANGE_BEGIN))
      spec.push(IFLA_BRIDGE_VLAN_INFO, info(last, BRIDGE_VLAN_INFO_RANGE_END))
    }
  })
}

/** Same as: bridge vlan add vid 10 pvid untagged dev … [self]. Errors: EOPNOTSUPP without CONFIG_BRIDGE_VLAN_FILTERING. */
export function addVlan(ifindex: number, vlans: VlanRange, isSelf: boolean): Request {
  return request(RTM_SETLINK, 0, bridgeHeader(ifindex), (out) => putVlans(out, vlans, isSelf))
}

/** Same as: bridge vlan del vid 10 dev … [self] */
export function delVlan(ifindex: number, vlans: VlanRange, isSelf: boolean): Request {
  return request(RTM_DELLINK, 0, bridgeHeader(ifindex), (out) => putVlans(out, { ...vlans, flags: '' }, isSelf))
}

/** Header and filter of an RTM_GETLINK dump that tells VLANs, ranges in one. */
export function getVlans(): Buffer {
  return Buffer.concat([bridgeHeader(0), Buffer.from([8, 0, IFLA_EXT_MASK, 0]), putU32(RTEXT_FILTER_BRVLAN_COMPRESSED)])
}

export interface VlanMessage {
  readonly ifindex: number
  readonly vlans: ReadonlyMap<number, PortVlan>
}

/** Decodes an RTM_NEWLINK of AF_BRIDGE; undefined where it tells no VLANs. */
export function decodeVlans(body: Buffer): VlanMessage | undefined {
  const vlans = new Map<number, PortVlan>()
  parseAttributes(body.subarray(16), (attribute) => {
    if (attribute.type !== IFLA_AF_SPEC) return
    let first = 0
    parseAttributes(attribute.data, ({ type, data }) => {
      if (type !== IFLA_BRIDGE_VLAN_INFO) return
      const [flags, vid] = [data.readUInt16LE(0), data.readUInt16LE(2)]
      if (flags & BRIDGE_VLAN_INFO_RANGE_BEGIN) first = vid
      else {
        const words = FLAG_WORDS.get(flags & (BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED)) ?? ''
        for (let id = flags & BRIDGE_VLAN_INFO_RANGE_END ? first : vid; id <= vid; id++) vlans.set(id, words)
      }
    })
  })
  return vlans.size === 0 ? undefined : { ifindex: body.readInt32LE(4), vlans }
}

/** struct ndmsg of AF_BRIDGE, 12 bytes: the entry is in the master's table, or in the link's own (NTF_SELF). */
function ndmsg(ifindex: number, state: number, flags: number = NTF_MASTER): Buffer {
  const bytes = Buffer.alloc(12)
  bytes[0] = AF_BRIDGE
  bytes.writeInt32LE(ifindex, 4)
  bytes.writeUInt16LE(state, 8)
  bytes[10] = flags
  return bytes
}

function putFdb(out: AttrStream, fdb: FdbEntry): void {
  out.push(NDA_LLADDR, lladdrBytes(fdb.lladdr))
  if (fdb.vlan !== undefined) out.push(NDA_VLAN, putU16(fdb.vlan))
  if (fdb.dst !== undefined) out.push(NDA_DST, ipBytes(fdb.dst))
}

/**
 * Same as: bridge fdb add … dev … master static [vlan …], or bridge fdb append … dev … dst … of a VXLAN.
 * Errors: EEXIST; EINVAL where the port has not the VLAN.
 */
export function addFdb(ifindex: number, fdb: FdbEntry): Request {
  if (fdb.dst !== undefined) {
    return request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_APPEND, ndmsg(ifindex, NUD_NOARP | NUD_PERMANENT, NTF_SELF), (out) =>
      putFdb(out, fdb),
    )
  }
  return request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, ndmsg(ifindex, NUD_NOARP | NUD_REACHABLE), (out) => putFdb(out, fdb))
}

/** Same as: bridge fdb del … dev … master [vlan …], or dst … of a VXLAN. Errors: ENOENT. */
export function delFdb(ifindex: number, fdb: FdbEntry): Request {
  const flags = fdb.dst === undefined ? NTF_MASTER : NTF_SELF
  return request(RTM_DELNEIGH, 0, ndmsg(ifindex, NUD_NOARP | NUD_PERMANENT, flags), (out) => putFdb(out, fdb))
}

/** Header of an RTM_GETNEIGH dump of AF_BRIDGE. */
export function getFdbs(): Buffer {
  const bytes = Buffer.alloc(12)
  bytes[0] = AF_BRIDGE
  return bytes
}

/** As `decodeFdb`, of a VXLAN's own table: permanent entries that lead to a far end. */
export function decodeRemote(body: Buffer): { readonly ifindex: number; readonly fdb: FdbEntry } | undefined {
  if (body[0] !== AF_BRIDGE || !(body.readUInt16LE(8) & NUD_PERMANENT)) return undefined
  const values = new Map<number, Buffer>()
  parseAttributes(body.subarray(12), ({ type, data }) => values.set(type, data))
  const [lladdr, dst] = [values.get(NDA_LLADDR), values.get(NDA_DST)]
  if (lladdr === undefined || dst === undefined || values.has(NDA_MASTER)) return undefined
  return { ifindex: body.readInt32LE(4), fdb: { lladdr: lladdrText(lladdr), dst: ipText(dst) } }
}

/** Decodes an RTM_NEWNEIGH of AF_BRIDGE; undefined for what a bridge has learnt, and for its own addresses. */
export function decodeFdb(body: Buffer): { readonly ifindex: number; readonly fdb: FdbEntry } | undefined {
  if (body[0] !== AF_BRIDGE || body.readUInt16LE(8) !== NUD_NOARP) return undefined
  const values = new Map<number, Buffer>()
  parseAttributes(body.subarray(12), ({ type, data }) => values.set(type, data))
  const [lladdr, vlan] = [values.get(NDA_LLADDR), values.get(NDA_VLAN)]
  // Without NDA_MASTER it is an entry of the link's own (VXLAN), not of a bridge.
  if (lladdr === undefined || !values.has(NDA_MASTER)) return undefined
  const fdb = { lladdr: lladdrText(lladdr), ...(vlan !== undefined && { vlan: vlan.readUInt16LE(0) }) }
  return { ifindex: body.readInt32LE(4), fdb }
}

/** As `decodeFdb`, whoever made the entry: learnt ones and the bridge's own addresses too. */
export function decodeAnyFdb(body: Buffer, ifnameOf: (ifindex: number) => string): LiveFdb | undefined {
  if (body[0] !== AF_BRIDGE) return undefined
  const values = new Map<number, Buffer>()
  parseAttributes(body.subarray(12), ({ type, data }) => values.set(type, data))
  const [lladdr, vlan] = [values.get(NDA_LLADDR), values.get(NDA_VLAN)]
  if (lladdr === undefined || !values.has(NDA_MASTER)) return undefined
  const state = body.readUInt16LE(8)
  return {
    port: ifnameOf(body.readInt32LE(4)),
    lladdr: lladdrText(lladdr),
    ...(vlan !== undefined && { vlan: vlan.readUInt16LE(0) }),
    state: state & NUD_PERMANENT ? 'permanent' : state & NUD_NOARP ? 'static' : 'learnt',
  }
}

// <linux/if_ether.h>, in network byte order
const ETH_P_IP = Buffer.from([0x08, 0x00])
const ETH_P_IPV6 = Buffer.from([0x86, 0xdd])

/** struct br_port_msg, 8 bytes: family, ifindex of the bridge. */
function brPortMsg(ifindex: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes[0] = AF_BRIDGE
  bytes.writeUInt32LE(ifindex, 4)
  return bytes
}

// struct br_mdb_entry, 28 bytes: ifindex, state, flags, vid, address (16), protocol, padding
function mdbEntry(port: number, { group, vlan = 0 }: MdbEntry, state: number): Buffer {
  const bytes = Buffer.alloc(28)
  bytes.writeUInt32LE(port, 0)
  bytes[4] = state
  bytes.writeUInt16LE(vlan, 6)
  ipBytes(group).copy(bytes, 8)
  ;(group.includes(':') ? ETH_P_IPV6 : ETH_P_IP).copy(bytes, 24)
  return bytes
}

/** Same as: bridge mdb add dev BRIDGE port … grp … permanent [vid …]. Errors: EINVAL while the bridge is down or does no snooping. */
export function addMdb(bridge: number, port: number, mdb: MdbEntry): Request {
  return request(RTM_NEWMDB, NLM_F_CREATE | NLM_F_EXCL, brPortMsg(bridge), (out) =>
    out.push(MDBA_SET_ENTRY, mdbEntry(port, mdb, MDB_PERMANENT)),
  )
}

/** Same as: bridge mdb del dev BRIDGE port … grp … [vid …] */
export function delMdb(bridge: number, port: number, mdb: MdbEntry): Request {
  return request(RTM_DELMDB, 0, brPortMsg(bridge), (out) => out.push(MDBA_SET_ENTRY, mdbEntry(port, mdb, 0)))
}

/** Header of an RTM_GETMDB dump. */
export function getMdbs(): Buffer {
  return brPortMsg(0)
}

/** Decodes an RTM_NEWMDB, which tells all of one bridge: the permanent entries, by port. */
export function decodeMdbs(body: Buffer): { readonly port: number; readonly mdb: MdbEntry }[] {
  const found: { port: number; mdb: MdbEntry }[] = []
  parseAttributes(body.subarray(8), (table) => {
    if (table.type !== MDBA_MDB) return
    parseAttributes(table.data, (entry) => {
      if (entry.type !== MDBA_MDB_ENTRY) return
      parseAttributes(entry.data, ({ type, data }) => {
        if (type !== MDBA_MDB_ENTRY_INFO || data[4] !== MDB_PERMANENT) return
        const vlan = data.readUInt16LE(6)
        const isIpv6 = data.subarray(24, 26).equals(ETH_P_IPV6)
        const mdb = { group: ipText(data.subarray(8, isIpv6 ? 24 : 12)), ...(vlan !== 0 && { vlan }) }
        found.push({ port: data.readUInt32LE(0), mdb })
      })
    })
  })
  return found
}
