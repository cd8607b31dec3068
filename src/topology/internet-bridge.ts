/** Who is on the segment of a bridge that has `internet`, and which addresses are taken. */
import type { Bridge, Interface, InterfaceAddress, Topology } from './topology.ts'

/** An interface of a node on the segment. */
export interface BridgeHost {
  readonly node: string
  readonly link: Interface
}

/** Those on bridges that are plugged into it, too. What is in a bond, a bridge or a VRF of its node has no way of its own. */
export function hostsOfBridge({ cables }: Topology, { name }: Bridge): BridgeHost[] {
  const reached = new Set([name])
  const hosts = new Map<Interface, BridgeHost>()
  for (const bridge of reached) {
    for (const { ends } of cables) {
      for (const [near, far] of [ends, [ends[1], ends[0]] as const]) {
        if (near.ownerKind !== 'bridge' || near.owner !== bridge) continue
        if (far.ownerKind === 'bridge') reached.add(far.owner)
        else if (far.master === undefined) hosts.set(far, { node: far.owner, link: far })
      }
    }
  }
  return [...hosts.values()]
}

/** All addresses of the file. */
export function usedAddresses({ nodes, bridges }: Topology): InterfaceAddress[] {
  const ofNodes = [...nodes.values()].flatMap((node) => [
    ...[...node.interfaces.values()].flatMap(({ addresses }) => addresses),
    ...node.loopback,
  ])
  return [...ofNodes, ...[...bridges.values()].flatMap(({ addresses }) => addresses)]
}
