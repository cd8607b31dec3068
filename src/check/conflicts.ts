/** What two on one link have both, and only one may: a MAC address; an IPv6 address, which the kernel then leaves unused. */
import type { Evidence } from './evidence.ts'
import { segmentsOf } from './segment.ts'

/** Interfaces of one link with the same MAC address. */
export function macCauses({ network }: Evidence): string[] {
  return segmentsOf(network).flatMap((segment) => {
    const owners = new Map<string, Set<string>>()
    for (const { netns, addr } of segment) {
      const mac = network.namespaces.get(netns)?.links.get(addr.ifname)?.lladdr
      if (mac !== undefined) owners.set(mac, (owners.get(mac) ?? new Set()).add(`${netns}:${addr.ifname}`))
    }
    return [...owners].flatMap(([mac, names]) =>
      names.size < 2
        ? []
        : [
            `${[...names].join(' and ')} have the same MAC address ${mac} on one link: switches send frames now to one of them, now to another. Give each its own.`,
          ],
    )
  })
}

/** Addresses of the sender or the one asked that duplicate address detection (RFC 4862) found at another node. */
export function duplicateCauses({ duplicate, flow, owners }: Pick<Evidence, 'duplicate' | 'flow' | 'owners'>): string[] {
  return duplicate.flatMap((place) => {
    const [, node = '', ifname = '', address = ''] = /^(.+): (\S+) (\S+)\/\d+$/.exec(place) ?? []
    if (node !== flow.from && !owners.includes(node)) return []
    return [
      `${node}:${ifname} does not use its address ${address}: somebody else on the link had it already (IPv6 duplicate address detection failed).`,
    ]
  })
}
