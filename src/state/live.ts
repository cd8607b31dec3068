/**
 * The network as a watcher sees it: what the kernel tells while a lab runs. Unlike the model in network.ts it has what nobody asked
 * for (carrier, learnt neighbours, the kernel's own routes), and it travels as changes: `before` and `after`, one of them absent
 * where an object came or went. Plain data that survives structured clone.
 */
import type { Family, NamespaceState, PortState, RouteState } from './network.ts'
import type { Qdisc } from './qdisc.ts'

export interface LiveLink {
  readonly ifindex: number
  readonly ifname: string
  /** IFLA_INFO_KIND; `loopback` for lo, '' where the kernel gives none. */
  readonly kind: string
  /** Administrative state, IFF_UP. */
  readonly up: boolean
  /** IFF_LOWER_UP */
  readonly carrier: boolean
  /** RFC 2863 state as `ip link` prints it. */
  readonly operstate: string
  /** Bytes. */
  readonly mtu: number
  readonly lladdr?: string
  /** ifname of the bridge in the same namespace. */
  readonly master?: string
  /** IFLA_IFALIAS */
  readonly alias?: string
  /** IFLA_LINK of a veth: the peer's ifindex, in the peer's namespace. */
  readonly peerIfindex?: number
  /** The peer is in the same namespace, as between two bridges. */
  readonly isPeerBeside?: true
  /** Of a bridge's port. */
  readonly port?: PortState
  /** Of a port of a bridge: its number there, and what the way through it costs. */
  readonly treePort?: { readonly number: number; readonly cost: number }
  /** Of a bridge that takes part in a spanning tree. */
  readonly tree?: LiveTree
}

/** Where a bridge stands in the spanning tree. */
export interface LiveTree {
  /** Priority, in hexadecimal, and address: `8000.02:00:00:00:00:01`. That of the root is the lowest. */
  readonly id: string
  readonly rootId: string
  /** Number of the port that leads to the root; 0 at the root. */
  readonly rootPort: number
  /** Of the way to the root. */
  readonly rootCost: number
}

export interface LiveAddr {
  readonly ifname: string
  readonly family: Family
  readonly local: string
  readonly prefixlen: number
  /** Duplicate address detection is not over. */
  readonly tentative: boolean
  /** Duplicate address detection found another owner. */
  readonly dadFailed: boolean
}

export interface LiveRoute extends Omit<RouteState, 'protocol'> {
  /** RTPROT_*, as `ip route` prints it. */
  readonly protocol: string
}

export interface LiveNeigh {
  readonly ifname: string
  readonly family: Family
  readonly dst: string
  readonly lladdr?: string
  /** NUD_*, as `ip neighbour` prints it. */
  readonly state: string
}

/** An entry of a bridge's forwarding table. */
export interface LiveFdb {
  /** ifname of the port, or of the bridge itself. */
  readonly port: string
  readonly lladdr: string
  readonly vlan?: number
  /** `learnt`, or set by somebody: `permanent` (the port's own) or `static`. */
  readonly state: 'learnt' | 'permanent' | 'static'
}

/** The queueing disciplines of a link, the root first; of a link that has more than what the kernel gives each. */
export interface LiveQdisc {
  readonly ifname: string
  readonly qdiscs: readonly Qdisc[]
}

/** The objects of a namespace that change, by the nouns of ip(8) and bridge(8). */
export interface LiveObjects {
  readonly link: LiveLink
  readonly addr: LiveAddr
  readonly route: LiveRoute
  readonly neigh: LiveNeigh
  readonly fdb: LiveFdb
  readonly qdisc: LiveQdisc
}

export type LiveNoun = keyof LiveObjects

/** An object came (`after` alone), changed (both), or went (`before` alone). */
export interface ObjectChange<Noun extends LiveNoun = LiveNoun> {
  readonly noun: Noun
  readonly netns: string
  readonly before?: LiveObjects[Noun]
  readonly after?: LiveObjects[Noun]
}

/** A namespace came or went. Its objects come after it, and go with it. */
export interface NamespaceChange {
  readonly noun: 'namespace'
  readonly netns: string
  readonly kind: NamespaceState['kind']
  /** Inode number of the network namespace, as lsns(8) prints it. */
  readonly inode: number
  readonly exists: boolean
}

export type LiveChange = NamespaceChange | { [Noun in LiveNoun]: ObjectChange<Noun> }[LiveNoun]

/** Counters of a link since it was made. struct rtnl_link_stats64. */
export interface LinkCounters {
  readonly rxPackets: number
  readonly txPackets: number
  readonly rxBytes: number
  readonly txBytes: number
  readonly rxErrors: number
  readonly txErrors: number
  readonly rxDropped: number
  readonly txDropped: number
}

/** Counters of the links of one namespace that have changed: rows of ifindex and the fields of LinkCounters, in their order. */
export interface CounterRows {
  readonly netns: string
  readonly rows: Float64Array
}

/** Numbers in one row of CounterRows. */
export const COUNTER_COLUMNS = 9

/** What a watcher is told at once, at most twenty times a second. The first batch has all that there is. */
export interface LiveBatch {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly changes: readonly LiveChange[]
  /** Where a sample was taken: the counters that differ from the one before. */
  readonly counters?: readonly CounterRows[]
  /** Namespaces whose messages came faster than they were read. They were read again: what changed in between and back is not known. */
  readonly overrun: readonly string[]
}
