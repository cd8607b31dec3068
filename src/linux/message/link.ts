// RTM_*LINK messages. <linux/rtnetlink.h> struct ifinfomsg (16 bytes), <linux/if_link.h>, <linux/veth.h>; ip-link(8), bridge(8).
import { AttrStream, parseAttributes, putU16be, putU32, putU16, putU8 } from 'netlink/dist/structs.js'
import { VLAN_PROTOCOLS } from '../../state/kind.ts'
import type { AddrGenMode, BridgeLink, BridgeVlan, LinkFacts, PortState, VethLink, VirtualLink } from '../../state/network.ts'
import type { LinkChange } from '../../plan/operation.ts'
import type { LiveTree } from '../../state/live.ts'
import { request, type Request } from '../transport.ts'
import {
  IFF_LOWER_UP,
  IFF_UP,
  AF_INET6,
  IFLA_ADDRESS,
  IFLA_AF_SPEC,
  IFLA_EXT_MASK,
  IFLA_BR_AGEING_TIME,
  IFLA_BR_BRIDGE_ID,
  IFLA_BR_FORWARD_DELAY,
  IFLA_BR_HELLO_TIME,
  IFLA_BR_MAX_AGE,
  IFLA_BR_MCAST_SNOOPING,
  IFLA_BR_PRIORITY,
  IFLA_BR_ROOT_ID,
  IFLA_BR_STP_STATE,
  IFLA_BR_TOPOLOGY_CHANGE,
  IFLA_BR_VLAN_DEFAULT_PVID,
  IFLA_BR_VLAN_FILTERING,
  IFLA_BR_VLAN_PROTOCOL,
  IFLA_BRPORT_STATE,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_INET6_ADDR_GEN_MODE,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_DATA,
  IFLA_LINK,
  IFLA_LINK_NETNSID,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IFLA_NEW_IFINDEX,
  IFLA_NUM_RX_QUEUES,
  IFLA_NUM_TX_QUEUES,
  IFLA_OPERSTATE,
  IFLA_PROTINFO,
  IFLA_STATS64,
  IN6_ADDR_GEN_MODE_EUI64,
  IN6_ADDR_GEN_MODE_NONE,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM_DELLINK,
  RTEXT_FILTER_SKIP_STATS,
  RTM_NEWLINK,
  VETH_INFO_PEER,
} from '../uapi.ts'
import { IFLA_INFO_SLAVE_KIND } from '../uapi-link.ts'
import { eachAttribute } from './attributes.ts'
import { lladdrBytes, lladdrText, zString } from './bytes.ts'
import { decodeTree } from './spanning-tree.ts'
import { hasParentInside, putKindData, putPortData, type Ifindexes } from './kind.ts'

/** struct ifinfomsg, 16 bytes: family, pad, type, index, flags, change. */
export function ifinfomsg(ifindex: number, flags = 0, change = 0): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeInt32LE(ifindex, 4)
  bytes.writeUInt32LE(flags, 8)
  bytes.writeUInt32LE(change, 12)
  return bytes
}

/** One end of a veth pair that is to be made. */
export interface VethEnd {
  readonly ifname: string
  /** Chosen by us, so that later messages can name the link without asking. */
  readonly ifindex: number
  /** Descriptor of its network namespace. */
  readonly netnsFd: number
  readonly link: VethLink
}

/**
 * Both ends, down, each in its namespace under its final name. `masterIfindex` puts the first end into a bridge.
 * One queue each way: it halves the cost of a veth.
 * Same as: ip link add eth0 netns A type veth peer name eth0 netns B
 */
export function newVeth(end: VethEnd, peer: VethEnd, masterIfindex: number | undefined): Request {
  return request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg(end.ifindex), (out) => {
    putVethEnd(out, end)
    if (masterIfindex !== undefined) out.push(IFLA_MASTER, putU32(masterIfindex))
    out.push(IFLA_LINKINFO, (info: AttrStream) => {
      info.push(IFLA_INFO_KIND, Buffer.from('veth'))
      info.push(IFLA_INFO_DATA, (data: AttrStream) => {
        // VETH_INFO_PEER: a whole ifinfomsg and attributes. It cannot be up: veth_open() answers ENOTCONN.
        data.push(VETH_INFO_PEER, (inner: AttrStream) => {
          inner.emit(ifinfomsg(peer.ifindex))
          putVethEnd(inner, peer)
        })
      })
    })
  })
}

function putVethEnd(out: AttrStream, end: VethEnd): void {
  out.push(IFLA_IFNAME, zString(end.ifname))
  out.push(IFLA_NET_NS_FD, putU32(end.netnsFd))
  out.push(IFLA_MTU, putU32(end.link.mtu))
  if (end.link.lladdr !== undefined) out.push(IFLA_ADDRESS, lladdrBytes(end.link.lladdr))
  out.push(IFLA_NUM_TX_QUEUES, putU32(1))
  out.push(IFLA_NUM_RX_QUEUES, putU32(1))
}

/**
 * Same as: ip link add br0 type bridge … Without IFLA_MTU: once that is set, the bridge no longer follows its ports
 * (br_mtu_auto_adjust), and what its ports make of it is what the plan counts on.
 */
export function newBridge(ifname: string, ifindex: number, link: BridgeLink): Request {
  return request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg(ifindex), (out) => {
    out.push(IFLA_IFNAME, zString(ifname))
    if (link.lladdr !== undefined) out.push(IFLA_ADDRESS, lladdrBytes(link.lladdr))
    putInfo(out, 'bridge', (data) => putBridge(data, link, link.vlan))
  })
}

/** Same as: ip link add link eth0 name eth0.10 type vlan id 10, and its like. Down, in no bridge. Errors: EOPNOTSUPP: Unknown device type. */
export function newVirtual(ifname: string, ifindex: number, link: VirtualLink, of: Ifindexes): Request {
  return request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg(ifindex), (out) => {
    out.push(IFLA_IFNAME, zString(ifname))
    if (link.parent !== undefined && !hasParentInside(link.kind)) out.push(IFLA_LINK, putU32(of.ifindexOf(link.parent)))
    if (link.lladdr !== undefined) out.push(IFLA_ADDRESS, lladdrBytes(link.lladdr))
    out.push(IFLA_MTU, putU32(link.mtu))
    putInfo(out, link.kind, (data) => putKindData(data, link.kind, link.options, link.parent, of))
  })
}

function putInfo(out: AttrStream, kind: string, put: (data: AttrStream) => void): void {
  out.push(IFLA_LINKINFO, (info: AttrStream) => {
    info.push(IFLA_INFO_KIND, Buffer.from(kind))
    const data = new AttrStream()
    put(data)
    if (data.bufs.length > 0) info.push(IFLA_INFO_DATA, data.bufs)
  })
}

function putBridge(data: AttrStream, options: NonNullable<LinkChange['bridge']>, vlan: BridgeVlan | null | undefined): void {
  if (options.forwardDelayCs !== undefined) data.push(IFLA_BR_FORWARD_DELAY, putU32(options.forwardDelayCs))
  if (options.helloCs !== undefined) data.push(IFLA_BR_HELLO_TIME, putU32(options.helloCs))
  if (options.maxAgeCs !== undefined) data.push(IFLA_BR_MAX_AGE, putU32(options.maxAgeCs))
  if (options.ageingCs !== undefined) data.push(IFLA_BR_AGEING_TIME, putU32(options.ageingCs))
  if (options.stp !== undefined) data.push(IFLA_BR_STP_STATE, putU32(options.stp ? 1 : 0))
  if (options.priority !== undefined) data.push(IFLA_BR_PRIORITY, putU16(options.priority))
  if (options.mcastSnooping !== undefined) data.push(IFLA_BR_MCAST_SNOOPING, putU8(options.mcastSnooping ? 1 : 0))
  if (vlan === undefined) return
  data.push(IFLA_BR_VLAN_FILTERING, putU8(vlan === null ? 0 : 1))
  if (vlan === null) return
  data.push(IFLA_BR_VLAN_PROTOCOL, putU16be(VLAN_PROTOCOLS[vlan.protocol]))
  data.push(IFLA_BR_VLAN_DEFAULT_PVID, putU16(vlan.defaultPvid))
}

/**
 * Same as: ip link set dev … up | down | mtu | address | alias | master | nomaster | type …. `masterIfindex` 0 takes it out of its master.
 * `of` is asked for links that options of its kind name.
 */
export function setLink(ifindex: number, set: LinkChange, masterIfindex: number | undefined, of: Ifindexes = NO_IFINDEXES): Request {
  const flags = set.up === undefined ? 0 : IFF_UP
  return request(RTM_NEWLINK, 0, ifinfomsg(ifindex, set.up ? flags : 0, flags), (out) => {
    if (set.mtu !== undefined) out.push(IFLA_MTU, putU32(set.mtu))
    if (set.lladdr !== undefined) out.push(IFLA_ADDRESS, lladdrBytes(set.lladdr))
    if (set.addrGenMode !== undefined) putAddrGenMode(out, set.addrGenMode)
    if (set.alias !== undefined) out.push(IFLA_IFALIAS, Buffer.from(set.alias)) // its bytes are the alias: a zero would be a part of it
    if (masterIfindex !== undefined) out.push(IFLA_MASTER, putU32(masterIfindex))
    const { bridge, vlan, kind, port } = set
    if (bridge !== undefined || vlan !== undefined) putInfo(out, 'bridge', (data) => putBridge(data, bridge ?? {}, vlan))
    if (kind !== undefined) putInfo(out, kind.name, (data) => putKindData(data, kind.name, kind.options, undefined, of))
    if (port !== undefined) {
      out.push(IFLA_LINKINFO, (info: AttrStream) => {
        info.push(IFLA_INFO_SLAVE_KIND, Buffer.from('bridge'))
        info.push(IFLA_INFO_SLAVE_DATA, (data: AttrStream) => putPortData(data, port, of))
      })
    }
  })
}

const NO_IFINDEXES: Ifindexes = { ifindexOf: () => 0, ifnameOf: String }

function putAddrGenMode(out: AttrStream, mode: AddrGenMode): void {
  out.push(IFLA_AF_SPEC, (families: AttrStream) => {
    families.push(AF_INET6, (inet6: AttrStream) => {
      inet6.push(IFLA_INET6_ADDR_GEN_MODE, putU8(mode === 'none' ? IN6_ADDR_GEN_MODE_NONE : IN6_ADDR_GEN_MODE_EUI64))
    })
  })
}

/**
 * To another network namespace, there under another name and number. The link goes down, and loses its addresses and routes.
 * Same as: ip link set dev … netns … name …. Errors: EINVAL (it is bound to its namespace), EEXIST (the name is taken there), EBUSY (the
 * number is). Linux 5.13.
 */
export function moveLink(ifindex: number, netnsFd: number, ifname: string, newIfindex: number): Request {
  return request(RTM_NEWLINK, 0, ifinfomsg(ifindex), (out) => {
    out.push(IFLA_NET_NS_FD, putU32(netnsFd))
    out.push(IFLA_IFNAME, zString(ifname))
    out.push(IFLA_NEW_IFINDEX, putU32(newIfindex))
  })
}

/** Same as: ip link del dev … */
export function delLink(ifindex: number): Request {
  return request(RTM_DELLINK, 0, ifinfomsg(ifindex), [])
}

/** A link as the kernel tells it. */
export interface LinkMessage {
  readonly ifindex: number
  readonly ifname: string
  readonly flags: number
  readonly mtu: number
  readonly lladdr?: string
  readonly masterIfindex?: number
  readonly alias?: string
  /** IFLA_LINK: for a veth, the peer's ifindex in the peer's namespace. */
  readonly linkIfindex?: number
  /** IFLA_LINK_NETNSID is there: the peer is in another namespace. */
  readonly isLinkElsewhere: boolean
  /** Absent on a link that has no IPv6. */
  readonly addrGenMode?: AddrGenMode
  readonly kind: string
  /** Of a bridge's port. */
  readonly portState?: PortState
  readonly bridge?: Pick<
    BridgeLink,
    'stp' | 'priority' | 'ageingCs' | 'forwardDelayCs' | 'helloCs' | 'maxAgeCs' | 'mcastSnooping' | 'vlan' | 'lent'
  >
  /** Of a bridge that takes part in one. */
  readonly tree?: LiveTree
  /** IFLA_INFO_DATA, of which decodeKindData makes sense when all links are known. */
  readonly data?: Buffer
  /** IFLA_INFO_SLAVE_DATA of a bridge's port. */
  readonly portData?: Buffer
  /** Where they were asked for. */
  readonly facts?: LinkFacts
}

const OPERSTATES = ['UNKNOWN', 'NOTPRESENT', 'DOWN', 'LOWERLAYERDOWN', 'TESTING', 'DORMANT', 'UP']

/** Header and filter of an RTM_GETLINK dump; counters are two thirds of the kernel's answer and left out unless wanted. */
export function getLinks(withFacts: boolean): Buffer {
  const stream = new AttrStream()
  stream.emit(ifinfomsg(0))
  if (!withFacts) stream.push(IFLA_EXT_MASK, putU32(RTEXT_FILTER_SKIP_STATS))
  return Buffer.concat(stream.bufs)
}

const LINK_ATTRIBUTES: ReadonlySet<number> = new Set([
  IFLA_IFNAME,
  IFLA_MTU,
  IFLA_ADDRESS,
  IFLA_MASTER,
  IFLA_IFALIAS,
  IFLA_LINK,
  IFLA_LINK_NETNSID,
  IFLA_OPERSTATE,
  IFLA_STATS64,
  IFLA_AF_SPEC,
  IFLA_LINKINFO,
])
const INFO_ATTRIBUTES: ReadonlySet<number> = new Set([IFLA_INFO_KIND, IFLA_INFO_DATA, IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA])
const IPV6_ALONE: ReadonlySet<number> = new Set([AF_INET6])
const ADDR_GEN_MODE_ALONE: ReadonlySet<number> = new Set([IFLA_INET6_ADDR_GEN_MODE])
const PORT_STATE_ALONE: ReadonlySet<number> = new Set([IFLA_BRPORT_STATE])

/** Decodes the body of an RTM_NEWLINK. Attributes that it does not know are passed over: a newer kernel may say more. */
export function decodeLink(body: Buffer, withFacts: boolean): LinkMessage {
  const ifindex = body.readInt32LE(4)
  const flags = body.readUInt32LE(8)
  const link: Mutable<LinkMessage> = { ifindex, ifname: '', flags, mtu: 0, kind: '', isLinkElsewhere: false }
  let operstate = 0
  let stats: Buffer | undefined
  eachAttribute(body.subarray(16), LINK_ATTRIBUTES, (type, data) => {
    if (type === IFLA_IFNAME) link.ifname = data.toString('utf8', 0, data.length - 1)
    else if (type === IFLA_MTU) link.mtu = data.readUInt32LE(0)
    else if (type === IFLA_ADDRESS) link.lladdr = lladdrText(data)
    else if (type === IFLA_MASTER) link.masterIfindex = data.readUInt32LE(0)
    else if (type === IFLA_IFALIAS) link.alias = data.toString('utf8', 0, data.length - 1)
    else if (type === IFLA_LINK) link.linkIfindex = data.readInt32LE(0)
    else if (type === IFLA_LINK_NETNSID) link.isLinkElsewhere = true
    else if (type === IFLA_OPERSTATE) operstate = data[0]!
    else if (type === IFLA_STATS64) stats = data
    else if (type === IFLA_AF_SPEC) decodeAddrGenMode(data, link)
    else if (type === IFLA_LINKINFO) decodeInfo(data, link)
  })
  if (withFacts) {
    const carrier = (flags & IFF_LOWER_UP) !== 0
    const port = link.portState !== undefined && { portState: link.portState }
    link.facts = { ifindex, operstate: OPERSTATES[operstate] ?? String(operstate), carrier, ...port, ...decodeStats(stats) }
  }
  return link
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

// struct rtnl_link_stats64: rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped, tx_dropped, …, 8 bytes each
function decodeStats(stats: Buffer | undefined): Omit<LinkFacts, 'ifindex' | 'operstate' | 'carrier' | 'portState'> {
  const counter = (index: number): number => (stats === undefined ? 0 : Number(stats.readBigUInt64LE(index * 8)))
  return {
    rxPackets: counter(0),
    txPackets: counter(1),
    rxBytes: counter(2),
    txBytes: counter(3),
    rxErrors: counter(4),
    txErrors: counter(5),
    rxDropped: counter(6),
    txDropped: counter(7),
  }
}

function decodeAddrGenMode(families: Buffer, link: Mutable<LinkMessage>): void {
  eachAttribute(families, IPV6_ALONE, (_, family) => {
    eachAttribute(family, ADDR_GEN_MODE_ALONE, (_, data) => {
      link.addrGenMode = data[0] === IN6_ADDR_GEN_MODE_NONE ? 'none' : data[0] === IN6_ADDR_GEN_MODE_EUI64 ? 'eui64' : 'other'
    })
  })
}

function decodeInfo(info: Buffer, link: Mutable<LinkMessage>): void {
  let data: Buffer | undefined
  let port: Buffer | undefined
  let isPort = false
  eachAttribute(info, INFO_ATTRIBUTES, (type, value) => {
    if (type === IFLA_INFO_KIND) link.kind = value.toString('utf8').replace(/\0.*$/s, '')
    if (type === IFLA_INFO_DATA) data = value
    if (type === IFLA_INFO_SLAVE_KIND) isPort = value.toString('utf8').startsWith('bridge')
    if (type === IFLA_INFO_SLAVE_DATA) port = value
  })
  if (link.kind === 'bridge' && data !== undefined) {
    link.bridge = decodeBridge(data)
    if (link.bridge.stp) link.tree = decodeTree(data)
  } else if (data !== undefined && link.kind !== 'veth') link.data = Buffer.from(data) // the bytes are those of the next datagram soon
  if (!isPort || port === undefined) return
  link.portData = Buffer.from(port)
  link.portState = decodePortState(port)
}

const PORT_STATES: readonly PortState[] = ['disabled', 'listening', 'learning', 'forwarding', 'blocking']

/** IFLA_BRPORT_STATE among the attributes of a port. */
function decodePortState(port: Buffer): PortState {
  let state = 0
  eachAttribute(port, PORT_STATE_ALONE, (_, data) => (state = data[0]!))
  return PORT_STATES[state] ?? 'disabled'
}

/** Decodes the body of an RTM_NEWLINK of the family AF_BRIDGE, by which a bridge tells what became of a port (br_ifinfo_notify). */
export function decodePort(body: Buffer): { readonly ifindex: number; readonly portState?: PortState } {
  let portState: PortState | undefined
  parseAttributes(body.subarray(16), ({ type, data }) => {
    if (type === IFLA_PROTINFO) portState = decodePortState(data)
  })
  return { ifindex: body.readInt32LE(4), ...(portState !== undefined && { portState }) }
}

function decodeBridge(info: Buffer): NonNullable<LinkMessage['bridge']> {
  const values = new Map<number, Buffer>()
  parseAttributes(info, ({ type, data }) => values.set(type, data))
  const u32 = (type: number): number => values.get(type)?.readUInt32LE(0) ?? 0
  return {
    stp: u32(IFLA_BR_STP_STATE) !== 0,
    priority: values.get(IFLA_BR_PRIORITY)?.readUInt16LE(0) ?? 0,
    ageingCs: u32(IFLA_BR_AGEING_TIME),
    forwardDelayCs: u32(IFLA_BR_FORWARD_DELAY),
    helloCs: u32(IFLA_BR_HELLO_TIME),
    maxAgeCs: u32(IFLA_BR_MAX_AGE),
    mcastSnooping: values.get(IFLA_BR_MCAST_SNOOPING)?.[0] === 1,
    ...bridgeVlan(values),
    ...lentOptions(values),
  }
}

/** A kernel without CONFIG_BRIDGE_VLAN_FILTERING tells nothing of VLANs. */
function bridgeVlan(values: ReadonlyMap<number, Buffer>): Pick<BridgeLink, 'vlan'> {
  if (values.get(IFLA_BR_VLAN_FILTERING)?.[0] !== 1) return {}
  const protocol = values.get(IFLA_BR_VLAN_PROTOCOL)?.readUInt16BE(0) === VLAN_PROTOCOLS['802.1ad'] ? '802.1ad' : '802.1Q'
  return { vlan: { protocol, defaultPvid: values.get(IFLA_BR_VLAN_DEFAULT_PVID)?.readUInt16LE(0) ?? 0 } }
}

/** As br_is_root_bridge tells a root, and as __br_set_topology_change tells when addresses age faster. */
function lentOptions(values: ReadonlyMap<number, Buffer>): Pick<BridgeLink, 'lent'> {
  const [root, own] = [values.get(IFLA_BR_ROOT_ID), values.get(IFLA_BR_BRIDGE_ID)]
  const isRoot = root === undefined || own === undefined || root.equals(own)
  const isChanging = (values.get(IFLA_BR_TOPOLOGY_CHANGE)?.[0] ?? 0) !== 0
  if (isRoot && !isChanging) return {}
  return { lent: [...(isRoot ? [] : (['forwardDelayCs', 'helloCs', 'maxAgeCs'] as const)), ...(isChanging ? (['ageingCs'] as const) : [])] }
}
