/** What differs between two configurations of a WireGuard link, for what the file wants and for the way back. */
import { isSamePeer } from '../state/equal-link.ts'
import type { WireguardChange, WireguardConfig, WireguardPeer } from '../state/wireguard.ts'

/** What the kernel gives a new one. */
export const NO_CONFIG: WireguardConfig = { privateKey: '', listenPort: 0, fwmark: 0, peers: new Map() }

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
