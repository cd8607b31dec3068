/**
 * One step of a plan: one object, one effect, one cause. Plain frozen data; it survives structured clone.
 * The executor (linux/apply) decides nothing: whatever an operation needs stands in it.
 */
import type { Origin } from '../diagnostic/origin.ts'
import type { MountState, RootState } from '../state/mount.ts'
import type {
  AddrState,
  BridgeLink,
  ExternalLink,
  FdbEntry,
  FileState,
  LinkState,
  MdbEntry,
  NamespaceState,
  NeighState,
  PortVlan,
  RouteState,
  RuleState,
  VethLink,
  VirtualLink,
} from '../state/network.ts'
import type { Qdisc, QdiscChain } from '../state/qdisc.ts'
import type { Isolation } from '../state/isolation.ts'
import type { LinkChange } from './link-change.ts'
import type { RunSetup, SetLimits, SetRuleset, StartService, StopService } from './client-operation.ts'
import type { WireguardChange } from '../state/wireguard.ts'

export interface OperationBase {
  /** Name of the namespace it works in. */
  readonly netns: string
  /** Why, in a few words: "not there", "mtu is 1500, the file says 9000", "not in the file". */
  readonly cause: string
  /** Of the value that asked for it; absent when something goes that the file no longer has. */
  readonly origin?: Origin
  /**
   * What undoes it, where that is more than the inverse: the kernel takes other objects along (routes with their link, v6
   * addresses with IFF_UP), and these bring them back too. `undoOf` reads it; to apply the operation it means nothing.
   */
  readonly undo?: readonly Operation[]
}

export type Operation =
  | AddNetns
  | DelNetns
  | SetHostname
  | SetIsolation
  | SetLimits
  | AddBridge
  | AddVeth
  | AddLink
  | TakeLink
  | SetLink
  | DelLink
  | AddQdisc
  | ChangeQdisc
  | DelQdisc
  | SetWireguard
  | AddVlan
  | DelVlan
  | AddFdb
  | DelFdb
  | AddMdb
  | DelMdb
  | AddAddr
  | DelAddr
  | AddRoute
  | ReplaceRoute
  | DelRoute
  | AddRule
  | DelRule
  | ReplaceNeigh
  | DelNeigh
  | SetSysctl
  | AddMount
  | DelMount
  | WriteFile
  | RemoveFile
  | SetRuleset
  | RunSetup
  | StartService
  | StopService

export type { LinkChange } from './link-change.ts'

export type OperationType = Operation['type']

/** unshare(2) of net, and uts and mnt for a node; lo is brought up by a SetLink of its own. */
export interface AddNetns extends OperationBase {
  readonly type: 'add netns'
  readonly kind: NamespaceState['kind']
  readonly hostname?: string
  /** pivot_root(2). */
  readonly root?: RootState
}

/** The holder lets go of the namespaces; the kernel frees what is in them. */
export interface DelNetns extends OperationBase {
  readonly type: 'del netns'
}

export interface SetHostname extends OperationBase {
  readonly type: 'set hostname'
  readonly hostname: string
  readonly previous?: string
}

/** What the node has of its own from now on; what runs in its pid namespace ends. A new node isolates DEFAULT_ISOLATION. */
export interface SetIsolation extends OperationBase {
  readonly type: 'set isolation'
  readonly isolation: Isolation
  readonly previous: Isolation
}

/**
 * RTM_NEWLINK kind bridge, down, without IFLA_MTU: a bridge takes the least mtu of its ports until another than it has is set
 * (br_mtu_auto_adjust). Where that is needed a SetLink follows, when the ports are there.
 */
export interface AddBridge extends OperationBase {
  readonly type: 'add bridge'
  readonly ifname: string
  readonly link: BridgeLink
}

/** RTM_NEWLINK kind veth: both ends, in their namespaces, under their final names, with lladdr, mtu, master and alias; both down, with the kernel's own addrGenMode (eui64). */
export interface AddVeth extends OperationBase {
  readonly type: 'add veth'
  readonly ifname: string
  readonly link: VethLink
  /** The end at `link.peer`. */
  readonly peer: VethLink
}

/**
 * RTM_NEWLINK of a kind in state/kind.ts: down, with lladdr, mtu, parent and options, in no bridge, bond or VRF yet. A tun or tap is
 * made by TUNSETIFF, for rtnetlink does not make it.
 */
export interface AddLink extends OperationBase {
  readonly type: 'add link'
  readonly ifname: string
  readonly link: VirtualLink
}

/** RTM_NEWLINK on an existing link: only the named properties. */
export interface SetLink extends OperationBase {
  readonly type: 'set link'
  readonly ifname: string
  readonly set: LinkChange
  /** The same properties as they were. */
  readonly previous?: LinkChange
}

/** RTM_NEWLINK with IFLA_NET_NS_FD: an interface of the machine comes, down, under this name. How it was there is noted before. */
export interface TakeLink extends OperationBase {
  readonly type: 'take link'
  readonly ifname: string
  readonly link: ExternalLink
}

/** RTM_DELLINK; a veth's peer goes with it. An interface of the machine goes back, and is there as it was. */
export interface DelLink extends OperationBase {
  readonly type: 'del link'
  readonly ifname: string
  /** As it was observed. */
  readonly link: LinkState
  /** The other end of a veth, as it was observed. */
  readonly peer?: VethLink
}

/** RTM_NEWQDISC: one discipline of an interface, below those that its chain has before it. */
export interface AddQdisc extends OperationBase {
  readonly type: 'add qdisc'
  readonly ifname: string
  readonly qdisc: Qdisc
  /** Handle of the discipline above; absent for the root. */
  readonly parent?: number
}

/** RTM_NEWQDISC on one that stands, of the same kind: packets that wait in it or are on their way stay there. */
export interface ChangeQdisc extends OperationBase {
  readonly type: 'change qdisc'
  readonly ifname: string
  readonly qdisc: Qdisc
  readonly parent?: number
  readonly previous: Qdisc
}

/** RTM_DELQDISC of the root: the whole chain goes, with the packets in it. */
export interface DelQdisc extends OperationBase {
  readonly type: 'del qdisc'
  readonly ifname: string
  /** As it was observed. */
  readonly chain: QdiscChain
}

/** WG_CMD_SET_DEVICE: only what is named; peers that are not named stay. */
export interface SetWireguard extends OperationBase {
  readonly type: 'set wireguard'
  readonly ifname: string
  readonly set: WireguardChange
  /** What brings it back. */
  readonly previous?: WireguardChange
}

/** Neighbouring VLANs with which a port, or a bridge's own interface, does the same. */
export interface VlanRange {
  readonly first: number
  readonly last: number
  readonly flags: PortVlan
}

/** RTM_SETLINK of AF_BRIDGE. A VLAN that is there gets the flags. */
export interface AddVlan extends OperationBase {
  readonly type: 'add vlan'
  readonly ifname: string
  readonly vlans: VlanRange
  /** Of the bridge `ifname` itself, not of a port. */
  readonly isSelf: boolean
  /** The same VLANs as they were, where they were there with other flags. */
  readonly previous?: VlanRange
}

export interface DelVlan extends OperationBase {
  readonly type: 'del vlan'
  readonly ifname: string
  readonly vlans: VlanRange
  readonly isSelf: boolean
}

/** RTM_NEWNEIGH of AF_BRIDGE: a static entry of the bridge's table, which leads to the port `ifname`. */
export interface AddFdb extends OperationBase {
  readonly type: 'add fdb'
  readonly ifname: string
  readonly fdb: FdbEntry
}

export interface DelFdb extends OperationBase {
  readonly type: 'del fdb'
  readonly ifname: string
  readonly fdb: FdbEntry
}

/** RTM_NEWMDB: the port `ifname` has asked for a group for good. Errors: EINVAL where the bridge does no snooping or is down. */
export interface AddMdb extends OperationBase {
  readonly type: 'add mdb'
  readonly ifname: string
  readonly bridge: string
  readonly mdb: MdbEntry
}

export interface DelMdb extends OperationBase {
  readonly type: 'del mdb'
  readonly ifname: string
  readonly bridge: string
  readonly mdb: MdbEntry
}

/**
 * RTM_NEWADDR. A v6 address with IFA_F_NODAD: that no other has it is known, and while it is tentative the kernel refuses it as
 * source of a route (EINVAL) and answers nothing.
 */
export interface AddAddr extends OperationBase {
  readonly type: 'add addr'
  readonly addr: AddrState
}

export interface DelAddr extends OperationBase {
  readonly type: 'del addr'
  readonly addr: AddrState
}

/** RTM_NEWROUTE. Without a gateway its scope is link, as iproute2 has it: only then does it lead to the gateways of others. */
export interface AddRoute extends OperationBase {
  readonly type: 'add route'
  readonly route: RouteState
}

/** NLM_F_CREATE | NLM_F_REPLACE: same destination, table and metric. Traffic on it finds the one or the other, never none. */
export interface ReplaceRoute extends OperationBase {
  readonly type: 'replace route'
  readonly route: RouteState
  readonly previous: RouteState
}

export interface DelRoute extends OperationBase {
  readonly type: 'del route'
  readonly route: RouteState
}

export interface AddRule extends OperationBase {
  readonly type: 'add rule'
  readonly rule: RuleState
}

export interface DelRule extends OperationBase {
  readonly type: 'del rule'
  readonly rule: RuleState
}

export interface ReplaceNeigh extends OperationBase {
  readonly type: 'replace neigh'
  readonly neigh: NeighState
  readonly previous?: NeighState
}

export interface DelNeigh extends OperationBase {
  readonly type: 'del neigh'
  readonly neigh: NeighState
}

export interface SetSysctl extends OperationBase {
  readonly type: 'set sysctl'
  /** As the key of NamespaceState.sysctls. */
  readonly name: string
  readonly value: string
  /** What it was before, where that was observed. */
  readonly previous?: string
}

/** mount(2) over the path, which is made where it is missing. */
export interface AddMount extends OperationBase {
  readonly type: 'add mount'
  readonly path: string
  readonly mount: MountState
}

/** umount2(2), with all that is mounted below. */
export interface DelMount extends OperationBase {
  readonly type: 'del mount'
  readonly path: string
  readonly mount: MountState
}

export interface WriteFile extends OperationBase {
  readonly type: 'write file'
  readonly path: string
  /** Without content, in an undo alone: what the last write or removal of this file has put aside. */
  readonly file: FileState
  /** What netlab wrote there before, or somebody over that; absent where the host's own file, or none, shows. */
  readonly previous?: FileState
}

/** The host's own file, or none, shows again. */
export interface RemoveFile extends OperationBase {
  readonly type: 'remove file'
  readonly path: string
  readonly previous?: FileState
}

/** Operations in the order in which they are applied. */
export interface Plan {
  /** Name of the lab. */
  readonly lab: string
  readonly operations: readonly Operation[]
}
