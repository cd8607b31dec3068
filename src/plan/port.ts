/** Ports of bridges: their options, VLANs, static entries. bridge(8); "bridge_slave" in ip-link(8). */
import { BARE_PORT } from '../state/equal-link.ts'
import type { BridgeLink, BridgePort, LinkState } from '../state/network.ts'
import type { Draft } from './draft.ts'
import type { Operation } from './operation.ts'
import { mdbOperations, portOperations, vlanOperations } from './port-operations.ts'
import type { PortPlace } from './port-operations.ts'

/** Options, VLANs and static addresses of ports that are in their bridges, and what a bridge has of its own VLANs. */
export function planPorts(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const now = draft.now(netns)
    for (const [ifname, link] of desired.links) {
      const there = now.links.get(ifname)
      if (link.kind === 'bridge' && link.vlan !== undefined) emitAll(draft, link, ownVlanOperations({ netns, ifname }, link, there))
      const port = standingPort(link, there)
      const place = { netns, ifname, bridge: link.master ?? '' }
      if (port !== undefined) emitAll(draft, link, portOperations(place, link.port ?? BARE_PORT, port))
    }
  }
}

/** Multicast memberships: a bridge takes them when it is up. */
export function planMdbs(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const now = draft.now(netns)
    for (const [ifname, link] of desired.links) {
      const port = standingPort(link, now.links.get(ifname))
      if (port !== undefined)
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
