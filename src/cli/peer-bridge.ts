import type { Inspection } from '../lab/inspect.ts'
import type { LinkState } from '../state/network.ts'

/** The bridge at the far end of a cable, under the name that the file gives it. */
export function peerBridge(link: LinkState, { namespaces }: Inspection): string | undefined {
  if (link.kind !== 'veth') return undefined
  const far = namespaces.find(({ name }) => name === link.peer.netns)?.state
  if (far === undefined || far.kind === 'node') return undefined
  const bridge = far.links.get(link.peer.ifname)?.master
  return bridge === undefined ? undefined : (far.links.get(bridge)?.alias ?? bridge)
}
