// What the kernel must have, found by trying: kinds of links and of routes for a file, in a network of its own before anything is made;
// queueing disciplines for a plan, before its first effect.
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'
import { probeKernel, type Engine } from '../linux/engine.ts'
import type { Probe } from '../linux/probe.ts'
import type { Operation, Plan } from '../plan/operation.ts'
import { DEFAULT_ISOLATION } from '../state/isolation.ts'
import { isVirtualKind } from '../state/kind.ts'
import type { LinkState, NetworkState, RouteState } from '../state/network.ts'

interface Source {
  /** Kernel module. Absent where it is a part of another one, and cannot be loaded by itself. */
  readonly module?: string
  /** What builds it. */
  readonly config: string
}

/** Where the kernel has kinds of links and of routes from, by the name of the probe. */
const SOURCES: Readonly<Record<string, Source>> = {
  dummy: { module: 'dummy', config: 'CONFIG_DUMMY' },
  vlan: { module: '8021q', config: 'CONFIG_VLAN_8021Q' },
  vrf: { module: 'vrf', config: 'CONFIG_NET_VRF' },
  bond: { module: 'bonding', config: 'CONFIG_BONDING' },
  macvlan: { module: 'macvlan', config: 'CONFIG_MACVLAN' },
  ipvlan: { module: 'ipvlan', config: 'CONFIG_IPVLAN' },
  vxlan: { module: 'vxlan', config: 'CONFIG_VXLAN' },
  gre: { module: 'ip_gre', config: 'CONFIG_NET_IPGRE' },
  gretap: { module: 'ip_gre', config: 'CONFIG_NET_IPGRE' },
  ip6gre: { module: 'ip6_gre', config: 'CONFIG_IPV6_GRE' },
  ip6gretap: { module: 'ip6_gre', config: 'CONFIG_IPV6_GRE' },
  ipip: { module: 'ipip', config: 'CONFIG_NET_IPIP' },
  sit: { module: 'sit', config: 'CONFIG_IPV6_SIT' },
  wireguard: { module: 'wireguard', config: 'CONFIG_WIREGUARD' },
  tun: { module: 'tun', config: 'CONFIG_TUN' },
  mpls: { module: 'mpls_router', config: 'CONFIG_MPLS_ROUTING' },
  'encap mpls': { module: 'mpls_iptunnel', config: 'CONFIG_MPLS_IPTUNNEL' },
  overlay: { module: 'overlay', config: 'CONFIG_OVERLAY_FS (without root Linux 5.11, too)' },
  'bridge vlan_filtering': { config: 'CONFIG_BRIDGE_VLAN_FILTERING' },
  'bridge mcast_snooping': { config: 'CONFIG_BRIDGE_IGMP_SNOOPING' },
  'netem seed': { config: 'Linux 6.6' },
  cgroup: { config: 'CONFIG_CGROUPS and Linux 4.6' },
  time: { config: 'CONFIG_TIME_NS and Linux 5.6' },
}

/** Whatever is not in the table is a queueing discipline: these have modules of their own, all named alike. */
function sourceOf(name: string): Source {
  return SOURCES[name] ?? { module: `sch_${name}`, config: `CONFIG_NET_SCH_${name.toUpperCase()}` }
}

/** What brings a kind that the kernel lacks, for a line of `doctor`. */
export function featureRemedy(name: string): string {
  const source = SOURCES[name]
  const module = source === undefined ? name : source.module
  const config = source === undefined ? '' : ` (${source.config})`
  return module === undefined ? `a kernel with ${source?.config ?? name}` : `modprobe ${module}, or a kernel that has it${config}`
}

/** Findings FEATURE_MISSING, one for each feature, at the first place that needs it. No process is started where none is needed. */
export async function findMissingFeatures(desired: NetworkState): Promise<Diagnostic[]> {
  const needed = neededFeatures(desired)
  if (needed.size === 0) return []
  const probes = await probeKernel([...needed.keys()])
  return probes.filter(({ ok }) => !ok).map((probe) => missing(probe, needed.get(probe.name)))
}

/** By the name of the probe: where the file asks for it first. */
function neededFeatures(desired: NetworkState): Map<string, Origin | undefined> {
  const needed = new Map<string, Origin | undefined>()
  const need = (names: readonly string[], origin: Origin | undefined): void => {
    for (const name of names) if (!needed.has(name)) needed.set(name, origin)
  }
  for (const { links, routes, root, isolation, origin } of desired.namespaces.values()) {
    need(isolation?.namespaces.filter((name) => !DEFAULT_ISOLATION.namespaces.includes(name)) ?? [], origin)
    if (root !== undefined) need(['overlay'], root.origin)
    for (const link of links.values()) need(featuresOf(link), link.origin)
    for (const route of routes.values()) need(routeFeatures(route), route.origin)
  }
  return needed
}

function featuresOf(link: LinkState): string[] {
  if (link.kind === 'bridge') {
    return [...(link.vlan === undefined ? [] : ['bridge vlan_filtering']), ...(link.mcastSnooping ? ['bridge mcast_snooping'] : [])]
  }
  if (!isVirtualKind(link.kind)) return []
  return [link.kind === 'tap' ? 'tun' : link.kind]
}

function routeFeatures({ family, nexthops }: RouteState): readonly string[] {
  if (family === 'mpls') return ['mpls']
  return nexthops.some(({ labels }) => labels !== undefined) ? ['mpls', 'encap mpls'] : []
}

/**
 * Tries the queueing disciplines that a plan wants. Errors: refusal FEATURE_MISSING, one for each that the kernel lacks. `aftermath` says
 * what became of the lab.
 */
export async function checkQdiscs(engine: Engine, plan: Plan, aftermath: string): Promise<void> {
  const needed = new Map<string, Origin | undefined>()
  for (const operation of plan.operations) for (const name of qdiscsOf(operation)) if (!needed.has(name)) needed.set(name, operation.origin)
  if (needed.size === 0) return
  const lacking = (await engine.probeQdiscs([...needed.keys()])).filter(({ ok }) => !ok)
  // Without netem there is no seed either: one finding is enough.
  const told = lacking.filter(({ name }) => !lacking.some((other) => name.startsWith(`${other.name} `)))
  if (told.length === 0) return
  throw new DiagnosticError(
    'refusal',
    told.map((probe) => missing(probe, needed.get(probe.name), ` ${aftermath}`)),
  )
}

/** Disciplines of net/sched/sch_fifo.c, which is there wherever there are any. */
const BUILT_IN = new Set(['pfifo', 'bfifo'])

function qdiscsOf(operation: Operation): readonly string[] {
  if (operation.type !== 'add qdisc' && operation.type !== 'change qdisc') return []
  const { options } = operation.qdisc
  if (BUILT_IN.has(options.kind)) return []
  return options.kind === 'netem' && options.seed !== undefined ? ['netem', 'netem seed'] : [options.kind]
}

/** The kernel has it, this user may not open it: distributions let everybody, machines made for one program may not. */
function closedTun(words: string, origin: Origin | undefined): Diagnostic {
  return {
    code: 'FEATURE_MISSING',
    severity: 'error',
    detail: `You may not open /dev/net/tun (${words}), without which there is no tun and no tap.`,
    ...(origin !== undefined && { origin }),
    hint: 'Bring the lab up as root, or have root open the device to all: what it makes is in the namespaces of the lab alone.',
    command: { sentence: 'Root does that with:', line: 'chmod 666 /dev/net/tun' },
  }
}

function missing({ group, name, words }: Probe, origin: Origin | undefined, aftermath = ''): Diagnostic {
  if (name === 'tun' && words.startsWith('EACCES')) return closedTun(words, origin)
  const { module, config } = sourceOf(name)
  return {
    code: 'FEATURE_MISSING',
    severity: 'error',
    detail: `This kernel has no ${name}${group === 'namespace' ? ' namespaces' : ''} (${words}).${aftermath}`,
    ...(origin !== undefined && { origin }),
    hint:
      name === 'netem seed'
        ? `It came with ${config}: leave \`seed\` out.`
        : `It takes ${config}${module === undefined ? '' : ` or the module ${module}`}. Debian's package linux-image-amd64 has it, linux-modules-extra of Ubuntu, kernel-modules-extra of Fedora.`,
    ...(module !== undefined && {
      command: { sentence: 'Where the module is installed, root loads it with:', line: `modprobe ${module}` },
    }),
  }
}
