/**
 * Routes to the subnets of addresses. The kernel makes them with the address, or when its link comes up (fib_add_ifaddr,
 * addrconf_prefix_route), and never again: whoever deletes one has cut the subnet off, though the address still stands.
 */
import type { AddrState, LinkState, RouteState } from '../state/network.ts'
import { formatPrefix, prefixOf } from '../unit/prefix.ts'

/** `eth0 10.0.0.0/24` of each way that a route has without a gateway. */
export function subnetsOf({ dst, nexthops }: Pick<RouteState, 'dst' | 'nexthops'>): string[] {
  return nexthops.filter(({ via }) => via === undefined).map(({ dev }) => `${dev} ${dst}`)
}

/** The addresses, each with the subnet that no route of `subnets` leads to. */
export function withLostSubnets(
  addrs: ReadonlyMap<string, AddrState>,
  links: ReadonlyMap<string, LinkState>,
  subnets: ReadonlySet<string>,
): Map<string, AddrState> {
  return new Map(
    [...addrs].map(([key, addr]) => {
      if (!hasSubnetRoute(addr, links)) return [key, addr]
      const subnet = formatPrefix(prefixOf(addr.local, addr.prefixlen))
      return [key, subnets.has(`${addr.ifname} ${subnet}`) ? addr : { ...addr, lostSubnet: subnet }]
    }),
  )
}

/** Of a single address, on loopback, on a port of a bridge or bond, and on a link that is down, there is none. */
function hasSubnetRoute({ ifname, family, local, prefixlen }: AddrState, links: ReadonlyMap<string, LinkState>): boolean {
  const link = links.get(ifname)
  if (link === undefined || !link.up || link.kind === 'loopback' || local.startsWith('fe80:')) return false
  if (link.master !== undefined && links.get(link.master)?.kind !== 'vrf') return false
  return prefixlen < (family === 4 ? 32 : 128)
}
