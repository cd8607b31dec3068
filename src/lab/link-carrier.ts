// A cable pulled and put in again. A veth has a carrier while its other end is up, so one end goes down, and the other loses its carrier.
import type { Operation } from '../plan/operation.ts'
import { routesInOrder } from '../plan/order.ts'
import type { LinkEnd } from '../state/network.ts'
import { peerOf } from './link-end.ts'
import { onLiveLab, type LiveLab } from './live-lab.ts'

/**
 * Pulls the cable at this end. With the port of a bridge at the other end it is the port that goes down: the node then sees what it would of a
 * real cable, an interface that is up and has no carrier. Between two nodes one of them must lose its routes, too.
 */
export function downOperations(live: LiveLab, end: LinkEnd): readonly Operation[] {
  const peer = peerOf(live.memory, end)
  const isPort = (one: LinkEnd): boolean => live.memory.desired.namespaces.get(one.netns)?.links.get(one.ifname)?.master !== undefined
  const down = !isPort(end) && isPort(peer) ? peer : end
  if (!live.link(end).up || !live.link(peer).up) return []
  return [setDown(down, 'the cable is pulled')]
}

/**
 * Sets a link of a running lab up or down, as `ip link set` does; what the kernel took along when it went down comes back with it.
 * Errors: refusal LAB_UNKNOWN, LAB_DEAD, LAB_BUSY, UNKNOWN_INTERFACE, KERNEL_REFUSED.
 */
export async function setCarrier(lab: string, end: LinkEnd, up: boolean): Promise<void> {
  await onLiveLab(lab, (live) => live.apply(up ? upOperations(live, [end]) : [setDown(end, 'asked for')]))
}

function setDown({ netns, ifname }: LinkEnd, cause: string): Operation {
  return { type: 'set link', netns, cause, ifname, set: { up: false }, previous: { up: true } }
}

/** Brings ends up that are down, and back what the kernel took along: IPv6 addresses, routes, neighbours (addrconf_ifdown, fib_disable_ip). */
export function upOperations(live: LiveLab, ends: readonly LinkEnd[]): readonly Operation[] {
  return ends.flatMap((end) => {
    if (live.link(end).up) return []
    const { netns, ifname } = end
    const up: Operation = { type: 'set link', netns, cause: 'the cable is put in', ifname, set: { up: true }, previous: { up: false } }
    return [up, ...lostOperations(live, end)]
  })
}

/** What the file has on the link and the kernel no longer does. */
function lostOperations(live: LiveLab, { netns, ifname }: LinkEnd): readonly Operation[] {
  const desired = live.memory.desired.namespaces.get(netns)
  if (desired === undefined) return []
  const { addrs, routes, neighs } = live.tables(netns)
  const base = { netns, cause: `went when ${ifname} went down` }
  const isMissing = <V>(there: ReadonlyMap<string, V>, [key]: readonly [string, V]): boolean => !there.has(key)
  const lostRoutes = [...desired.routes].filter(([key, route]) => {
    const left = routes.get(key)?.nexthops.length ?? -1
    return route.nexthops.some(({ dev }) => dev === ifname) && left < route.nexthops.length
  })
  return [
    ...[...desired.addrs]
      .filter((entry) => entry[1].ifname === ifname && isMissing(addrs, entry))
      .map(([, addr]): Operation => ({ ...base, type: 'add addr', addr })),
    ...routesInOrder(lostRoutes.map(([, route]) => route)).map((route): Operation => {
      return { ...base, type: 'replace route', route, previous: route }
    }),
    ...[...desired.neighs]
      .filter((entry) => entry[1].ifname === ifname && isMissing(neighs, entry))
      .map(([, neigh]): Operation => ({ ...base, type: 'replace neigh', neigh })),
  ]
}
