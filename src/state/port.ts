import type { LinkState, NetworkState } from './network.ts'

/** Whether the link is a port of the bridge, by the name that the file has for it. */
export function isPortOf(network: NetworkState, netns: string, link: LinkState, bridge: string): boolean {
  const master = link.master === undefined ? undefined : network.namespaces.get(netns)?.links.get(link.master)
  return link.master === bridge || (master?.alias !== undefined && master.alias === bridge)
}
