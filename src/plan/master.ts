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
      if (joinsLate(draft, netns, link)) continue
      const there = draft.now(netns).links.get(ifname)
      if (there?.master !== undefined) continue
      emitMaster(draft, { netns, ifname, link, there, master: link.master, cause: `${link.master} has it in the file` })
    }
  }
}

/** A bond opens what it takes at once, and a VLAN opens only above a parent that is up (vlan_dev_open: ENETDOWN). */
export function joinsLate(draft: Draft, netns: string, link: LinkState): boolean {
  return link.kind === 'vlan' && isBond(draft, netns, link.master)
}

/** Of a link that joins late, when its parent is up. It came up with that, unless the parent had been up before. */
export function planLateMember(draft: Draft, netns: string, ifname: string, link: LinkState): void {
  const there = draft.now(netns).links.get(ifname)
  if (link.master === undefined || there?.master === link.master || !joinsLate(draft, netns, link)) return
  const cause = `${link.master} has it in the file`
  const standing = there ?? { up: true, mtu: link.mtu }
  emitMaster(draft, { netns, ifname, link, there: standing, master: link.master, cause })
}

interface Joining {
  readonly netns: string
  readonly ifname: string
  readonly link: LinkState
  readonly there: Pick<LinkState, 'up' | 'mtu' | 'lladdr' | 'master'> | undefined
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

function isBond(draft: Draft, netns: string, master: string | null | undefined): boolean {
  const link = master === null || master === undefined ? undefined : draft.desired.namespaces.get(netns)?.links.get(master)
  return link !== undefined && isVirtual(link) && link.kind === 'bond'
}
