/** Interfaces of the machine in the lab. The kernel does not tell where a link came from: it is what the last `up` took. */
import type { ExternalLink, LinkState, NetworkState } from './network.ts'

/** What was observed, with those links as external that `asked` has as such. */
export function withExternals(observed: NetworkState, asked: NetworkState): NetworkState {
  const namespaces = new Map(observed.namespaces)
  for (const [netns, { links }] of asked.namespaces) {
    const there = namespaces.get(netns)
    const taken = [...links].flatMap(([ifname, link]) => {
      const found = link.kind === 'external' ? there?.links.get(ifname) : undefined
      return link.kind !== 'external' || found === undefined ? [] : [[ifname, asExternal(found, link.device)] as const]
    })
    if (there !== undefined && taken.length > 0) namespaces.set(netns, { ...there, links: new Map([...there.links, ...taken]) })
  }
  return { namespaces }
}

function asExternal(link: LinkState, device: string): ExternalLink {
  const { up, mtu, lladdr, addrGenMode, master, port, alias, facts } = link
  return {
    kind: 'external',
    device,
    up,
    mtu,
    ...(lladdr !== undefined && { lladdr }),
    ...(addrGenMode !== undefined && { addrGenMode }),
    ...(master !== undefined && { master }),
    ...(port !== undefined && { port }),
    ...(alias !== undefined && { alias }),
    ...(facts !== undefined && { facts }),
  }
}
