/** Ports of bridges: their options, VLANs, static entries. bridge(8); "bridge_slave" in ip-link(8). */
import { BARE_PORT } from '../state/equal-link.ts'
import type { BridgeLink, BridgePort, LinkState, NamespaceState } from '../state/network.ts'
import type { Draft } from './draft.ts'
import type { LinkChange } from './link-change.ts'
import type { Operation } from './operation.ts'
import { fdbOperations, mdbOperations, portOperations, vlanOperations } from './port-operations.ts'
import type { PortPlace } from './port-operations.ts'

/** Options, VLANs and static addresses of ports that are in their bridges, and what a bridge has of its own VLANs. */
export function planPorts(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const now = draft.now(netns)
    leaveOldPorts(draft, netns, desired)
    for (const [ifname, link] of desired.links) {
      const there = now.links.get(ifname)
      if (link.kind === 'bridge' && link.vlan !== undefined) emitAll(draft, link, ownVlanOperations({ netns, ifname }, link, there))
      const port = standingPort(link, there)
      const place = { netns, ifname, bridge: link.master ?? '' }
      if (port !== undefined) emitAll(draft, link, portOperations(place, link.port ?? BARE_PORT, port))
    }
  }
}

/** An address is behind one port of a bridge (fdb_add_entry: EEXIST): one that moves leaves its old port before any other takes it. */
function leaveOldPorts(draft: Draft, netns: string, desired: NamespaceState): void {
  const wanted = new Set<string>()
  for (const { master, port } of desired.links.values()) for (const key of port?.fdbs.keys() ?? []) wanted.add(`${master} ${key}`)
  if (wanted.size === 0) return
  for (const [ifname, link] of desired.links) {
    const port = standingPort(link, draft.now(netns).links.get(ifname))
    const own = link.port?.fdbs ?? BARE_PORT.fdbs
    const moved = [...(port?.fdbs ?? [])].filter(([key]) => !own.has(key) && wanted.has(`${link.master} ${key}`))
    emitAll(draft, link, fdbOperations({ netns, ifname }, new Map(), new Map(moved)))
  }
}

/** Of a bridge that is to snoop no more, or to be down, which lets none go then (br_mdb_del: EINVAL): planned before that. */
export function planGoneMdbs(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const { links } = draft.now(netns)
    for (const [ifname, link] of desired.links) {
      const { master = '' } = link
      const there = links.get(ifname)
      if (there?.port === undefined || there.master !== master || takesGroups(desired.links.get(master))) continue
      if (there.port.mdbs.size > 0) wakeBridge(draft, netns, master, desired.links.get(master))
      emitAll(draft, link, mdbOperations({ netns, ifname, bridge: master }, BARE_PORT, there.port))
    }
  }
}

/** One that somebody else has put to sleep with its groups. `planLinkChanges` makes it as it is to be. */
function wakeBridge(draft: Draft, netns: string, ifname: string, wanted: LinkState | undefined): void {
  const there = draft.now(netns).links.get(ifname)
  if (there?.kind !== 'bridge' || takesGroups(there)) return
  const change = (isAwake: boolean): LinkChange => ({
    ...(!there.up && { up: isAwake }),
    ...(!there.mcastSnooping && { bridge: { mcastSnooping: isAwake } }),
  })
  const origin = wanted?.origin === undefined ? {} : { origin: wanted.origin }
  const cause = 'it lets groups go only while it is up and snoops'
  draft.emit({ type: 'set link', netns, cause, ...origin, ifname, set: change(true), previous: change(false) })
}

function takesGroups(bridge: LinkState | undefined): boolean {
  return bridge?.kind === 'bridge' && bridge.up && bridge.mcastSnooping
}

/** Multicast memberships: a bridge takes them, and lets them go, when it is up and snoops. */
export function planMdbs(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const now = draft.now(netns)
    for (const [ifname, link] of desired.links) {
      const port = standingPort(link, now.links.get(ifname))
      if (port !== undefined && takesGroups(desired.links.get(link.master ?? '')))
        emitAll(draft, link, mdbOperations({ netns, ifname, bridge: link.master ?? '' }, link.port ?? BARE_PORT, port))
    }
  }
}

function emitAll(draft: Draft, { origin }: LinkState, operations: readonly Operation[]): void {
  for (const operation of operations) draft.emit({ ...operation, ...(origin !== undefined && { origin }) })
}

function ownVlanOperations(place: Pick<PortPlace, 'netns' | 'ifname'>, link: BridgeLink, there: LinkState | undefined): Operation[] {
  const own = there?.kind === 'bridge' && there.vlan !== undefined ? there.selfVlans : undefined
  return vlanOperations(place, link.selfVlans ?? new Map(), own ?? new Map(), true)
}

/** What a port has by now; undefined where the file says nothing of it and there is nothing to take away. */
function standingPort(link: LinkState, there: LinkState | undefined): BridgePort | undefined {
  if (link.master === undefined) return undefined
  if (there === undefined) return link.port === undefined ? undefined : BARE_PORT
  return link.port === undefined && there.port === undefined ? undefined : (there.port ?? BARE_PORT)
}
