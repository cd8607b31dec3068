/** Addresses. ip-address(8); RTM_NEWADDR, RTM_DELADDR. */
import { findExtras, isLoopbackAddr, lostSubnetOf } from '../state/extra.ts'
import { addrKey } from '../state/key.ts'
import type { AddrState, NamespaceState } from '../state/network.ts'
import { findPrimaryChanges, subnetKey } from '../state/primary.ts'
import type { Draft } from './draft.ts'

/**
 * An address that can stand beside those that go comes first, so that the link is never without one: with the last v4 address the
 * kernel drops all routes of the link. In the same v4 subnet it cannot (it would be secondary to the one that goes, and go with
 * it), and neither can the same v6 address with another prefixlen (EEXIST).
 */
export function planAddrs(draft: Draft, netns: string, desired: NamespaceState): void {
  const now = draft.now(netns)
  const there = [...now.addrs.values()]
  const extras = new Set(there.length === 0 ? [] : findExtras(netns, desired, now, draft.options).addrs.map(addrKey))
  const isPlain = extras.size === 0 && (there.length === 0 || desired.addrs.size < 2)
  const lost = there.filter(
    (addr) => desired.addrs.has(addrKey(addr)) && lostSubnetOf(netns, addrKey(addr), now, draft.options) !== undefined,
  )
  const cutOff = new Set(lost.map(subnetKey))
  const rebuilt = new Set([...cutOff, ...(isPlain ? [] : subnetsToRebuild(desired, there, extras))])
  const gone = there.filter((addr) => extras.has(addrKey(addr)) || rebuilt.has(subnetKey(addr)))
  const goneSubnets = new Set(gone.map(subnetKey))

  const missing = [...desired.addrs.values()].filter((addr) => {
    if (now.addrs.has(addrKey(addr))) return rebuilt.has(subnetKey(addr))
    return !isLoopbackAddr(addr) || now.links.get('lo')?.up === true
  })
  // What setup commands left in a subnet that is rebuilt.
  const kept = gone.filter((addr) => !extras.has(addrKey(addr)) && !desired.addrs.has(addrKey(addr)))

  const whyAgain = (addr: AddrState): string =>
    cutOff.has(subnetKey(addr)) ? 'its route comes back with it' : 'taken off for the order in its subnet'
  for (const addr of missing) if (!goneSubnets.has(subnetKey(addr))) emitAdd(draft, netns, addr, whyAgain(addr))
  // Backwards: of one subnet the primary address last, for it would take the others along.
  for (const addr of gone.toReversed()) draft.emit({ type: 'del addr', netns, cause: whyDeleted(desired, addr, extras, cutOff), addr })
  for (const addr of [...missing, ...kept]) if (goneSubnets.has(subnetKey(addr))) emitAdd(draft, netns, addr, whyAgain(addr))
}

function emitAdd(draft: Draft, netns: string, addr: AddrState, why: string): void {
  const key = addrKey(addr)
  const cause = draft.whyMissing(netns, 'addr', key)
  const wasThere = cause === 'not there' && !draft.isNew(netns) && draft.observed.namespaces.get(netns)?.addrs.has(key) === true
  draft.emit({
    type: 'add addr',
    netns,
    cause: wasThere ? why : cause,
    ...(addr.origin !== undefined && { origin: addr.origin }),
    addr,
  })
}

/** v4 subnets (`subnetKey`) whose first address must change: all their addresses are taken off and put on in the order of the file. */
function subnetsToRebuild(desired: NamespaceState, there: readonly AddrState[], extras: ReadonlySet<string>): ReadonlySet<string> {
  const v4 = there.filter((addr) => addr.family === 4)
  const observedFirst = firstOfSubnets(v4)
  const desiredFirst = firstOfSubnets([...desired.addrs.values()])
  const present = new Set(v4.map(addrKey))
  const rebuilt = new Set(
    findPrimaryChanges(desired, { addrs: new Map(there.map((addr) => [addrKey(addr), addr])) }).map((change) => subnetKey(change.desired)),
  )
  for (const addr of v4) {
    if (extras.has(addrKey(addr))) continue
    const subnet = subnetKey(addr)
    const first = observedFirst.get(subnet)
    const wanted = desiredFirst.get(subnet)
    const firstGoes = first !== undefined && extras.has(addrKey(first))
    const firstIsMissing = desired.addrs.has(addrKey(addr)) && wanted !== undefined && !present.has(addrKey(wanted))
    if (firstGoes || firstIsMissing) rebuilt.add(subnet)
  }
  return rebuilt
}

function firstOfSubnets(addrs: readonly AddrState[]): ReadonlyMap<string, AddrState> {
  const first = new Map<string, AddrState>()
  for (const addr of addrs) if (!first.has(subnetKey(addr))) first.set(subnetKey(addr), addr)
  return first
}

function whyDeleted(desired: NamespaceState, addr: AddrState, extras: ReadonlySet<string>, cutOff: ReadonlySet<string>): string {
  if (cutOff.has(subnetKey(addr))) return 'the route to its subnet is gone'
  if (!extras.has(addrKey(addr))) return 'another address comes first in its subnet'
  const other = [...desired.addrs.values()].find((one) => one.ifname === addr.ifname && one.local === addr.local)
  return other === undefined ? 'not in the file' : `prefixlen is ${addr.prefixlen}, the file says ${other.prefixlen}`
}
