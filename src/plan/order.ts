/**
 * The order of a plan. Phases, each over all namespaces, so that the executor can batch those of one namespace:
 *
 *   del link, del netns     what must make room: cables that end elsewhere now, namespaces whose kind changed
 *   add netns, set hostname
 *   set sysctl              of the whole namespace: links copy `default` when they are made
 *   write file
 *   add bridge, add veth    down, with lladdr, mtu and master: a port that is there before its bridge is up costs no flooding
 *   set link                mtu, lladdr, master, bridge options; down
 *   set sysctl              of single links: before they come up, so that addr_gen_mode and accept_dad count
 *   per namespace           lo up (the kernel gives it 127.0.0.1 and ::1 then, before the file's addresses), addrGenMode of new links,
 *                           add addr, del addr (what is new first where it can stand beside the old), qdiscs, links up
 *   set link up             of bridges
 *   routes, rules, neighs   new before old, so that traffic always finds one
 *   set ruleset, remove file
 *   run setup
 *   del link, del netns     bridges and namespaces that go; nothing after it can be refused, and a namespace has no way back
 */
import type { NamespaceState, NetworkState, RouteState } from '../state/network.ts'
import { sysctlRank } from './sysctl-name.ts'

const KIND_RANK = { node: 0, bridge: 1, fabric: 2 }

/** Names of the namespaces in the order of the file, nodes first: the plan speaks of a cable at its node's end. */
export function namespacesInOrder(network: NetworkState): (readonly [string, NamespaceState])[] {
  return [...network.namespaces].sort(([, one], [, other]) => KIND_RANK[one.kind] - KIND_RANK[other.kind])
}

/** Links with the bridges last, for what is done to a bridge depends on its ports. */
export function linksInOrder<L extends { readonly kind: string }>(links: ReadonlyMap<string, L>): Iterable<readonly [string, L]> {
  if (![...links.values()].some((link) => link.kind === 'bridge')) return links
  return [...links].sort(([, one], [, other]) => Number(one.kind === 'bridge') - Number(other.kind === 'bridge'))
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
