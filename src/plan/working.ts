/** The network as it stands after the operations planned so far: a copy of what was observed, changed along with the plan. */
import { BARE_PORT } from '../state/equal-link.ts'
import type { MountState, RootState } from '../state/mount.ts'
import type {
  AddrState,
  FileState,
  LinkState,
  NamespaceState,
  NeighState,
  NetworkState,
  RouteState,
  RuleState,
  RulesetState,
  RulesetTool,
  ServiceState,
  SysctlState,
} from '../state/network.ts'
import type { Isolation } from '../state/isolation.ts'
import type { Limits } from '../state/limits.ts'
import type { QdiscChain } from '../state/qdisc.ts'

export type Working = Map<string, WorkingNamespace>

/** NamespaceState, to be written to. */
export interface WorkingNamespace {
  readonly kind: NamespaceState['kind']
  hostname: string | undefined
  /** Absent: DEFAULT_ISOLATION. */
  isolation?: Isolation
  limits?: Limits
  readonly root: RootState | undefined
  readonly mounts: Map<string, MountState>
  readonly links: Map<string, LinkState>
  readonly qdiscs: Map<string, QdiscChain>
  readonly addrs: Map<string, AddrState>
  readonly routes: Map<string, RouteState>
  readonly rules: Map<string, RuleState>
  readonly neighs: Map<string, NeighState>
  readonly sysctls: Map<string, SysctlState>
  readonly files: Map<string, FileState>
  readonly rulesets: Map<RulesetTool, RulesetState>
  readonly services: Map<string, ServiceState>
}

/** LOOPBACK_MTU of drivers/net/loopback.c is 64 KiB; lo of a new namespace is down. */
const NEW_LO = { kind: 'loopback', up: false, mtu: 65536 } as const

/** Files get the content that the last `up` wrote, where they still have it, and services their definition: only so can they be brought back. */
export function workingCopy(observed: NetworkState, previous: NetworkState | undefined): Working {
  const working: Working = new Map()
  for (const [netns, namespace] of observed.namespaces) {
    working.set(netns, {
      kind: namespace.kind,
      hostname: namespace.hostname,
      ...(namespace.isolation !== undefined && { isolation: namespace.isolation }),
      ...(namespace.limits !== undefined && { limits: namespace.limits }),
      root: namespace.root,
      mounts: new Map(namespace.mounts),
      links: withHiddenGroups(namespace.links, previous?.namespaces.get(netns)?.links),
      qdiscs: withDistributions(namespace.qdiscs, previous?.namespaces.get(netns)?.qdiscs),
      addrs: new Map(namespace.addrs),
      routes: new Map(namespace.routes),
      rules: new Map(namespace.rules),
      neighs: new Map(namespace.neighs),
      sysctls: new Map(namespace.sysctls),
      files: withContents(namespace.files, previous?.namespaces.get(netns)?.files),
      rulesets: new Map(namespace.rulesets),
      services: withDefinitions(namespace.services, previous?.namespaces.get(netns)?.services),
    })
  }
  return working
}

/** What unshare(2) gives: lo and nothing else. */
export function newNamespace(kind: NamespaceState['kind'], hostname?: string, root?: RootState): WorkingNamespace {
  return {
    kind,
    hostname,
    root,
    mounts: new Map(),
    links: new Map([['lo', NEW_LO]]),
    qdiscs: new Map(),
    addrs: new Map(),
    routes: new Map(),
    rules: new Map(),
    neighs: new Map(),
    sysctls: new Map(),
    files: new Map(),
    rulesets: new Map(),
    services: new Map(),
  }
}

/** The kernel keeps the groups of a bridge that does not snoop, and does not tell them (br_mdb_fill_info): they are those of the last `up`. */
function withHiddenGroups(
  observed: ReadonlyMap<string, LinkState>,
  made: ReadonlyMap<string, LinkState> | undefined,
): Map<string, LinkState> {
  return new Map(
    [...observed].map(([ifname, link]) => {
      const [bridge, before] = [observed.get(link.master ?? ''), made?.get(ifname)]
      const mdbs = before?.master === link.master ? before?.port?.mdbs : undefined
      if (bridge?.kind !== 'bridge' || bridge.mcastSnooping || mdbs === undefined) return [ifname, link]
      return [ifname, { ...link, port: { ...(link.port ?? BARE_PORT), mdbs } }]
    }),
  )
}

/** The kernel does not tell the distribution of a jitter: it is the one that the last `up` asked for. */
export function withDistributions(
  observed: ReadonlyMap<string, QdiscChain>,
  asked: ReadonlyMap<string, QdiscChain> | undefined,
): Map<string, QdiscChain> {
  return new Map([...observed].map(([ifname, chain]) => [ifname, withDistribution(chain, asked?.get(ifname))]))
}

function withDistribution(observed: QdiscChain, asked: QdiscChain | undefined): QdiscChain {
  const netem = asked?.qdiscs.find(({ options }) => options.kind === 'netem')?.options
  if (netem?.kind !== 'netem' || netem.distribution === undefined) return observed
  const { distribution } = netem
  const qdiscs = observed.qdiscs.map((qdisc) => {
    const { options } = qdisc
    return options.kind === 'netem' && options.jitterNs > 0 ? { ...qdisc, options: { ...options, distribution } } : qdisc
  })
  return { ...observed, qdiscs }
}

/** As `withContents`, for what a service was started with. */
function withDefinitions(
  services: ReadonlyMap<string, ServiceState>,
  started: ReadonlyMap<string, ServiceState> | undefined,
): Map<string, ServiceState> {
  return new Map(
    [...services].map(([name, service]) => {
      const before = started?.get(name)
      return [
        name,
        before?.definition !== undefined && before.digest === service.digest ? { ...service, definition: before.definition } : service,
      ]
    }),
  )
}

function withContents(files: ReadonlyMap<string, FileState>, written: ReadonlyMap<string, FileState> | undefined): Map<string, FileState> {
  return new Map(
    [...files].map(([path, file]) => {
      const before = written?.get(path)
      return [path, before?.content !== undefined && before.sha256 === file.sha256 ? { ...file, content: before.content } : file]
    }),
  )
}
