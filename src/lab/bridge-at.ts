import type { InspectedNamespace } from './inspect.ts'
import type { LinkEnd } from '../state/network.ts'

/** The bridge that has this end of a cable for its port, by the name that the file has for it; undefined at a node's interface. */
export function bridgeAt({ netns, ifname }: LinkEnd, namespaces: readonly InspectedNamespace[]): string | undefined {
  const state = namespaces.find(({ name }) => name === netns)?.state
  // A bridge that a setup command has made in a node is the node's own affair.
  if (state === undefined || state.kind === 'node') return undefined
  const bridge = state.links.get(ifname)?.master
  return bridge === undefined ? undefined : (state.links.get(bridge)?.alias ?? bridge)
}
