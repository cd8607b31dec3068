// Whether the kernel knows MPLS: routes by label (module mpls_router), and IP routes that put labels on (mpls_iptunnel).
import { close, socket, SOCK_RAW, SyscallError } from './libc.ts'
import type { RouteState } from '../state/network.ts'
import { newRoute } from './message/route.ts'
import type { Probe } from './probe.ts'
import { readSysctl } from './sysctl.ts'
import { transact, type NetlinkSocket } from './transport.ts'
import { AF_MPLS } from './uapi.ts'

/** Names of the features: routes by label, and IP routes that put labels on. */
export const MPLS_FEATURES = ['mpls', 'encap mpls'] as const

const PUSH: RouteState = {
  ...{ family: 4, type: 'unicast', dst: '192.0.2.0/24', table: 254, metric: 0 },
  nexthops: [{ dev: 'lo', weight: 1, onlink: false, labels: [16] }],
}

export function probeMpls(netlink: NetlinkSocket, name: (typeof MPLS_FEATURES)[number]): Probe {
  const base = { group: 'route', name } as const
  if (name === 'encap mpls') {
    // Any other refusal comes from the route itself: lo is down here.
    const [refusal] = transact(netlink, [newRoute(PUSH, () => 1)])
    const ok = refusal?.code !== 'EOPNOTSUPP'
    return { ...base, ok, words: ok ? 'there' : `EOPNOTSUPP: ${refusal?.extack ?? '(the kernel gave no further words)'}` }
  }
  loadRouter()
  const ok = readSysctl('net.mpls.platform_labels') !== undefined
  return { ...base, ok, words: ok ? 'there' : 'ENOENT: net.mpls.platform_labels' }
}

/** The module's alias is that of a protocol family, for which it has no sockets: asking for one loads it, and is refused. */
function loadRouter(): void {
  try {
    close(socket(AF_MPLS, SOCK_RAW, 0))
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error
  }
}
