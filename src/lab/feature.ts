// What the kernel must have for a file: found by trying it in a network of its own, before anything is made.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'
import { probeKernel } from '../linux/engine.ts'
import type { Probe } from '../linux/probe.ts'
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
  'bridge vlan_filtering': { config: 'CONFIG_BRIDGE_VLAN_FILTERING' },
  'bridge mcast_snooping': { config: 'CONFIG_BRIDGE_IGMP_SNOOPING' },
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
  for (const { links, routes } of desired.namespaces.values()) {
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

function missing({ name, words }: Probe, origin: Origin | undefined): Diagnostic {
  const source = SOURCES[name]
  const module = source?.module
  return {
    code: 'FEATURE_MISSING',
    severity: 'error',
    detail: `This kernel has no ${name} (${words}).`,
    ...(origin !== undefined && { origin }),
    hint: `It takes ${source?.config ?? name}${module === undefined ? '' : ` or the module ${module}`}. Debian's package linux-image-amd64 has it.`,
    ...(module !== undefined && {
      command: { sentence: 'Where the module is installed, root loads it with:', line: `modprobe ${module}` },
    }),
  }
}
