import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { hasSysctl, siblingSysctls } from '../linux/sysctl.ts'
import { forAnyLink } from '../state/sysctl-name.ts'
import type { MachineNeeds } from '../topology/machine-needs.ts'
import { hasIpv6 } from './ipv6.ts'

/**
 * Findings FEATURE_MISSING: sysctls that this process's own network has not, so that no other has them either. What a node lacks though the
 * machine has it is refused when it is written.
 */
export function findUnknownSysctls({ sysctls, features }: Pick<MachineNeeds, 'sysctls' | 'features'>): Diagnostic[] {
  // A whole family that the kernel lacks is a finding of its own.
  const isTold = (name: string): boolean =>
    (name.startsWith('net.ipv6.') && !hasIpv6()) || (name.startsWith('net.mpls.') && features.has('mpls'))
  return [...sysctls].flatMap(([name, origin]): Diagnostic[] => {
    const anywhere = forAnyLink(name)
    if (anywhere === undefined || isTold(name) || hasSysctl(anywhere)) return []
    return [{ ...unknownSysctl(name, siblingSysctls(anywhere)), ...(origin !== undefined && { origin }) }]
  })
}

function unknownSysctl(name: string, siblings: readonly string[]): Diagnostic {
  const folder = name.slice(0, name.lastIndexOf('.'))
  const others = siblings.map((other) => folder + other.slice(other.lastIndexOf('.')))
  const [, module] = MODULES.find(([start]) => name.startsWith(start)) ?? []
  return {
    code: 'FEATURE_MISSING',
    severity: 'error',
    detail: `This kernel has no sysctl ${name}.${didYouMean(name, others)}`,
    ...(module !== undefined &&
      others.length === 0 && {
        command: { sentence: `They come with the module ${module}. Root loads it with:`, line: `modprobe ${module}` },
      }),
  }
}

/** Sysctls that are not there before their module. */
const MODULES = [
  ['net.netfilter.nf_conntrack', 'nf_conntrack'],
  ['net.bridge.', 'br_netfilter'],
] as const
