/** Routes. ip-route(8); RTM_NEWROUTE, RTM_DELROUTE. */
import { routeDifferences } from '../state/equal.ts'
import { findExtras } from '../state/extra.ts'
import { routeKey } from '../state/key.ts'
import type { NamespaceState, RouteState } from '../state/network.ts'
import { causeOf } from './cause.ts'
import type { Draft } from './draft.ts'
import { routesInOrder } from './order.ts'
import { containsAddress, prefixlenOf } from './prefix.ts'

/**
 * Routes of one namespace: changed ones replaced in place, new ones added, and only then the others deleted, so that traffic finds
 * a route all the while. Only a route that would mislead the gateway of a new one goes before it.
 */
export function planRoutes(draft: Draft, netns: string, desired: NamespaceState): void {
  const now = draft.now(netns)
  const extras = now.routes.size === 0 ? [] : findExtras(netns, desired, now, draft.options).routes
  const changed = [...desired.routes.values()].filter((route) => isChanged(route, now))
  const inTheWay = extras.filter((extra) => changed.some((route) => misleads(extra, route, desired)))

  for (const route of inTheWay) draft.emit({ type: 'del route', netns, cause: 'not in the file', route })
  for (const route of routesInOrder(changed)) planRoute(draft, netns, route)
  for (const route of extras) {
    if (!inTheWay.includes(route)) draft.emit({ type: 'del route', netns, cause: 'not in the file', route })
  }
}

function planRoute(draft: Draft, netns: string, route: RouteState): void {
  const previous = draft.now(netns).routes.get(routeKey(route))
  const base = { netns, ...(route.origin !== undefined && { origin: route.origin }), route }
  if (previous === undefined) {
    const wasThere = !draft.isNew(netns) && draft.observed.namespaces.get(netns)?.routes.has(routeKey(route)) === true
    const cause = draft.whyMissing(netns, 'route', routeKey(route))
    draft.emit({ ...base, type: 'add route', cause: wasThere && cause === 'not there' ? 'made anew' : cause })
  } else {
    const cause = routeDifferences(route, previous).map(causeOf).join('; ')
    draft.emit({ ...base, type: 'replace route', cause, previous })
  }
}

function isChanged(route: RouteState, now: Pick<NamespaceState, 'routes'>): boolean {
  const there = now.routes.size === 0 ? undefined : now.routes.get(routeKey(route))
  return there === undefined || routeDifferences(route, there).length > 0
}

/** Whether the lookup of `route`'s gateways would end at `extra`: it contains one, and no address of the link is closer to it. */
function misleads(extra: RouteState, route: RouteState, desired: NamespaceState): boolean {
  if (extra.family === 'mpls') return false
  return route.nexthops.some(({ via, dev, onlink }) => {
    if (via === undefined || onlink || !containsAddress(extra.dst, via)) return false
    const length = prefixlenOf(extra.dst)
    return ![...desired.addrs.values()].some(
      (addr) => addr.ifname === dev && addr.prefixlen >= length && containsAddress(`${addr.local}/${addr.prefixlen}`, via),
    )
  })
}
