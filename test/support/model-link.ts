/** Links of the model kernel: net/core/dev.c, net/bridge/br_if.c, and what IPv4 and IPv6 do at their events. */
import type { AddBridge, AddVeth, SetLink } from '../../src/plan/operation.ts'
import { addrKey } from '../../src/state/key.ts'
import type { AddrState } from '../../src/state/network.ts'
import { flushNeighs, forgetSource4, isAllOn } from './model-fib.ts'
import { refuse } from './model-netns.ts'
import type { Link, Netns } from './model-netns.ts'

export function addBridge(netns: Netns, operation: AddBridge): void {
  if (netns.links.has(operation.ifname)) refuse('EEXIST', operation)
  netns.links.set(operation.ifname, { link: { ...operation.link, up: false, mtu: 1500 }, ownMtu: false })
}

export function addVeth(netns: Netns, other: Netns, operation: AddVeth): void {
  const ends = [
    [netns, operation.ifname, operation.link],
    [other, operation.link.peer.ifname, operation.peer],
  ] as const
  for (const [where, ifname, { master }] of ends) {
    if (where.links.has(ifname)) refuse('EEXIST', operation)
    if (master !== undefined && where.links.get(master)?.link.kind !== 'bridge') refuse('ENODEV', operation)
  }
  for (const [where, ifname, link] of ends) {
    const { addrGenMode: _, ...plain } = link
    where.links.set(ifname, { link: { ...plain, up: false, ...modeOf(link.mtu) }, ownMtu: false })
    adjustMtu(where, link.master)
  }
}

/** A link has IPv6, and a mode for its addresses, from IPV6_MIN_MTU on (addrconf_notify). */
function isIpv6Mtu(mtu: number): boolean {
  return mtu >= 1280
}

function modeOf(mtu: number): { addrGenMode?: 'eui64' } {
  return isIpv6Mtu(mtu) ? { addrGenMode: 'eui64' } : {}
}

/** rtnl_setlink → do_setlink. */
export function changeLink(netns: Netns, operation: SetLink): void {
  const entry = netns.links.get(operation.ifname) ?? refuse('ENODEV', operation)
  const { link } = entry
  const { up, mtu, lladdr, addrGenMode, master, alias, bridge } = operation.set
  if (addrGenMode !== undefined) {
    if (!isIpv6Mtu(link.mtu)) refuse('EAFNOSUPPORT', operation)
    link.addrGenMode = addrGenMode
  }
  if (lladdr !== undefined) {
    link.lladdr = lladdr
    flushNeighs(netns, (neigh) => neigh.ifname === operation.ifname)
  }
  if (mtu !== undefined) changeMtu(netns, operation.ifname, entry, mtu)
  if (master !== undefined) changeMaster(netns, link, master, operation)
  if (alias === '') delete link.alias
  else if (alias !== undefined) link.alias = alias
  if (bridge !== undefined && link.kind !== 'bridge') refuse('EOPNOTSUPP', operation)
  Object.assign(link, bridge)
  if (up !== undefined) changeUp(netns, operation.ifname, link, up)
}

function changeMtu(netns: Netns, ifname: string, entry: Link, mtu: number): void {
  if (!isIpv6Mtu(mtu) && isIpv6Mtu(entry.link.mtu)) closeIpv6(netns, ifname)
  if (isIpv6Mtu(mtu) && !isIpv6Mtu(entry.link.mtu) && entry.link.kind === 'veth') entry.link.addrGenMode = 'eui64'
  // dev_set_mtu does nothing, and so marks nothing, where the value is the same.
  if (mtu !== entry.link.mtu) entry.ownMtu = true
  entry.link.mtu = mtu
  adjustMtu(netns, entry.link.master)
}

function changeMaster(netns: Netns, link: Link['link'], master: string | null, operation: SetLink): void {
  const old = link.master
  if (master !== null && netns.links.get(master)?.link.kind !== 'bridge') refuse('EINVAL', operation)
  if (master === null) delete link.master
  else link.master = master
  adjustMtu(netns, old)
  adjustMtu(netns, master ?? undefined)
}

function changeUp(netns: Netns, ifname: string, link: Link['link'], up: boolean): void {
  if (!up && link.up) goDown(netns, ifname)
  if (up && !link.up && ifname === 'lo') giveLoopbackAddrs(netns)
  link.up = up
}

/** br_mtu_auto_adjust */
export function adjustMtu(netns: Netns, bridge: string | undefined): void {
  const entry = bridge === undefined ? undefined : netns.links.get(bridge)
  if (entry === undefined || entry.ownMtu) return
  const ports = [...netns.links.values()].filter(({ link }) => link.master === bridge).map(({ link }) => link.mtu)
  entry.link.mtu = ports.length === 0 ? 1500 : Math.min(...ports)
}

/** fib_disable_ip, addrconf_ifdown(unregister = false), neigh_ifdown */
export function goDown(netns: Netns, ifname: string): void {
  netns.addrs = netns.addrs.filter((addr) => addr.family === 4 || addr.ifname !== ifname)
  netns.routes = netns.routes.filter((route) => !isAllOn(route, ifname))
  flushNeighs(netns, (neigh) => neigh.ifname === ifname)
}

/** addrconf_ifdown(unregister = true) */
export function closeIpv6(netns: Netns, ifname: string): void {
  delete netns.links.get(ifname)?.link.addrGenMode
  netns.addrs = netns.addrs.filter((addr) => addr.family === 4 || addr.ifname !== ifname)
  cutIpv6Nexthops(netns, ifname)
  flushNeighs(netns, (neigh) => neigh.family === 6 && neigh.ifname === ifname)
  for (const name of [...netns.sysctls.keys()]) if (name.startsWith('net.ipv6.') && isSysctlOf(name, ifname)) netns.sysctls.delete(name)
}

export function cutIpv6Nexthops(netns: Netns, ifname: string): void {
  netns.routes = netns.routes.flatMap((route) => {
    if (route.family === 4 || !route.nexthops.some((nexthop) => nexthop.dev === ifname)) return [route]
    const nexthops = route.nexthops.filter((nexthop) => nexthop.dev !== ifname)
    return nexthops.length === 0 ? [] : [{ ...route, nexthops }]
  })
}

export function isSysctlOf(name: string, ifname: string): boolean {
  return name.includes(`.conf.${ifname.replaceAll('.', '/')}.`) || name.includes(`.neigh.${ifname.replaceAll('.', '/')}.`)
}

/** unregister_netdevice */
export function unregister(netns: Netns | undefined, ifname: string): void {
  const entry = netns?.links.get(ifname)
  if (netns === undefined || entry === undefined) return
  goDown(netns, ifname)
  netns.links.delete(ifname)
  netns.qdiscs.delete(ifname)
  cutIpv6Nexthops(netns, ifname)
  netns.routes = netns.routes.filter((route) => !route.nexthops.some((nexthop) => nexthop.dev === ifname))
  const gone = netns.addrs.filter((addr) => addr.ifname === ifname)
  netns.addrs = netns.addrs.filter((addr) => addr.ifname !== ifname)
  for (const addr of gone) if (addr.family === 4) forgetSource4(netns, addr.local)
  for (const name of [...netns.sysctls.keys()]) if (isSysctlOf(name, ifname)) netns.sysctls.delete(name)
  for (const port of netns.links.values()) if (port.link.master === ifname) delete port.link.master
  adjustMtu(netns, entry.link.master)
}

export function giveLoopbackAddrs(netns: Netns): void {
  const given: AddrState[] = [
    { ifname: 'lo', family: 4, local: '127.0.0.1', prefixlen: 8 },
    { ifname: 'lo', family: 6, local: '::1', prefixlen: 128 },
  ]
  for (const addr of given) if (!netns.addrs.some((one) => addrKey(one) === addrKey(addr))) netns.addrs.push(addr)
}
