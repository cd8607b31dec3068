/**
 * Links that are down though what they hang on is up: VLANs, which come up with their parent, and members of bonds, which the bond opens. An
 * undo that brings their parent back, or them to their bond, opens them, and has to close them again.
 */
import { isLoopbackAddr } from '../state/extra.ts'
import { isVirtual } from '../state/equal-link.ts'
import type { AddrState, LinkState, NeighState } from '../state/network.ts'
import type { Operation } from './operation.ts'
import type { Working, WorkingNamespace } from './working.ts'

export interface ClosedLink {
  readonly netns: string
  readonly ifname: string
  /** Links that open it when they come up, or itself when it joins its bond. */
  readonly openers: ReadonlySet<string>
  /** What it loses when it is closed: IPv6 addresses, neighbours. */
  readonly addrs: readonly AddrState[]
  readonly neighs: readonly NeighState[]
}

/** Those in the namespaces that the operation touches, before it is done. */
export function closedLinks(working: Working, operation: Operation): ClosedLink[] {
  const touched = new Set([operation.netns])
  if (operation.type === 'del link' && operation.link.kind === 'veth') touched.add(operation.link.peer.netns)
  else if (operation.type === 'del netns') {
    for (const link of working.get(operation.netns)?.links.values() ?? []) if (link.kind === 'veth') touched.add(link.peer.netns)
  } else if (operation.type !== 'del link' && operation.type !== 'set link') return []
  return [...touched].flatMap((netns) => closedIn(netns, working.get(netns)))
}

function closedIn(netns: string, namespace: WorkingNamespace | undefined): ClosedLink[] {
  if (namespace === undefined) return []
  return [...namespace.links].flatMap(([ifname, link]): ClosedLink[] => {
    if (link.up) return []
    const openers = new Set(openersOf(namespace, ifname, link))
    if (openers.size === 0) return []
    const addrs = [...namespace.addrs.values()].filter((addr) => addr.ifname === ifname && addr.family === 6 && !isLoopbackAddr(addr))
    return [{ netns, ifname, openers, addrs, neighs: [...namespace.neighs.values()].filter((neigh) => neigh.ifname === ifname) }]
  })
}

function openersOf(namespace: WorkingNamespace, ifname: string, link: LinkState): string[] {
  if (namespace.links.get(link.master ?? '')?.kind === 'bond') return [ifname]
  const parent = isVirtual(link) && link.kind === 'vlan' ? link.parent : undefined
  const below = parent === undefined ? undefined : namespace.links.get(parent)
  return parent === undefined || below === undefined ? [] : [parent, ...openersOf(namespace, parent, below)]
}

/** Closes those again that the steps of an undo have opened. */
export function closeAgain(closed: readonly ClosedLink[], steps: readonly Operation[], cause: string): Operation[] {
  if (closed.length === 0) return []
  const opened = closed.filter(({ netns, openers }) =>
    steps.some(
      (step) =>
        step.type === 'set link' &&
        step.netns === netns &&
        openers.has(step.ifname) &&
        (step.set.up === true || step.set.master !== undefined),
    ),
  )
  return [
    ...opened.map(({ netns, ifname }): Operation => ({ netns, cause, type: 'set link', ifname, set: { up: false } })),
    ...opened.flatMap(({ netns, addrs }) => addrs.map((addr): Operation => ({ netns, cause, type: 'add addr', addr }))),
    ...opened.flatMap(({ netns, neighs }) => neighs.map((neigh): Operation => ({ netns, cause, type: 'replace neigh', neigh }))),
  ]
}
