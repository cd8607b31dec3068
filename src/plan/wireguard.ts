/** Keys, port and peers of a WireGuard link. wg(8), <linux/wireguard.h>. */
import { isSamePeer, isVirtual, peerText } from '../state/equal-link.ts'
import type { VirtualLink } from '../state/network.ts'
import type { Draft } from './draft.ts'
import type { WireguardChange, WireguardConfig, WireguardPeer } from '../state/wireguard.ts'

/** What the kernel gives a new one. */
export const NO_CONFIG: WireguardConfig = { privateKey: '', listenPort: 0, fwmark: 0, peers: new Map() }

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
    previous: wireguardChange(there, desired, undefined),
  })
}

/** What turns one configuration into the other. `told` is what was asked for the last time: an endpoint counts where that has changed. */
export function wireguardChange(desired: WireguardConfig, there: WireguardConfig, told: WireguardConfig | undefined): WireguardChange {
  const moved = (peer: WireguardPeer): boolean => {
    const last = told?.peers.get(peer.publicKey)
    return last !== undefined && peer.endpoint !== undefined && last.endpoint !== peer.endpoint
  }
  const peers = [...desired.peers.values()].filter((peer) => {
    const observed = there.peers.get(peer.publicKey)
    return observed === undefined || !isSamePeer(peer, observed) || moved(peer)
  })
  const gone = [...there.peers.keys()].filter((key) => !desired.peers.has(key))
  return {
    ...(desired.privateKey !== there.privateKey && { privateKey: desired.privateKey }),
    ...(desired.listenPort !== 0 && desired.listenPort !== there.listenPort && { listenPort: desired.listenPort }),
    ...(desired.fwmark !== there.fwmark && { fwmark: desired.fwmark }),
    ...(peers.length > 0 && { peers }),
    ...(gone.length > 0 && { gone }),
  }
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
