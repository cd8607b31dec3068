/** Names in the fabric, where bridges and the ports of all of them live side by side and 15 bytes must tell them apart. */
import { ifnameProblem, shortIfname } from '../unit/ifname.ts'
import type { Interface } from './topology.ts'

export interface LinkName {
  readonly ifname: string
  /** What the name stands for, where it does not say so itself. */
  readonly alias?: string
}

/** Name of a bridge's link: the bridge's own where the kernel takes it. */
export function bridgeLinkName(name: string): LinkName {
  return ifnameProblem(name) === undefined ? { ifname: name } : { ifname: shortIfname(name, 'bridge'), alias: name }
}

export interface PortNamer {
  /** Name of the port `port` of a bridge, whose cable leads to `peer`. */
  nameOf(port: Interface, peer: Interface): LinkName
}

/** Gives each port of one namespace a name of its own; `taken` are the names of the bridges in it. */
export function createPortNamer(taken: Iterable<string>): PortNamer {
  const used = new Set<string>(['lo', ...taken])
  return {
    nameOf: (port, peer) => {
      const [owner, base] = namedAfter(port, peer)
      // Two cables between the same bridges have nothing else to tell them apart than their order.
      for (let count = 1; ; count++) {
        const part = count === 1 ? base : `${base}-${count}`
        const ifname = shortIfname(owner, part)
        if (used.has(ifname)) continue
        used.add(ifname)
        return ifname === `${owner}.${part}` ? { ifname } : { ifname, alias: `${owner}:${part}` }
      }
    },
  }
}

/** A port is named after the interface it serves, unless the file gives it a name. */
function namedAfter(port: Interface, peer: Interface): readonly [owner: string, base: string] {
  if (port.ifname !== undefined) return [port.owner, port.ifname]
  // HOST and EXTERNAL: their sign is for names alone that nobody writes.
  if (peer.ownerKind === 'node') return [peer.owner.replace('@', ''), peer.ifname ?? '']
  return [port.owner, peer.owner]
}
