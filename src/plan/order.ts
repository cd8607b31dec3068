/**
 * The order of a plan. Phases, each over all namespaces, so that the executor can batch those of one namespace:
 *
 *   del link, stop service, del netns
 *                           what must make room: cables that end elsewhere now, namespaces whose kind changed
 *   per namespace           add netns or set hostname; set sysctl of the whole namespace, since links copy `default` when they are
 *                           made; del mount, add mount; write file
 *   add bridge, add veth    down, with lladdr, mtu and master: a port that is there before its bridge is up costs no flooding
 *   add link, set wireguard links of other kinds, those that others stand on first
 *   set link                master of links that a bond, a VRF or a later bridge takes
 *   del mdb                 of bridges that will take none: they let none go then
 *   set link                mtu, lladdr, master, bridge options; down
 *   set link, vlans, fdb    of ports of bridges
 *   set sysctl              of single links: before they come up, so that addr_gen_mode and accept_dad count
 *   per namespace           lo up (the kernel gives it 127.0.0.1 and ::1 then, before the file's addresses), addrGenMode of new links,
 *                           add addr, del addr (what is new first where it can stand beside the old), qdiscs, links up, with the
 *                           bonds of VLANs behind the parents of these
 *   set link up             of bridges
 *   add mdb                 which a bridge takes only while it is up
 *   routes, rules, neighs   new before old, so that traffic always finds one
 *   set ruleset, remove file
 *   set limits
 *   run setup
 *   stop service, start service
 *   stop service, del link, del netns
 *                           bridges and namespaces that go; nothing after it can be refused, and a namespace has no way back
 *
 * Behind whatever takes a link out of a bond comes a "set link" of its own: what it and the bond have then nobody can tell (bond.ts).
 */
import { isVirtual } from '../state/equal-link.ts'
import type { LinkState, NamespaceState, NetworkState, RouteState } from '../state/network.ts'
import { sysctlRank } from '../state/sysctl-name.ts'

const KIND_RANK = { node: 0, bridge: 1, fabric: 2, host: 3 }

/** Names of the namespaces in the order of the file, nodes first: the plan speaks of a cable at its node's end. */
export function namespacesInOrder(network: NetworkState): (readonly [string, NamespaceState])[] {
  return [...network.namespaces].sort(([, one], [, other]) => KIND_RANK[one.kind] - KIND_RANK[other.kind])
}

/**
 * Links in the order in which they are made, changed and brought up: bonds and VRFs, then cables, then what stands on others; a bridge
 * behind its ports, for what is done to a bridge depends on them.
 */
export function linksInOrder(links: ReadonlyMap<string, LinkState>): Iterable<readonly [string, LinkState]> {
  if (![...links.values()].some((link) => link.kind === 'bridge' || isVirtual(link))) return links
  const portsOf = new Map<string, string[]>()
  for (const [ifname, { master }] of links) {
    if (master === undefined) continue
    const ports = portsOf.get(master)
    if (ports === undefined) portsOf.set(master, [ifname])
    else ports.push(ifname)
  }
  const ranks = new Map<string, number>()
  const rankOf = (ifname: string): number => {
    const known = ranks.get(ifname)
    if (known !== undefined) return known
    ranks.set(ifname, 0) // of a link that stands on itself by way of others, which no kernel has
    const rank = rankBy(links.get(ifname), portsOf.get(ifname) ?? [], rankOf)
    ranks.set(ifname, rank)
    return rank
  }
  return [...links].sort(([one], [other]) => rankOf(one) - rankOf(other))
}

function rankBy(link: LinkState | undefined, ports: readonly string[], rankOf: (ifname: string) => number): number {
  if (link?.kind === 'bridge') return 1 + Math.max(0, ...ports.map(rankOf))
  if (link === undefined || !isVirtual(link)) return 0
  if (link.parent !== undefined) return 1 + Math.max(0, rankOf(link.parent))
  return link.kind === 'bond' || link.kind === 'vrf' ? -1 : 0
}

/** Names of sysctls, those that spread to others first. */
export function sysctlsInOrder(names: Iterable<string>): string[] {
  return [...names].sort((one, other) => sysctlRank(one) - sysctlRank(other))
}

/**
 * Routes without a gateway first, for the kernel takes a gateway only where such a route leads to it (fib_check_nh,
 * ip6_route_check_nh: "Nexthop has invalid gateway"); blackholes and their like last, so that none hides a gateway.
 */
export function routesInOrder(routes: readonly RouteState[]): readonly RouteState[] {
  if (routes.length < 2) return routes
  return [...routes].sort((one, other) => routeRank(one) - routeRank(other))
}

function routeRank(route: RouteState): number {
  if (route.type !== 'unicast') return 2
  return route.nexthops.some((nexthop) => nexthop.via !== undefined) ? 1 : 0
}
