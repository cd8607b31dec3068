/**
 * Several v4 addresses of one subnet on one link: the first is the primary one, which the kernel takes as the source of what it
 * sends there; deleting it deletes the others unless promote_secondaries says otherwise (inet_del_ifa). So their order means something.
 */
import { addrKey } from './key.ts'
import type { AddrState, NamespaceState } from './network.ts'

/** Another address than the file's is the primary one of a subnet. */
export interface PrimaryChange {
  readonly desired: AddrState
  readonly observed: AddrState
}

/** `eth0 10.0.0.0/24`: v4 addresses with the same text share their subnet. A v6 address stands alone. */
export function subnetKey(addr: AddrState): string {
  if (addr.family === 6) return `${addr.ifname} ${addr.local}`
  const mask = addr.prefixlen === 0 ? 0 : -1 << (32 - addr.prefixlen)
  return `${addr.ifname} ${(ipv4Number(addr.local) & mask) >>> 0}/${addr.prefixlen}`
}

function ipv4Number(text: string): number {
  return text.split('.').reduce((number, byte) => (number << 8) | Number(byte), 0)
}

/** Subnets whose first address that the file names is another one than in the file. */
export function findPrimaryChanges(
  desired: Pick<NamespaceState, 'addrs'>,
  observed: Pick<NamespaceState, 'addrs'>,
): readonly PrimaryChange[] {
  if (observed.addrs.size < 2) return []
  const first = new Map<string, AddrState>()
  for (const addr of observed.addrs.values()) {
    const wanted = desired.addrs.get(addrKey(addr))
    if (wanted?.family === 4 && !first.has(subnetKey(addr))) first.set(subnetKey(addr), addr)
  }
  const seen = new Set<string>()
  const found: PrimaryChange[] = []
  for (const addr of desired.addrs.values()) {
    const subnet = subnetKey(addr)
    if (seen.has(subnet)) continue
    seen.add(subnet)
    const there = first.get(subnet)
    if (there !== undefined && addrKey(there) !== addrKey(addr) && observed.addrs.has(addrKey(addr))) {
      found.push({ desired: addr, observed: there })
    }
  }
  return found
}
