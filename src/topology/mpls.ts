/** What routes by label need beside. Documentation/networking/mpls-sysctl.rst. */
import type { RouteState, SysctlState } from '../state/network.ts'
import type { Findings } from './findings.ts'
import type { Interface } from './topology.ts'

/** Kinds of links of which the kernel takes no labels in: they carry IP alone. */
const IP_ONLY = new Set<string | undefined>(['wireguard', 'tun', 'vrf'])

const LABELS = 'net.mpls.platform_labels'

/** The file's own table of labels has the last word: one that is too small takes not all routes (mpls_label_ok). */
export function findSmallTable(
  node: string,
  routes: ReadonlyMap<string, RouteState>,
  sysctls: ReadonlyMap<string, SysctlState>,
  findings: Findings,
): void {
  const size = sysctls.get(LABELS)
  const highest = highestLabel(routes)
  if (size === undefined || highest === undefined || Number(size.value) > highest) return
  const detail = `${node} has a route for the label ${highest}, for which a table of ${size.value} is too small: it takes ${highest + 1}.`
  findings.error('CONFLICTING_VALUES', size.origin, detail, { hint: `Leave ${LABELS} out: the table is as large as the routes need.` })
}

function highestLabel(routes: ReadonlyMap<string, RouteState>): number | undefined {
  const labels = [...routes.values()].filter(({ family }) => family === 'mpls').map(({ dst }) => Number(dst))
  return labels.length === 0 ? undefined : labels.reduce((highest, label) => Math.max(highest, label), 0)
}

/** What a node that has routes by label needs beside: a table that has room for them, and interfaces that take labels in. */
export function mplsSysctls(
  routes: ReadonlyMap<string, RouteState>,
  interfaces: ReadonlyMap<string, Interface>,
): ReadonlyMap<string, SysctlState> {
  const first = [...routes.values()].find(({ family }) => family === 'mpls')
  const highest = highestLabel(routes)
  if (first === undefined || highest === undefined) return new Map()
  const origin = first.origin === undefined ? {} : { origin: first.origin }
  const sysctls = new Map<string, SysctlState>([[LABELS, { value: String(highest + 1), ...origin }]])
  for (const [ifname, { virtual }] of interfaces) {
    if (!IP_ONLY.has(virtual?.kind)) sysctls.set(`net.mpls.conf.${ifname.replaceAll('.', '/')}.input`, { value: '1', ...origin })
  }
  return sysctls
}
