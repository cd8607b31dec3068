/**
 * The model of a network: what the file asks for (desired) and what the kernel has (observed), in the same types.
 * Names are the kernel's: <linux/if_link.h>, <linux/rtnetlink.h>, ip-link(8), ip-address(8), ip-route(8), ip-rule(8).
 * Desired objects carry the origin of the value that asked for them; observed ones have none. Comparison ignores origins.
 * Everything here is plain data that survives structured clone.
 */
import type { Origin, Sourced } from '../diagnostic/origin.ts'
import type { QdiscChain } from './qdisc.ts'
import type { VirtualKind } from './kind.ts'
import type { TreeState } from './mount.ts'
import type { Options } from './option.ts'
import type { Isolation } from './isolation.ts'
import type { Limits } from './limits.ts'
import type { WireguardConfig } from './wireguard.ts'
import type { ServiceDefinition, ServiceStatus } from './service.ts'

/** Names of the namespace that holds the bridges, of the node that `internet` makes, and of the machine's own network. `@` cannot occur in a node's name. */
export const FABRIC = '@fabric'
export const INTERNET = '@internet'
export const HOST = '@host'
/** Who has the other ends of the machine's own interfaces: a topology knows it as a node, the kernel does not know it. */
export const EXTERNAL = '@external'

export interface NetworkState {
  /** By name: nodes, bridges that have a namespace of their own, and FABRIC where the lab has bridges. In the order of the file. */
  readonly namespaces: ReadonlyMap<string, NamespaceState>
}

export interface NamespaceState extends Sourced, TreeState {
  /**
   * `node`: net, uts and mnt namespaces. `bridge`: a bridge with an address of its own. `fabric`: all other bridges. These two are net only.
   * `host`: the machine's own network, of which the lab sees its cables' ends and nothing else.
   */
  readonly kind: 'node' | 'bridge' | 'fabric' | 'host'
  /** sethostname(2). Only nodes have one. */
  readonly hostname?: string
  /** Of a node. */
  readonly isolation?: Isolation
  /** Of a node. */
  readonly limits?: Limits
  /** Where the file has them. */
  readonly limitsOrigin?: Origin
  /** By ifname. */
  readonly links: ReadonlyMap<string, LinkState>
  /** By ifname. Without those that the kernel gives each link itself. */
  readonly qdiscs: ReadonlyMap<string, QdiscChain>
  /** By `addrKey`. */
  readonly addrs: ReadonlyMap<string, AddrState>
  /** By `routeKey`. Without those the kernel makes itself (protocol kernel, ra, redirect) and those of routing daemons. */
  readonly routes: ReadonlyMap<string, RouteState>
  /** By `ruleKey`. Without the kernel's own three (priorities 0, 32766, 32767). */
  readonly rules: ReadonlyMap<string, RuleState>
  /** By `neighKey`. Permanent entries only. */
  readonly neighs: ReadonlyMap<string, NeighState>
  /** By name, dots between the parts as in sysctl(8); a dot inside an ifname is written `/`. */
  readonly sysctls: ReadonlyMap<string, SysctlState>
  /** By absolute path inside the node. */
  readonly files: ReadonlyMap<string, FileState>
  /** By tool. */
  readonly rulesets: ReadonlyMap<RulesetTool, RulesetState>
  /** Commands run once, when the network is complete. Never observed. */
  readonly setup: readonly SetupCommand[]
  /** By name. Programs that run as long as the lab does, each under a supervisor. */
  readonly services: ReadonlyMap<string, ServiceState>
}

export type LinkState = LoopbackLink | VethLink | BridgeLink | VirtualLink | ExternalLink | OtherLink

/** The two of the kernel's IN6_ADDR_GEN_MODE_* that netlab sets; any other is observed as `other`. */
export type AddrGenMode = 'eui64' | 'none' | 'other'

interface LinkBase extends Sourced {
  /** Administrative state, IFF_UP. */
  readonly up: boolean
  /** Bytes. */
  readonly mtu: number
  /** IFLA_ADDRESS, lower case, colons. Always set on desired veths and bridges. */
  readonly lladdr?: string
  /** IFLA_INET6_ADDR_GEN_MODE: `none` gives the link no link-local address. Desired of nodes' cables only, and not below an MTU of 1280: such a link has no IPv6. */
  readonly addrGenMode?: AddrGenMode
  /** ifname of the bridge, bond or VRF in the same namespace. */
  readonly master?: string
  /** Of a bridge's port; desired only where the file says something of it. */
  readonly port?: BridgePort
  /** IFLA_IFALIAS: what a name that had to be shortened stands for. */
  readonly alias?: string
  /** Only in observed state: never compared. */
  readonly facts?: LinkFacts
}

export interface LinkFacts {
  readonly ifindex: number
  /** RFC 2863 state as `ip link` prints it: UP, DOWN, LOWERLAYERDOWN, UNKNOWN … */
  readonly operstate: string
  readonly carrier: boolean
  /** Of a bridge's port. */
  readonly portState?: PortState
  readonly rxBytes: number
  readonly txBytes: number
  readonly rxPackets: number
  readonly txPackets: number
  readonly rxErrors: number
  readonly txErrors: number
  readonly rxDropped: number
  readonly txDropped: number
}

/** What the spanning tree lets a bridge's port do. <linux/if_bridge.h> BR_STATE_* */
export type PortState = 'disabled' | 'listening' | 'learning' | 'forwarding' | 'blocking'

export interface LoopbackLink extends LinkBase {
  readonly kind: 'loopback'
}

export interface VethLink extends LinkBase {
  readonly kind: 'veth'
  readonly peer: LinkEnd
}

/** One end of a cable: the interface `ifname` in the namespace `netns`. */
export interface LinkEnd {
  readonly netns: string
  readonly ifname: string
}

export interface BridgeLink extends LinkBase {
  readonly kind: 'bridge'
  /** IFLA_BR_STP_STATE */
  readonly stp: boolean
  /** IFLA_BR_PRIORITY, 0 to 65535 */
  readonly priority: number
  /** IFLA_BR_AGEING_TIME, in the kernel's hundredths of a second */
  readonly ageingCs: number
  /** IFLA_BR_FORWARD_DELAY, in hundredths of a second */
  readonly forwardDelayCs: number
  /** IFLA_BR_HELLO_TIME, in hundredths of a second */
  readonly helloCs: number
  /** IFLA_BR_MAX_AGE, in hundredths of a second */
  readonly maxAgeCs: number
  /** IFLA_BR_MCAST_SNOOPING */
  readonly mcastSnooping: boolean
  /** IFLA_BR_VLAN_FILTERING: absent where the bridge takes no notice of VLANs. */
  readonly vlan?: BridgeVlan
  /** VLANs of the bridge's own interface, where it has `vlan`: what `bridge vlan … self` sets. */
  readonly selfVlans?: ReadonlyMap<number, PortVlan>
  /** Only in observed state: options that have the spanning tree's value for now, not the bridge's own; spanning-tree.ts. */
  readonly lent?: readonly ('ageingCs' | 'forwardDelayCs' | 'helloCs' | 'maxAgeCs')[]
}

/** A bridge that tells VLANs apart. It gives its ports none of its own accord: vlan_default_pvid is 0. */
export interface BridgeVlan {
  /** IFLA_BR_VLAN_PROTOCOL */
  readonly protocol: '802.1Q' | '802.1ad'
  /** IFLA_BR_VLAN_DEFAULT_PVID */
  readonly defaultPvid: number
}

/** A link as port of a bridge: IFLA_INFO_SLAVE_DATA, and what bridge(8) shows of it. */
export interface BridgePort {
  /** `PORT_OPTIONS` of kind.ts. */
  readonly options: Options
  /** Of a bridge with `vlan`, by VLAN id in ascending order. */
  readonly vlans: ReadonlyMap<number, PortVlan>
  /** Static forwarding entries, by `fdbKey`. */
  readonly fdbs: ReadonlyMap<string, FdbEntry>
  /** Permanent multicast memberships, by `mdbKey`. */
  readonly mdbs: ReadonlyMap<string, MdbEntry>
}

/** What a port does with a VLAN, in the words of bridge(8): tagged where there are none. `pvid`: what comes in untagged is of it. */
export type PortVlan = '' | 'pvid' | 'untagged' | 'pvid untagged'

export interface FdbEntry {
  readonly lladdr: string
  /** On a bridge with `vlan`. */
  readonly vlan?: number
  /** Of a VXLAN's own table: address of the far end that the frames go to. */
  readonly dst?: string
}

export interface MdbEntry {
  /** Canonical text of an IPv4 or IPv6 group. */
  readonly group: string
  readonly vlan?: number
}

/** A link of a kind in kind.ts. */
export interface VirtualLink extends LinkBase {
  readonly kind: VirtualKind
  /** IFLA_LINK, or what the kind has for it: ifname of the link that it stands on, in the same namespace. */
  readonly parent?: string
  readonly options: Options
  /**
   * Of kind vxlan: its own table, by `fdbKey`. The address 00:00:00:00:00:00 stands for all that no other entry has, and frames for it go to
   * each of its far ends (head-end replication).
   */
  readonly fdbs?: ReadonlyMap<string, FdbEntry>
  /** Of kind wireguard. */
  readonly wireguard?: WireguardConfig
}

/** An interface of the machine, which goes back there when the lab goes. */
export interface ExternalLink extends LinkBase {
  readonly kind: 'external'
  /** Its name on the machine. */
  readonly device: string
}

/** A link that netlab did not make (observed only); left alone. */
export interface OtherLink extends LinkBase {
  readonly kind: 'other'
  /** IFLA_INFO_KIND, or '' where the kernel gives none. */
  readonly infoKind: string
}

export interface AddrState extends Sourced {
  readonly ifname: string
  readonly family: Family
  /** Canonical text (RFC 5952 for v6), without the prefix length. */
  readonly local: string
  readonly prefixlen: number
  /** Of observed state alone: the subnet, where the route that came with the address is gone. */
  readonly lostSubnet?: string
}

export type Family = 4 | 6

/** `mpls`: AF_MPLS, of a route that is found by the outermost label of a packet. */
export type RouteFamily = Family | 'mpls'

export type RouteType = 'unicast' | 'blackhole' | 'unreachable' | 'prohibit'

/** RTAX_*, as iproute2 names them: of what goes by a route. */
export const ROUTE_METRICS = ['mtu', 'window', 'advmss', 'reordering', 'hoplimit', 'initcwnd', 'initrwnd', 'quickack'] as const

export type RouteMetric = (typeof ROUTE_METRICS)[number]

export interface RouteState extends Sourced, Readonly<Partial<Record<RouteMetric, number>>> {
  readonly family: RouteFamily
  readonly type: RouteType
  /** Canonical prefix `10.0.0.0/8`; a default route is `0.0.0.0/0` or `::/0`; of MPLS the label, `100`. */
  readonly dst: string
  /** RT_TABLE_MAIN is 254. */
  readonly table: number
  /** RTA_PRIORITY. The kernel's own default is 0 for v4 and 1024 for v6; always written out here. MPLS has none: 0. */
  readonly metric: number
  /** Empty unless the type is unicast. */
  readonly nexthops: readonly Nexthop[]
  /** RTA_PREFSRC */
  readonly src?: string
  /** RTPROT_*; absent is RTPROT_BOOT, what `ip route add` makes. */
  readonly protocol?: number
  /** RT_SCOPE_*, where it is not what `ip route add` takes for granted: link without a gateway, else global. IPv4 only. */
  readonly scope?: number
}

export interface Nexthop {
  /** RTA_GATEWAY, canonical text; absent for a directly connected destination. May be of the other family (RTA_VIA). */
  readonly via?: string
  readonly dev: string
  /** 1 to 256, as `ip route` shows it (rtnh_hops + 1). */
  readonly weight: number
  readonly onlink: boolean
  /**
   * Labels that a packet gets, the outermost first. Of an IP route RTA_ENCAP (`encap mpls`), where it goes to be sent with them; of an MPLS route
   * RTA_NEWDST (`as`), in place of its own, which is just taken off where there are none.
   */
  readonly labels?: readonly number[]
}

export type RuleAction = 'lookup' | 'blackhole' | 'unreachable' | 'prohibit'

export interface RuleState extends Sourced {
  readonly family: Family
  /** FRA_PRIORITY */
  readonly priority: number
  readonly action: RuleAction
  /** FRA_TABLE, where the action is lookup */
  readonly table?: number
  readonly not: boolean
  /** Canonical prefixes; absent means all. */
  readonly src?: string
  readonly dst?: string
  readonly iif?: string
  readonly oif?: string
  readonly fwmark?: number
  readonly fwmask?: number
  /** IPPROTO_* number */
  readonly ipproto?: number
  readonly sport?: PortRange
  readonly dport?: PortRange
  /** FRA_SUPPRESS_PREFIXLEN */
  readonly suppressPrefixlen?: number
}

export interface PortRange {
  readonly start: number
  readonly end: number
}

export interface NeighState extends Sourced {
  readonly ifname: string
  readonly family: Family
  /** Canonical text. */
  readonly dst: string
  readonly lladdr: string
  /** RTPROT_* of the daemon that made it; absent where somebody did by hand. */
  readonly protocol?: number
}

export interface SysctlState extends Sourced {
  /** As /proc/sys shows it, tabs between several numbers. */
  readonly value: string
}

export interface FileState extends Sourced {
  /** Permission bits, e.g. 0o644. */
  readonly mode: number
  /** The content itself: strings are UTF-8. Observed files carry only the digest. */
  readonly content?: string | Uint8Array
  /** SHA-256 of the content, hexadecimal. */
  readonly sha256: string
}

export type RulesetTool = 'iptables' | 'ip6tables' | 'nftables'

export interface RulesetState extends Sourced {
  /** iptables-restore(8) or nft(8) input, as the file gives it. Absent in observed state. */
  readonly input?: string
  /** Origin of each line of the input, where the file has one for it. */
  readonly lineOrigins?: readonly (Origin | undefined)[]
  /** What `iptables-save` or `nft list ruleset` prints of it, without comments and counters: the form that is compared. */
  readonly canonical: string
}

export interface SetupCommand extends Sourced {
  /** argv; a string in the file becomes ['sh', '-c', text]. */
  readonly argv: readonly string[]
}

export interface ServiceState extends Sourced {
  /** How it is run. Absent in observed state, where the digest stands for it. */
  readonly definition?: ServiceDefinition
  /** SHA-256 of what a service is started with: where it differs, a running one must be restarted. */
  readonly digest: string
  /** Only in observed state. */
  readonly status?: ServiceStatus
}
