/** What hangs on a link and follows it: VLANs and their like on their parent, members on their bond or VRF. Measured on 6.1 and 6.18. */
import { isVirtual } from '../state/equal-link.ts'
import { KINDS } from '../state/kind.ts'
import type { LinkState, NamespaceState } from '../state/network.ts'
import type { LinkChange } from './link-change.ts'

type Links = NamespaceState['links']

/** Links that the kernel deletes with these, those below first. */
export function deletedWith(links: Links, ifnames: ReadonlySet<string>): string[] {
  return climb(links, ifnames, (link) => KINDS[link.kind].goesWithParent)
}

/** VLANs go up and down with the link that they are on (vlan_device_event), those below first. */
export function vlansOn(links: Links, ifname: string): string[] {
  return climb(links, new Set([ifname]), (link) => link.kind === 'vlan')
}

function climb(links: Links, roots: ReadonlySet<string>, follows: (link: Extract<LinkState, { options: unknown }>) => boolean): string[] {
  const found: string[] = []
  const below = new Set(roots)
  for (let before = -1; before !== found.length;) {
    before = found.length
    for (const [ifname, link] of links) {
      if (below.has(ifname) || !isVirtual(link) || link.parent === undefined || !below.has(link.parent) || !follows(link)) continue
      below.add(ifname)
      found.push(ifname)
    }
  }
  return found
}

function kindOfMaster(links: Links, master: string | null | undefined): string | undefined {
  return master === null || master === undefined ? undefined : links.get(master)?.kind
}

/** Whether a link that joins or leaves goes down and up on the way, with all that costs (cycle_netdev of a VRF, bond_release). */
export function isCycled(links: Links, link: LinkState, master: string | null): boolean {
  if (!link.up) return false
  return kindOfMaster(links, link.master) === 'bond' || [link.master, master].some((one) => kindOfMaster(links, one) === 'vrf')
}

/** What else changes when a property of one link is set, by ifname, that link included. */
export function followers(links: Links, ifname: string, set: LinkChange): Map<string, LinkChange> {
  const changes = new Map<string, LinkChange>()
  const link = links.get(ifname)
  if (link === undefined) return changes
  if (set.master !== undefined) addMasterFollowers(changes, links, ifname, link, set.master)
  if (set.up !== undefined) for (const vlan of vlansOn(links, ifname)) changes.set(vlan, { up: set.up })
  const { lladdr, mtu } = set
  if (lladdr !== undefined) for (const other of membersOf(links, ifname, link)) changes.set(other, { lladdr })
  if (mtu !== undefined) for (const other of mtuFollowers(links, ifname, link, mtu)) changes.set(other, { ...changes.get(other), mtu })
  return changes
}

/** VLANs come up again behind a link that was down for a moment, or go down with one that a bond has closed. */
function addMasterFollowers(changes: Map<string, LinkChange>, links: Links, ifname: string, link: LinkState, master: string | null): void {
  const own = changeOfMember(links, link, master)
  if (own !== undefined) changes.set(ifname, own)
  const up = own?.up ?? (isCycled(links, link, master) ? true : undefined)
  if (up !== undefined) for (const vlan of vlansOn(links, ifname)) changes.set(vlan, { up })
  const { mtu } = own ?? {}
  if (mtu !== undefined) for (const other of mtuFollowers(links, ifname, link, mtu)) changes.set(other, { ...changes.get(other), mtu })
}

/** A bond opens what it takes, and gives it its own address and MTU (bond_enslave); what it lets go it has closed. */
function changeOfMember(links: Links, link: LinkState, master: string | null): LinkChange | undefined {
  const bond = master === null ? undefined : links.get(master)
  if (bond?.kind === 'bond') return { up: true, mtu: bond.mtu, ...(bond.lladdr !== undefined && { lladdr: bond.lladdr }) }
  return kindOfMaster(links, link.master) === 'bond' ? { up: false } : undefined
}

/** Members of a bond have its MTU; what stands on a link is never larger, and an IPVLAN never smaller either. */
function mtuFollowers(links: Links, ifname: string, link: LinkState, mtu: number): string[] {
  const above = shrunkWith(links, ifname).filter((other) => {
    const child = links.get(other)
    return child !== undefined && (child.mtu > mtu || child.kind === 'ipvlan')
  })
  return [...membersOf(links, ifname, link), ...above]
}

/** Links that are never larger than what they stand on, which is this one. */
export function shrunkWith(links: Links, ifname: string): string[] {
  return deletedWith(links, new Set([ifname])).filter((other) => links.get(other)?.kind !== 'vxlan')
}

function membersOf(links: Links, ifname: string, link: LinkState): string[] {
  return link.kind === 'bond' ? [...links].filter(([, { master }]) => master === ifname).map(([other]) => other) : []
}
