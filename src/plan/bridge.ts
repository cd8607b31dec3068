/** Bridges: made before their ports, deleted after them. IFLA_BR_*; ip-link(8), "bridge type support". */
import { findExtras } from '../state/extra.ts'
import type { BridgeLink, NamespaceState } from '../state/network.ts'
import { deleteLink } from './cable.ts'
import type { Draft } from './draft.ts'

export function planNewBridges(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    for (const [ifname, link] of desired.links) {
      if (link.kind !== 'bridge' || draft.now(netns).links.has(ifname)) continue
      draft.emit({
        type: 'add bridge',
        netns,
        cause: 'not there',
        ...(link.origin !== undefined && { origin: link.origin }),
        ifname,
        link,
      })
    }
  }
}

/**
 * A bridge takes the least mtu of its ports each time that a port comes, goes or changes, until its own is set
 * (br_mtu_auto_adjust; IFLA_MTU at creation does not count as set). So where the two differ and its ports change, it is set.
 */
export function planBridgeMtus(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    if (desired.kind === 'node') continue
    const ports = leastPortMtus(desired)
    const observed = draft.isNew(netns) ? undefined : draft.observed.namespaces.get(netns)
    const before = observed === undefined ? undefined : portMtuTexts(observed)
    const after = before === undefined ? undefined : portMtuTexts(desired)
    for (const [ifname, link] of desired.links) {
      if (link.kind !== 'bridge' || link.mtu === (ports.get(ifname) ?? NEW_BRIDGE_MTU)) continue
      const there = observed?.links.get(ifname)
      const isNew = there?.kind !== 'bridge'
      if (isNew || (there.mtu === link.mtu && before?.get(ifname) !== after?.get(ifname)))
        emitMtu(draft, netns, ifname, link, ports.get(ifname) ?? NEW_BRIDGE_MTU)
    }
  }
}

/** ETH_DATA_LEN, which a bridge without ports has. */
const NEW_BRIDGE_MTU = 1500

function emitMtu(draft: Draft, netns: string, ifname: string, link: BridgeLink, mtu: number): void {
  draft.emit({
    type: 'set link',
    netns,
    cause: `its ports would make it ${mtu}, the file says ${link.mtu}`,
    ...(link.origin !== undefined && { origin: link.origin }),
    ifname,
    set: { mtu: link.mtu },
    previous: { mtu: link.mtu },
  })
}

function leastPortMtus(namespace: NamespaceState): ReadonlyMap<string, number> {
  const least = new Map<string, number>()
  for (const { master, mtu } of namespace.links.values()) {
    if (master !== undefined) least.set(master, Math.min(mtu, least.get(master) ?? Infinity))
  }
  return least
}

/** What a bridge's ports are, in so far as its mtu depends on them. */
function portMtuTexts(namespace: NamespaceState): ReadonlyMap<string, string> {
  const texts = new Map<string, string[]>()
  for (const [ifname, { master, mtu }] of namespace.links) {
    if (master === undefined) continue
    const ports = texts.get(master)
    if (ports === undefined) texts.set(master, [`${ifname} ${mtu}`])
    else ports.push(`${ifname} ${mtu}`)
  }
  return new Map([...texts].map(([bridge, ports]) => [bridge, ports.sort().join(',')]))
}

/** Bridges that the file no longer has, once their ports are elsewhere or gone. */
export function planGoneBridges(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const observed = draft.observed.namespaces.get(netns)
    if (observed === undefined || draft.isNew(netns)) continue
    for (const [ifname, link] of findExtras(netns, desired, observed, draft.options).links) {
      if (link.kind === 'bridge') deleteLink(draft, { netns, ifname }, 'not in the file')
    }
  }
}
