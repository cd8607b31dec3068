/** What routes by label need beside. Documentation/networking/mpls-sysctl.rst. */
import type { RouteState, SysctlState } from '../state/network.ts'
import type { Interface } from './topology.ts'

/** Kinds of links of which the kernel takes no labels in: they carry IP alone. */
const IP_ONLY = new Set<string | undefined>(['wireguard', 'tun', 'vrf'])

/** What a node that has routes by label needs beside: a table that has room for them, and interfaces that take labels in. */
export function mplsSysctls(
  routes: ReadonlyMap<string, RouteState>,
  interfaces: ReadonlyMap<string, Interface>,
): ReadonlyMap<string, SysctlState> {
  const byLabel = [...routes.values()].filter(({ family }) => family === 'mpls')
  const [first] = byLabel
  if (first === undefined) return new Map()
  const origin = first.origin === undefined ? {} : { origin: first.origin }
  const highest = byLabel.reduce((label, { dst }) => Math.max(label, Number(dst)), 0)
  const sysctls = new Map<string, SysctlState>([['net.mpls.platform_labels', { value: String(highest + 1), ...origin }]])
  for (const [ifname, { virtual }] of interfaces) {
    if (!IP_ONLY.has(virtual?.kind)) sysctls.set(`net.mpls.conf.${ifname.replaceAll('.', '/')}.input`, { value: '1', ...origin })
  }
  return sysctls
}
