/** Which addresses are on one link: joined by cables and bridges. */
import type { AddrState, NetworkState } from '../state/network.ts'

export interface Attached {
  readonly netns: string
  readonly addr: AddrState
}

export function segmentsOf({ namespaces }: NetworkState): Attached[][] {
  const parents = new Map<string, string>()
  const rootOf = (end: string): string => {
    const parent = parents.get(end)
    return parent === undefined ? end : rootOf(parent)
  }
  const join = (a: string, b: string): void => {
    const [from, to] = [rootOf(a), rootOf(b)]
    if (from !== to) parents.set(from, to)
  }
  for (const [netns, { links }] of namespaces)
    for (const [ifname, link] of links) {
      if (link.kind === 'veth') join(`${netns} ${ifname}`, `${link.peer.netns} ${link.peer.ifname}`)
      if (link.master !== undefined) join(`${netns} ${ifname}`, `${netns} ${link.master}`)
    }
  const segments = new Map<string, Attached[]>()
  for (const [netns, { addrs }] of namespaces)
    for (const addr of addrs.values()) {
      if (addr.ifname === 'lo') continue
      const root = rootOf(`${netns} ${addr.ifname}`)
      segments.set(root, [...(segments.get(root) ?? []), { netns, addr }])
    }
  return [...segments.values()]
}
