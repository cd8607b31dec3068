/** Numbers that `ip route` knows by name, as iproute2 has them built in (lib/rt_names.c); <linux/rtnetlink.h> RTPROT_*, RT_SCOPE_*. */
import type { Nexthop, RouteState } from './network.ts'

/** Who has put a route there. */
export const PROTOS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...{ redirect: 1, kernel: 2, boot: 3, static: 4, gated: 8, ra: 9, mrt: 10, zebra: 11, bird: 12, dnrouted: 13, xorp: 14, ntk: 15 },
    ...{ dhcp: 16, keepalived: 18, babel: 42, bgp: 186, isis: 187, ospf: 188, rip: 189, eigrp: 192 },
  }),
)

/** How far away a destination is. */
export const SCOPES: ReadonlyMap<string, number> = new Map(Object.entries({ global: 0, site: 200, link: 253, host: 254 }))

export const RTPROT_BOOT = 3
const RTPROT_STATIC = 4

/** Whether people mark routes so: those of `ip route add`, and those that say `proto static`. All else is a daemon's, or the kernel's own. */
export function isByHand(proto: number | undefined): boolean {
  return proto === undefined || proto === RTPROT_BOOT || proto === RTPROT_STATIC
}

/** The scope of a route that names none, as iproute_modify() of iproute2 sets it: link where there is no gateway. IPv6 has no scopes. */
export function defaultScope({
  family,
  type,
  nexthops,
}: Pick<RouteState, 'family' | 'type'> & { readonly nexthops: readonly Pick<Nexthop, 'via'>[] }): number {
  const isDirect = type === 'unicast' && nexthops.every((nexthop) => nexthop.via === undefined)
  return family === 4 && isDirect ? 253 : 0
}

/** Whether the kernel marks its own routes so, those of redirects and those of router advertisements. */
export function isKernels(proto: number): boolean {
  return proto <= 2 || proto === 9
}

/** `static`, or the number where it has no name. */
export function nameOf(number: number, names: ReadonlyMap<string, number>): string {
  return [...names].find(([, value]) => value === number)?.[0] ?? String(number)
}
