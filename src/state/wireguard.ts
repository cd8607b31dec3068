/** The configuration of a WireGuard interface, and a change of it. */

/** <linux/wireguard.h>, wg(8). Keys are in base64. */
export interface WireguardConfig {
  readonly privateKey: string
  /** 0: any free port. */
  readonly listenPort: number
  /** 0: none. */
  readonly fwmark: number
  /** By public key. */
  readonly peers: ReadonlyMap<string, WireguardPeer>
}

export interface WireguardPeer {
  readonly publicKey: string
  readonly presharedKey?: string
  /** Where the first packet goes: `10.0.0.2:51820`, `[fd00::2]:51820`. The kernel follows a peer that moves. */
  readonly endpoint?: string
  /** Prefixes, sorted. */
  readonly allowedIps: readonly string[]
  /** Seconds; 0 is off. */
  readonly persistentKeepalive: number
}

/** What of it changes. */
export interface WireguardChange extends Partial<Pick<WireguardConfig, 'privateKey' | 'listenPort' | 'fwmark'>> {
  /** Added, or with all that they say in place of what is there. */
  readonly peers?: readonly WireguardPeer[]
  /** Public keys of peers that go. */
  readonly gone?: readonly string[]
}
