/** What the model kernel keeps of one namespace, and how it refuses. */
import type { Operation } from '../../src/plan/operation.ts'
import type { MountState, RootState } from '../../src/state/mount.ts'
import type {
  AddrState,
  FileState,
  LinkState,
  NamespaceState,
  NeighState,
  RouteState,
  RuleState,
  RulesetTool,
} from '../../src/state/network.ts'
import type { Isolation } from '../../src/state/isolation.ts'
import type { Limits } from '../../src/state/limits.ts'
import type { QdiscChain } from '../../src/state/qdisc.ts'

export class Refusal extends Error {}

export type Writable<T> = { -readonly [K in keyof T]: T[K] }

export interface Link {
  link: Writable<LinkState>
  /** A bridge's mtu was set by hand: it no longer follows its ports. */
  ownMtu: boolean
  /** Of a member of a bond: what it had when it joined. */
  before?: Pick<LinkState, 'lladdr' | 'mtu'>
  /** NET_ADDR_RANDOM: a bond takes the address of the first member that it gets. */
  hasRandomLladdr?: boolean
}

export interface Netns {
  readonly kind: NamespaceState['kind']
  hostname: string | undefined
  isolation: Isolation | undefined
  limits: Limits | undefined
  readonly root: RootState | undefined
  readonly mounts: Map<string, MountState>
  readonly links: Map<string, Link>
  /** By ifname. */
  readonly qdiscs: Map<string, QdiscChain>
  /** In the order of ifa_list: of one v4 subnet the first is primary. */
  addrs: AddrState[]
  /** With nexthops that are dead for now. */
  routes: RouteState[]
  rules: RuleState[]
  neighs: NeighState[]
  readonly sysctls: Map<string, string>
  readonly files: Map<string, FileState>
  readonly tables: Map<RulesetTool, Map<string, string>>
  /** Made with the first IPv4 address of a link that is up; it never goes. */
  hasLocalTable: boolean
}

export function refuse(errno: string, operation: Operation): never {
  throw new Refusal(`${errno}: ${JSON.stringify(operation)}`)
}
