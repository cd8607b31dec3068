/** Two nodes on one link whose prefix lengths differ: one takes the other for a neighbour, and the other does not. */
import type { AddrState } from '../state/network.ts'
import { containsAddress, prefixOf } from '../unit/prefix.ts'
import type { Evidence } from './evidence.ts'
import { segmentsOf } from './segment.ts'

export function maskCauses({ network, flow }: Evidence): string[] {
  const found: string[] = []
  for (const segment of segmentsOf(network)) {
    if (!segment.some(({ netns }) => netns === flow.from) && !segment.some(({ addr }) => addr.local === flow.to)) continue
    for (const a of segment)
      for (const b of segment) {
        if (a === b || a.addr.family !== b.addr.family || !has(a.addr, b.addr) || has(b.addr, a.addr)) continue
        found.push(
          `${a.netns} (${words(a.addr)}) and ${b.netns} (${words(b.addr)}) are on one link, but the masks differ: ${b.addr.local} lies in the network of ${a.netns}, ` +
            `${a.addr.local} does not lie in that of ${b.netns}, which therefore does not answer it directly. One of the prefix lengths is wrong.`,
        )
      }
  }
  return found.slice(0, 2)
}

function has({ local, prefixlen }: AddrState, other: AddrState): boolean {
  return containsAddress(prefixOf(local, prefixlen), other.local)
}

function words({ local, prefixlen }: AddrState): string {
  return `${local}/${prefixlen}`
}
