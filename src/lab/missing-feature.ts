// A feature that the kernel lacks, as a diagnostic: what has it, and how it gets here.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'
import type { Probe } from '../linux/probe.ts'

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

const OPEN_TUN = 'chmod 666 /dev/net/tun'

/** The kernel has it, this user may not open it: distributions let everybody, machines made for one program may not. */
function isClosedTun({ name, words }: Pick<Probe, 'name' | 'words'>): boolean {
  return name === 'tun' && words.startsWith('EACCES')
}

/** What brings a kind that could not be had, for a line of `doctor`. */
export function featureRemedy(name: string, words: string): string {
  if (isClosedTun({ name, words })) return `as root, or: ${OPEN_TUN}`
  const source = SOURCES[name]
  const module = source === undefined ? name : source.module
  const config = source === undefined ? '' : ` (${source.config})`
  return module === undefined ? `a kernel with ${source?.config ?? name}` : `modprobe ${module}, or a kernel that has it${config}`
}

function closedTun(words: string, origin: Origin | undefined): Diagnostic {
  return {
    code: 'FEATURE_MISSING',
    severity: 'error',
    detail: `You may not open /dev/net/tun (${words}), without which there is no tun and no tap.`,
    ...(origin !== undefined && { origin }),
    hint: 'Bring the lab up as root, or have root open the device to all: what it makes is in the namespaces of the lab alone.',
    command: { sentence: 'Root does that with:', line: OPEN_TUN },
  }
}

/** Error FEATURE_MISSING. `aftermath` says what became of the lab. */
export function missingFeature({ group, name, words }: Probe, origin: Origin | undefined, aftermath = ''): Diagnostic {
  if (isClosedTun({ name, words })) return closedTun(words, origin)
  const { module, config } = sourceOf(name)
  const said = words.replace(/: \(.*\)$/, '') // without a remark that the kernel said no more
  return {
    code: 'FEATURE_MISSING',
    severity: 'error',
    detail: `This kernel has no ${name}${group === 'namespace' ? ' namespaces' : ''} (${said}).${aftermath}`,
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

/** A kernel that does not know the attribute passes over it: found by reading back. */
export function missingSeed(origin: Origin | undefined, aftermath: string): Diagnostic {
  const words = 'the kernel takes no TCA_NETEM_PRNG_SEED'
  return missingFeature({ group: 'queueing discipline', name: 'netem seed', ok: false, words }, origin, ` ${aftermath}`)
}
