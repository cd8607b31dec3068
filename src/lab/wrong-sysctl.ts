// Sysctls that cannot be written, found before anything is made.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { hasSysctl, siblingSysctls } from '../linux/sysctl.ts'
import { forAnyLink, sysctlIfname } from '../plan/sysctl-name.ts'
import type { NamespaceState, NetworkState } from '../state/network.ts'

/**
 * Findings UNKNOWN_INTERFACE, and FEATURE_MISSING of those that this process's own network has not: so no other has them either. What a
 * node lacks though the machine has it is refused when it is written.
 */
export function findWrongSysctls(desired: NetworkState): Diagnostic[] {
  const found = new Map<string, Diagnostic>()
  const seen = new Map<string, boolean>()
  for (const [netns, namespace] of desired.namespaces)
    for (const [name, { origin }] of namespace.sysctls) {
      const ifname = sysctlIfname(name)
      const finding =
        ifname !== undefined && !namespace.links.has(ifname) ? unknownInterface(netns, namespace, name, ifname) : unknownName(name, seen)
      // Nodes of a range have one line.
      const place = origin === undefined ? name : `${origin.file}:${origin.line}:${origin.column}`
      if (finding !== undefined && !found.has(place)) found.set(place, { ...finding, ...(origin !== undefined && { origin }) })
    }
  return [...found.values()]
}

function unknownInterface(netns: string, { links }: NamespaceState, name: string, ifname: string): Diagnostic {
  const names = [...links.keys()]
  const detail = `${name} is of an interface "${ifname}", and ${netns} has ${names.join(', ')}.${didYouMean(ifname, names)}`
  return { code: 'UNKNOWN_INTERFACE', severity: 'error', detail }
}

/** `seen`: whether a sysctl is there, by its name, of a file with a thousand nodes. */
function unknownName(name: string, seen: Map<string, boolean>): Diagnostic | undefined {
  const anywhere = forAnyLink(name)
  if (anywhere === undefined) return undefined
  if (!seen.has(anywhere)) seen.set(anywhere, hasSysctl(anywhere))
  if (seen.get(anywhere) === true) return undefined
  const folder = name.slice(0, name.lastIndexOf('.'))
  const others = siblingSysctls(anywhere).map((other) => folder + other.slice(other.lastIndexOf('.')))
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
