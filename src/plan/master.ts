/** Links that join a bond, a VRF, or a bridge that stood before them: IFLA_MASTER. */
import { isVirtual } from '../state/equal-link.ts'
import type { LinkState, NamespaceState } from '../state/network.ts'
import type { Draft } from './draft.ts'
import type { LinkChange } from './link-change.ts'

/** Whether `add veth` can say it: a bridge is there before its cables, a bond or a VRF is not. */
export function isEarlyMaster(namespace: Pick<NamespaceState, 'links'> | undefined, master: string | undefined): boolean {
  return master !== undefined && namespace?.links.get(master)?.kind === 'bridge'
}

/** Links that the plan has made and that are not where they belong; of all others `planLinkChanges` sees the difference. */
export function planMembers(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    for (const [ifname, link] of desired.links) {
      if (link.master === undefined || (link.kind === 'veth' && isEarlyMaster(desired, link.master))) continue
      const there = draft.now(netns).links.get(ifname)
      if (there?.master !== undefined) continue
      emitMaster(draft, { netns, ifname, link, there, master: link.master, cause: `${link.master} has it in the file` })
    }
  }
}

interface Joining {
  readonly netns: string
  readonly ifname: string
  readonly link: LinkState
  readonly there: LinkState | undefined
  readonly master: string | null
  readonly cause: string
}

/** "Device can not be enslaved while up" (bond_enslave): a bond takes a link that is down, and brings it up itself. */
export function emitMaster(draft: Draft, { netns, ifname, link, there, master, cause }: Joining): void {
  const origin = link.origin === undefined ? {} : { origin: link.origin }
  const set = (change: LinkChange, previous: LinkChange, because: string): void =>
    draft.emit({ type: 'set link', netns, cause: because, ...origin, ifname, set: change, previous })
  const takes = isBond(draft, netns, master)
  if (there?.up === true && takes) set({ up: false }, { up: true }, `${master ?? ''} takes it only while it is down`)
  // A bond gives it an MTU and an address.
  const own = !takes || there === undefined ? {} : { mtu: there.mtu, ...(there.lladdr !== undefined && { lladdr: there.lladdr }) }
  set({ master }, { ...own, master: there?.master ?? null }, cause)
}

function isBond(draft: Draft, netns: string, master: string | null): boolean {
  const link = master === null ? undefined : draft.desired.namespaces.get(netns)?.links.get(master)
  return link !== undefined && isVirtual(link) && link.kind === 'bond'
}
