/** The mtu of bridges, which the kernel changes with their ports. net/bridge/br_if.c. */
import type { BridgeLink, NamespaceState } from '../state/network.ts'
import type { Draft } from './draft.ts'

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
    const least = leastPortMtus(desired)
    const observed = draft.isNew(netns) ? undefined : draft.observed.namespaces.get(netns)
    const stay = observed === undefined ? undefined : bridgesWithSamePorts(desired, observed)
    for (const [ifname, link] of desired.links) {
      const followed = least.get(ifname) ?? NEW_BRIDGE_MTU
      if (link.kind !== 'bridge' || link.mtu === followed || stay?.has(ifname) === true) continue
      emitMtu(draft, netns, ifname, link, followed)
    }
  }
}

/** Bridges whose mtu needs no word: their ports stay as they are, or another operation sets the mtu anyway. */
function bridgesWithSamePorts(desired: NamespaceState, observed: NamespaceState): ReadonlySet<string> {
  const [before, after] = [portMtuTexts(observed), portMtuTexts(desired)]
  const bridges = [...desired.links].filter(([ifname, link]) => {
    const there = observed.links.get(ifname)
    return there?.kind === 'bridge' && (there.mtu !== link.mtu || before.get(ifname) === after.get(ifname))
  })
  return new Set(bridges.map(([ifname]) => ifname))
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
