/**
 * With a spanning tree the kernel reports what a bridge goes by now, and keeps what it was told where nobody can read it: a bridge
 * that is not the root goes by the root's timers (br_record_config_timeout_values), and while the topology changes every bridge
 * forgets after twice the forward delay (__br_set_topology_change).
 */
import type { BridgeLink, LinkState, NamespaceState, NetworkState } from './network.ts'

/** Observed state in which options that the tree has lent a bridge have the values that it was last told: `asked`. */
export function withOwnOptions(observed: NetworkState, asked: NetworkState): NetworkState {
  const changed = [...observed.namespaces].flatMap(([netns, namespace]): [string, NamespaceState][] => {
    if (namespace.kind === 'node') return []
    const links = [...namespace.links].flatMap(([ifname, link]): [string, LinkState][] => {
      const told = asked.namespaces.get(netns)?.links.get(ifname)
      if (link.kind !== 'bridge' || told?.kind !== 'bridge' || link.lent === undefined) return []
      return [[ifname, { ...link, ...optionsOf(told, link.lent) }]]
    })
    return links.length === 0 ? [] : [[netns, { ...namespace, links: new Map([...namespace.links, ...links]) }]]
  })
  return changed.length === 0 ? observed : { namespaces: new Map([...observed.namespaces, ...changed]) }
}

function optionsOf(link: BridgeLink, options: NonNullable<BridgeLink['lent']>): Partial<BridgeLink> {
  return Object.fromEntries(options.map((option) => [option, link[option]]))
}
