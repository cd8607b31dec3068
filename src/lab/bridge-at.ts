import type { InspectedNamespace } from './inspect.ts'
import type { LinkEnd, NamespaceState, NetworkState } from '../state/network.ts'

/** The bridge that has this end of a cable for its port, by the name that the file has for it; undefined at a node's interface. */
export function bridgeAt({ netns, ifname }: LinkEnd, namespaces: readonly InspectedNamespace[]): string | undefined {
  return bridgeOfPort(namespaces.find(({ name }) => name === netns)?.state, ifname)
}

/** The bridge at the far end of a node's cable. */
export function bridgeBehind({ namespaces }: NetworkState, { netns, ifname }: LinkEnd): string | undefined {
  const link = namespaces.get(netns)?.links.get(ifname)
  return link?.kind === 'veth' ? bridgeOfPort(namespaces.get(link.peer.netns), link.peer.ifname) : undefined
}

function bridgeOfPort(state: NamespaceState | undefined, ifname: string): string | undefined {
  // A bridge that a setup command has made in a node is the node's own affair.
  if (state === undefined || state.kind === 'node') return undefined
  const bridge = state.links.get(ifname)?.master
  return bridge === undefined ? undefined : (state.links.get(bridge)?.alias ?? bridge)
}
