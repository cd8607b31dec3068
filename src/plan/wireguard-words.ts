/** What is said to a WireGuard link, in the words of wg(8). */
import { peerText } from '../state/equal-link.ts'
import type { SetWireguard } from './operation.ts'
import { quote } from './quote.ts'
import type { WireguardChange } from '../state/wireguard.ts'

/** Without keys but public ones: for a line of the plan. */
export function wireguardSummary({ privateKey, listenPort, fwmark, peers = [], gone = [] }: WireguardChange): string {
  return [
    ...(privateKey === undefined ? [] : ['private-key (hidden)']),
    ...(listenPort === undefined ? [] : [`listen-port ${listenPort}`]),
    ...(fwmark === undefined ? [] : [`fwmark ${fwmark}`]),
    ...peers.map((peer) => `peer ${peer.publicKey} ${peerText(peer)}`),
    ...gone.map((key) => `peer ${key} remove`),
  ].join(' ')
}

/** wg(8) takes keys from files alone: the shell's own descriptors serve. */
export function wireguardCommand({ ifname, set }: SetWireguard, exec: string): string {
  const { privateKey, listenPort, fwmark, peers = [], gone = [] } = set
  const wg = `${exec} wg set ${quote(ifname)}`
  const own = [...(listenPort === undefined ? [] : [`listen-port ${listenPort}`]), ...(fwmark === undefined ? [] : [`fwmark ${fwmark}`])]
  const lines = [
    ...(privateKey === undefined ? [] : [`echo ${privateKey} | ${wg} private-key /dev/stdin`]),
    ...(own.length === 0 ? [] : [`${wg} ${own.join(' ')}`]),
    ...gone.map((key) => `${wg} peer ${key} remove`),
    ...peers.map((peer) => {
      const keepalive = `persistent-keepalive ${peer.persistentKeepalive}`
      const endpoint = peer.endpoint === undefined ? '' : ` endpoint ${quote(peer.endpoint)}`
      const words = `peer ${peer.publicKey} ${keepalive}${endpoint} allowed-ips ${quote(peer.allowedIps.join(','))}`
      if (peer.presharedKey === undefined) return `${wg} ${words}`
      return `echo ${peer.presharedKey} | ${wg} peer ${peer.publicKey} preshared-key /dev/stdin ${words.slice(`peer ${peer.publicKey} `.length)}`
    }),
  ]
  return lines.join('\n')
}
