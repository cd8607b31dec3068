/** Keys, port and peers of a WireGuard link. wg(8), <linux/wireguard.h>. */
import { isVirtual, peerText } from '../state/equal-link.ts'
import type { NamespaceState, VirtualLink } from '../state/network.ts'
import type { WireguardChange, WireguardConfig } from '../state/wireguard.ts'
import type { Draft } from './draft.ts'
import { linksInOrder } from './order.ts'
import { stepAside } from './step-aside.ts'
import { NO_CONFIG, wireguardChange } from './wireguard-change.ts'

/** A port is of one alone as long as both are up (EADDRINUSE). Who makes room listens on one that the kernel finds. */
export function planPortsAside(draft: Draft, netns: string, desired: NamespaceState): void {
  const standing = [...linksInOrder(desired.links)].flatMap(([ifname, link]) => {
    const there = draft.now(netns).links.get(ifname)
    const [wanted, now] = [link, there].map((one) => (one !== undefined && isVirtual(one) ? one.wireguard : undefined))
    if (wanted === undefined || now === undefined || there?.up !== true) return []
    const { listenPort: has } = now
    return [{ ifname, has, wants: wanted.listenPort === 0 ? has : wanted.listenPort, origin: link.origin }]
  })
  for (const { ifname, has, origin } of stepAside(standing)) {
    const change = { set: { listenPort: 0 }, previous: { listenPort: has } }
    const cause = `another is to have its listen-port ${has}`
    draft.emit({ type: 'set wireguard', netns, cause, ...(origin !== undefined && { origin }), ifname, ...change })
  }
}

/** One operation for all that differs. Sessions with peers that stay as they are go on. */
export function planWireguard(draft: Draft, netns: string, ifname: string, link: VirtualLink): void {
  const desired = link.wireguard
  if (desired === undefined) return
  const now = draft.now(netns).links.get(ifname)
  const there = now === undefined || !isVirtual(now) ? NO_CONFIG : (now.wireguard ?? NO_CONFIG)
  const before = draft.options.previous?.namespaces.get(netns)?.links.get(ifname)
  const told = before === undefined || !isVirtual(before) ? undefined : before.wireguard
  const set = wireguardChange(desired, there, told)
  if (Object.keys(set).length === 0) return
  draft.emit({
    type: 'set wireguard',
    netns,
    cause: there === NO_CONFIG || there.privateKey === '' ? 'not there' : causeOf(set, there),
    ...(link.origin !== undefined && { origin: link.origin }),
    ifname,
    set,
    previous: { ...wireguardChange(there, desired, undefined), ...(set.listenPort !== undefined && { listenPort: there.listenPort }) },
  })
}

function causeOf(set: WireguardChange, there: WireguardConfig): string {
  const causes: string[] = []
  if (set.privateKey !== undefined) causes.push('another private key')
  if (set.listenPort !== undefined) causes.push(`listen-port is ${there.listenPort}, the file says ${set.listenPort}`)
  if (set.fwmark !== undefined) causes.push(`fwmark is ${there.fwmark}, the file says ${set.fwmark}`)
  for (const peer of set.peers ?? []) {
    const observed = there.peers.get(peer.publicKey)
    causes.push(observed === undefined ? 'a peer is missing' : `a peer has ${peerText(observed)}, the file says ${peerText(peer)}`)
  }
  if (set.gone !== undefined) causes.push('a peer is not in the file')
  return causes.join('; ')
}
