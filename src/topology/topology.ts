/**
 * What a file means: names, addresses and routes are all settled, nothing is a range, a default or `auto` any more.
 * Plain data; each value knows the place that asked for it. `desiredState` turns it into the kernel's nouns.
 */
import type { Origin } from '../diagnostic/origin.ts'
import type { VirtualKind } from '../state/kind.ts'
import type { Isolation } from '../state/isolation.ts'
import type { Limits } from '../state/limits.ts'
import type { Options } from '../state/option.ts'
import type { MountState, RootState } from '../state/mount.ts'
import type {
  BridgePort,
  BridgeVlan,
  FdbEntry,
  FileState,
  NeighState,
  PortVlan,
  RouteState,
  RuleState,
  RulesetState,
  RulesetTool,
  ServiceState,
  SetupCommand,
  SysctlState,
} from '../state/network.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import type { Prefix } from '../unit/prefix.ts'
import type { DaemonConfig } from './daemon-config.ts'
import type { ServiceSettings } from './services.ts'
import type { WireguardConfig } from '../state/wireguard.ts'

export interface Topology {
  readonly name: string
  /** Whether anything in the file is IPv6: without it no node gets as much as a link-local address. */
  readonly usesIpv6: boolean
  readonly nodes: ReadonlyMap<string, Node>
  readonly bridges: ReadonlyMap<string, Bridge>
  /** In the order of the file. */
  readonly cables: readonly Cable[]
}

export interface Node {
  readonly name: string
  readonly origin: Origin
  /** By ifname, in the order of the links, then those that no link makes. Without `lo`. */
  readonly interfaces: ReadonlyMap<string, Interface>
  /** Addresses on `lo` beside those of the kernel. */
  readonly loopback: readonly InterfaceAddress[]
  readonly forwarding: boolean
  /** Of the value that switches it on or off. */
  readonly forwardingOrigin?: Origin
  /** By `routeKey`. */
  readonly routes: ReadonlyMap<string, RouteState>
  readonly rules: readonly RuleState[]
  readonly neighs: readonly NeighState[]
  readonly services: ReadonlyMap<string, ServiceState>
  /** Where the file says that it reaches the world outside. */
  readonly internet?: Origin
  readonly settings: NodeSettings
}

/** What a node has from the file as it stands, equal for all nodes of a range. */
export interface NodeSettings {
  readonly sysctls: ReadonlyMap<string, SysctlState>
  readonly files: ReadonlyMap<string, FileState>
  /** Its `save` is the directory of all nodes that have these settings. */
  readonly root?: RootState
  readonly mounts: ReadonlyMap<string, MountState>
  readonly rulesets: ReadonlyMap<RulesetTool, Omit<RulesetState, 'canonical'> & { readonly input: string }>
  readonly setup: readonly SetupCommand[]
  readonly services: ReadonlyMap<string, ServiceSettings>
  /** Configurations of routing daemons, for their own tools to check. */
  readonly configs: readonly DaemonConfig[]
  /** Whether a daemon's configuration speaks of IPv6. */
  readonly usesIpv6: boolean
  readonly env: Readonly<Record<string, string>>
  readonly isolation: Isolation
  readonly limits: Limits
  readonly limitsOrigin?: Origin
  /** Of its commands; absent where it is privileged. */
  readonly capabilities?: readonly string[]
  /** Lines for /etc/hosts. */
  readonly hosts: readonly string[]
  /** Lines for /etc/resolv.conf. */
  readonly dns: readonly string[]
  readonly dnsOrigin?: Origin
}

export interface Bridge {
  readonly name: string
  readonly origin: Origin
  /** Given, else undefined: the desired state derives one. */
  readonly mac?: string
  readonly mtu: number
  readonly stp: boolean
  readonly priority: number
  readonly ageingCs: number
  readonly forwardDelayCs: number
  readonly helloCs: number
  readonly maxAgeCs: number
  readonly mcastSnooping: boolean
  readonly vlan?: BridgeVlan
  readonly selfVlans?: ReadonlyMap<number, PortVlan>
  /** Addresses of the bridge itself; with any, the bridge has a namespace of its own. */
  readonly addresses: readonly InterfaceAddress[]
  /** By `routeKey`. */
  readonly routes: ReadonlyMap<string, RouteState>
  /** Where the file says that whoever is on it reaches the world outside. */
  readonly internet?: Origin
}

export interface Cable {
  readonly ends: readonly [Interface, Interface]
  readonly origin: Origin
}

/** One end of a cable, or an interface of a node that no cable makes. */
export interface Interface {
  /** Name of the node or bridge that it is in. */
  readonly owner: string
  readonly ownerKind: 'node' | 'bridge'
  /** Absent for the port of a bridge that the file gives no name. */
  readonly ifname?: string
  /** Of the endpoint in `links`. */
  readonly origin: Origin
  readonly mac?: string
  readonly mtu: number
  readonly up: boolean
  readonly addresses: readonly InterfaceAddress[]
  /** What happens to packets that leave by it. */
  readonly qdiscs?: QdiscChain
  /** Of an interface of a node: the bond, bridge or VRF there that has it. */
  readonly master?: string
  /** As port of a bridge, of the lab or of its node. */
  readonly port?: BridgePort
  /** Where no cable makes it. */
  readonly virtual?: VirtualInterface | NodeBridge
}

export interface VirtualInterface {
  readonly kind: VirtualKind
  readonly parent?: string
  readonly options: Options
  /** Addresses of the far ends of a vxlan that has several. */
  readonly remotes?: readonly string[]
  /** Of a vxlan: addresses that are behind one far end alone. */
  readonly fdbs?: readonly FdbEntry[]
  readonly wireguard?: WireguardConfig
}

/** A bridge inside a node. */
export interface NodeBridge {
  readonly kind: 'bridge'
  readonly bridge: Bridge
}

export interface InterfaceAddress {
  readonly prefix: Prefix
  readonly origin: Origin
}
