/** Names that iproute2 has for numbers of routes. /etc/iproute2/rt_protos and rt_scopes as they are shipped; ip-route(8). */

export const RTPROT_BOOT = 3
export const RTPROT_STATIC = 4

/** RTPROT_*: who has made a route. Those of the kernel itself (redirect, kernel, ra) are left out: nobody else can make such a route. */
export const ROUTE_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['boot', RTPROT_BOOT],
  ['static', RTPROT_STATIC],
  ['gated', 8],
  ['mrt', 10],
  ['zebra', 11],
  ['bird', 12],
  ['dnrouted', 13],
  ['xorp', 14],
  ['ntk', 15],
  ['dhcp', 16],
  ['keepalived', 18],
  ['babel', 42],
  ['openr', 99],
  ['bgp', 186],
  ['isis', 187],
  ['ospf', 188],
  ['rip', 189],
  ['eigrp', 192],
])

/** RTPROT_REDIRECT, RTPROT_KERNEL, RTPROT_RA. */
export const KERNEL_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['redirect', 1],
  ['kernel', 2],
  ['ra', 9],
])

/** RT_SCOPE_* */
export const ROUTE_SCOPES: ReadonlyMap<string, number> = new Map([
  ['global', 0],
  ['site', 200],
  ['link', 253],
  ['host', 254],
])

/** The name of a number, or the number. */
export function nameOfNumber(names: ReadonlyMap<string, number>, number: number): string {
  return [...names].find(([, other]) => other === number)?.[0] ?? String(number)
}
