/** The mtu of bridges, which the kernel changes with their ports. net/bridge/br_if.c. */
import type { BridgeLink, NamespaceState } from '../state/network.ts'
import type { Draft } from './draft.ts'
import type { Operation } from './operation.ts'
import type { Working } from './working.ts'

/** Whether a bridge's ports leave it another mtu than the file's. */
export function needsOwnMtu(namespace: NamespaceState, bridge: string): boolean {
  return namespace.links.get(bridge)?.mtu !== (leastPortMtus(namespace).get(bridge) ?? NEW_BRIDGE_MTU)
}

/**
 * A bridge takes the least mtu of its ports each time that a port comes, goes or changes, until another mtu than it has is set
 * (br_mtu_auto_adjust). So where the two differ and its ports change, it is set.
 */
export function planBridgeMtus(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    if (desired.kind === 'node') continue
    const least = leastPortMtus(desired)
    const observed = draft.isNew(netns) ? undefined : draft.observed.namespaces.get(netns)
    const before = observed === undefined ? undefined : portMtuTexts(observed)
    const after = before === undefined ? undefined : portMtuTexts(desired)
    for (const [ifname, link] of desired.links) {
      const own = least.get(ifname) ?? NEW_BRIDGE_MTU
      if (link.kind !== 'bridge' || link.mtu === own) continue
      const there = observed?.links.get(ifname)
      const isNew = there?.kind !== 'bridge'
      if (isNew || (there.mtu === link.mtu && before?.get(ifname) !== after?.get(ifname))) emitMtu(draft, netns, ifname, link, own)
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

/** Where undoing the operation brings a port back to its bridge: what the bridge's mtu was, to be set after it. */
export function bridgeMtusBefore(working: Working, operation: Operation): Operation[] {
  const ports: { readonly netns: string; readonly master: string | null | undefined }[] = []
  if (operation.type === 'set link') ports.push({ netns: operation.netns, master: operation.previous?.master })
  if (operation.type === 'del link') {
    ports.push({ netns: operation.netns, master: operation.link.master })
    if (operation.link.kind === 'veth') ports.push({ netns: operation.link.peer.netns, master: operation.peer?.master })
  }
  return ports.flatMap(({ netns, master }): Operation[] => {
    const bridge = master ? working.get(netns)?.links.get(master) : undefined
    if (!master || bridge === undefined) return []
    return [{ netns, cause: 'undo', type: 'set link', ifname: master, set: { mtu: bridge.mtu } }]
  })
}
