// Keys and peers of the WireGuard links of one namespace.
import { familyNumber, genericSocket } from './generic.ts'
import type { LinkMessage } from './message/link.ts'
import { decodeWireguard, getWireguard, joinWireguard } from './message/wireguard.ts'
import { dump } from './transport.ts'
import type { OpenNamespace, World } from './world.ts'
import type { WireguardConfig } from '../state/wireguard.ts'

/** By ifindex. */
export function observeWireguard(world: World, namespace: OpenNamespace, links: readonly LinkMessage[]): Map<number, WireguardConfig> {
  const configs = new Map<number, WireguardConfig>()
  for (const { ifindex, kind } of links) {
    if (kind !== 'wireguard') continue
    const family = familyNumber(world, namespace, 'wireguard')
    const take = (body: Buffer): void => {
      const part = decodeWireguard(body)
      const before = configs.get(ifindex)
      configs.set(ifindex, before === undefined ? part : joinWireguard(before, part))
    }
    dump(genericSocket(world, namespace), family, getWireguard(ifindex), take, () => configs.delete(ifindex))
  }
  return configs
}
