// A kernel that was started with ipv6.disable=1, or built without IPv6, has no /proc/sys/net/ipv6.
import { existsSync } from 'node:fs'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'
import type { LinkState, NamespaceState, NetworkState } from '../state/network.ts'

/**
 * The network as a kernel without IPv6 can have it: without what netlab sets so that nobody notices IPv6. What the file wants of it is
 * a finding, at the first place. Where there is IPv6, the network as it is.
 */
export function fitIpv6(desired: NetworkState, isThere = hasIpv6()): { desired: NetworkState; diagnostics: Diagnostic[] } {
  if (isThere) return { desired, diagnostics: [] }
  const wanted = [...desired.namespaces.values()].flatMap(ipv6Wishes)
  const namespaces = [...desired.namespaces].map(([netns, namespace]) => [netns, withoutIpv6(namespace)] as const)
  return { desired: { namespaces: new Map(namespaces) }, diagnostics: wanted.length === 0 ? [] : [noIpv6(wanted)] }
}

/** Whether this kernel has IPv6. */
export function hasIpv6(): boolean {
  return existsSync('/proc/sys/net/ipv6')
}

/** Where the file asks for IPv6: sysctls without an origin are netlab's own. */
function ipv6Wishes({ addrs, routes, rules, neighs, sysctls }: NamespaceState): (Origin | undefined)[] {
  const objects = [...addrs.values(), ...routes.values(), ...rules.values(), ...neighs.values()].filter(({ family }) => family === 6)
  const settings = [...sysctls].filter(([name, { origin }]) => isIpv6Sysctl(name) && origin !== undefined)
  return [...objects.map(({ origin }) => origin), ...settings.map(([, { origin }]) => origin)]
}

function isIpv6Sysctl(name: string): boolean {
  return name.startsWith('net.ipv6.')
}

function withoutIpv6(namespace: NamespaceState): NamespaceState {
  const links = [...namespace.links].map(([ifname, { addrGenMode: _, ...link }]) => [ifname, link as LinkState] as const)
  const sysctls = [...namespace.sysctls].filter(([name]) => !isIpv6Sysctl(name))
  return { ...namespace, links: new Map(links), sysctls: new Map(sysctls) }
}

function noIpv6(wanted: readonly (Origin | undefined)[]): Diagnostic {
  const origin = wanted.find((candidate) => candidate !== undefined)
  return {
    code: 'FEATURE_MISSING',
    severity: 'error',
    detail: 'This kernel has no IPv6: it was started with ipv6.disable=1, or built without CONFIG_IPV6.',
    hint: 'Remove ipv6.disable=1 from the kernel command line and boot again; or use IPv4 alone.',
    ...(origin !== undefined && { origin }),
  }
}
