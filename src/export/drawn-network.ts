// The network that a picture is drawn from: what the file asks for, and what the kernel has where the lab runs.
import { FABRIC, INTERNET, type LinkEnd, type NamespaceState, type NetworkState } from '../state/network.ts'

/** What a picture is made of. */
export interface GraphSource {
  readonly lab: string
  /** What the file asks for. */
  readonly desired: NetworkState
  /** What the kernel has, where the lab runs. */
  readonly observed?: NetworkState
}

export type Role = 'host' | 'router' | 'bridge' | 'internet'

/** The worst last. `extra`: not in the file; `missing`: in the file, and not there. */
export const STATES = ['plain', 'up', 'changed', 'extra', 'no carrier', 'down', 'missing'] as const
/** `plain`: of a picture of a file, which has no state. */
export type State = (typeof STATES)[number]

/** A node or a bridge: its name, and where it is. */
export interface Place {
  readonly name: string
  readonly netns: string
  /** ifname, where it is a bridge. */
  readonly bridge?: string
}

/** Desired and observed network together: what is there, and what the file says of it. */
export class DrawnNetwork {
  readonly desired: NetworkState
  readonly observed: NetworkState | undefined

  constructor({ desired, observed }: Pick<GraphSource, 'desired' | 'observed'>) {
    this.desired = desired
    this.observed = observed
  }

  /** All namespaces, those of the file first. */
  namespaceNames(): readonly string[] {
    return [...new Set([...this.desired.namespaces.keys(), ...(this.observed?.namespaces.keys() ?? [])])]
  }

  /** As the kernel has it, where it has it; else as the file wants it. */
  namespaceAt(name: string): NamespaceState | undefined {
    return this.observed?.namespaces.get(name) ?? this.desired.namespaces.get(name)
  }

  /** Namespaces in which to look for objects of the name: what is there, then what ought to be. */
  versionsOf(name: string): readonly NamespaceState[] {
    return [this.observed?.namespaces.get(name), this.desired.namespaces.get(name)].filter((namespace) => namespace !== undefined)
  }

  nodes(): readonly Place[] {
    const names = this.namespaceNames()
    const nodes = names.filter((name) => this.namespaceAt(name)?.kind === 'node').map((name) => ({ name, netns: name }))
    return [...nodes, ...names.flatMap((name) => this.#bridgesIn(name))]
  }

  #bridgesIn(netns: string): Place[] {
    const bridges = new Map<string, Place>()
    for (const { kind, links } of this.versionsOf(netns)) {
      if (kind === 'node') continue
      for (const [ifname, link] of links)
        if (link.kind === 'bridge' && !bridges.has(ifname))
          bridges.set(ifname, { name: netns === FABRIC ? (link.alias ?? ifname) : netns, netns, bridge: ifname })
    }
    return [...bridges.values()]
  }

  /** The node that an end of a cable is in, or the bridge whose port it is. */
  placeOf({ netns, ifname }: LinkEnd): string {
    for (const { kind, links } of this.versionsOf(netns)) {
      const master = links.get(ifname)?.master
      if (kind === 'fabric' && master !== undefined) return links.get(master)?.alias ?? master
    }
    return netns
  }
}

/** The name as people know it: `@internet` is the file's word `internet`. */
export function shownName(name: string): string {
  return name === INTERNET ? 'internet' : name
}
