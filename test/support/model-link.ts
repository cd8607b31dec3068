/** Links of the model kernel: net/core/dev.c, net/bridge/br_if.c, and what IPv4 and IPv6 do at their events. */
import type { AddBridge, AddLink, AddVeth, SetLink } from '../../src/plan/operation.ts'
import { addrKey, fdbKey } from '../../src/state/key.ts'
import type { AddrState, RouteState, VirtualLink } from '../../src/state/network.ts'
import { flushNeighs, forgetSource4, isAllOn } from './model-fib.ts'
import { refuse } from './model-netns.ts'
import { checkListenPort, NEW_PORT } from './model-port.ts'
import type { Link, Netns } from './model-netns.ts'

export function addBridge(netns: Netns, operation: AddBridge): void {
  if (netns.links.has(operation.ifname)) refuse('EEXIST', operation)
  const { selfVlans: _, port: _port, master: _master, addrGenMode: _mode, ...link } = operation.link
  // In the fabric the default is none, and nobody asks.
  const mode = netns.kind === 'node' ? modeOf(1500) : {}
  netns.links.set(operation.ifname, { link: { ...link, ...mode, up: false, mtu: 1500 }, ownMtu: false })
}

/** rtnl_newlink of a kind that stands alone or on another link. */
export function addVirtual(netns: Netns, operation: AddLink): void {
  const { ifname, link } = operation
  if (netns.links.has(ifname)) refuse('EEXIST', operation)
  const parent = link.parent === undefined ? undefined : (netns.links.get(link.parent) ?? refuse('ENODEV', operation))
  // vlan_newlink: ERANGE; macvlan_common_newlink: EINVAL
  if (ABOVE.includes(link.kind) && (parent?.link.mtu ?? 0) < link.mtu) refuse('ERANGE', operation)
  if (TAKERS.includes(link.kind) && isTaken(netns, parent?.link.master)) refuse('EBUSY', operation)
  if (link.kind === 'bond') checkBondOptions(netns, operation)
  const { addrGenMode: _, master: _master, port: _port, wireguard: _wireguard, fdbs: _fdbs, ...plain } = link
  const own = link.kind === 'vrf' ? {} : modeOf(link.mtu)
  netns.links.set(ifname, { link: { ...plain, ...own, ...defaultEntry(link), up: false }, ownMtu: false })
}

/** `unsuppmodes` of bond_options.c, and bond_option_primary_set. */
function checkBondOptions(netns: Netns, operation: AddLink): void {
  const { mode, lacp_rate: rate, primary } = operation.link.options
  if (rate !== undefined && mode !== '802.3ad') refuse('EACCES', operation)
  if (typeof primary === 'string' && !netns.links.has(primary)) refuse('ENODEV', operation)
}

/** __vxlan_dev_create: what no other entry has goes to the far end of the link, if it has one. */
function defaultEntry({ kind, options }: VirtualLink): Pick<VirtualLink, 'fdbs'> {
  if (kind !== 'vxlan') return {}
  const dst = options['remote'] ?? options['group']
  const fdb = { lladdr: '00:00:00:00:00:00', dst: String(dst) }
  return { fdbs: new Map(dst === undefined ? [] : [[fdbKey(fdb), fdb]]) }
}

export function addVeth(netns: Netns, other: Netns, operation: AddVeth): void {
  const ends = [
    [netns, operation.ifname, operation.link],
    [other, operation.link.peer.ifname, operation.peer],
  ] as const
  for (const [where, ifname, { master }] of ends) {
    if (where.links.has(ifname)) refuse('EEXIST', operation)
    if (master !== undefined && !isMaster(where, master)) refuse('ENODEV', operation)
  }
  for (const [where, ifname, link] of ends) {
    const { addrGenMode: _, master, port: _port, ...plain } = link
    where.links.set(ifname, { link: { ...plain, up: false, ...modeOf(link.mtu) }, ownMtu: false })
    if (master !== undefined) enter(where, ifname, master)
  }
}

/** Kinds that take what their parent receives, as bonds and bridges take it from theirs: there is one taker (netdev_rx_handler_register). */
const TAKERS = ['macvlan', 'ipvlan']

function isTaken(netns: Netns, master: string | undefined): boolean {
  return ['bond', 'bridge'].includes(netns.links.get(master ?? '')?.link.kind ?? '')
}

function hasOtherTaker(netns: Netns, ifname: string, master: string): boolean {
  const links = [...netns.links.values()].map(({ link }) => link)
  return isTaken(netns, master) && links.some((link) => 'parent' in link && link.parent === ifname && TAKERS.includes(link.kind))
}

const MASTERS = ['bridge', 'bond', 'vrf']

function isMaster(netns: Netns, master: string): boolean {
  return MASTERS.includes(netns.links.get(master)?.link.kind ?? '')
}

/** br_add_if; bond_enslave, which opens the link and gives it the bond's address and MTU; do_vrf_add_slave. */
function enter(netns: Netns, ifname: string, master: string): void {
  const entry = netns.links.get(ifname)
  const over = netns.links.get(master)
  if (entry === undefined || over === undefined) return
  const isFirst = ![...netns.links.values()].some(({ link }) => link.master === master)
  entry.link.master = master
  if (over.link.kind === 'bond') {
    entry.before = { mtu: entry.link.mtu, ...(entry.link.lladdr !== undefined && { lladdr: entry.link.lladdr }) }
    if (isFirst && over.hasRandomLladdr === true) changeLladdr(netns, master, over, entry.link.lladdr ?? UNKNOWN_LLADDR)
    changeMtu(netns, ifname, entry, over.link.mtu)
    Object.assign(entry.link, { up: true, lladdr: over.link.lladdr })
    goUpAbove(netns, ifname)
  }
  adjustMtu(netns, master)
}

/** cycle_netdev of a VRF, dev_close of a bond that lets a link go. */
function leave(netns: Netns, ifname: string): void {
  const entry = netns.links.get(ifname)
  const over = entry?.link.master === undefined ? undefined : netns.links.get(entry.link.master)
  if (entry === undefined || over === undefined) return
  const { master } = entry.link
  delete entry.link.master
  delete entry.link.port
  if (over.link.kind === 'bond') {
    if (entry.link.up) goDown(netns, ifname)
    entry.link.up = false
    release(netns, ifname, entry)
    emptyBond(netns, master ?? '', over)
  }
  adjustMtu(netns, master)
}

/** Of a member that the model did not see join: what no file has. */
const UNKNOWN_LLADDR = '02:00:00:00:00:fe'
const UNKNOWN_MTU = 1450

/** __bond_release_one */
function release(netns: Netns, ifname: string, entry: Link): void {
  const { lladdr = UNKNOWN_LLADDR, mtu } = entry.before ?? { mtu: UNKNOWN_MTU }
  delete entry.before
  changeMtu(netns, ifname, entry, mtu)
  changeLladdr(netns, ifname, entry, lladdr)
}

/** eth_hw_addr_random, and NETDEV_CHANGEADDR */
function emptyBond(netns: Netns, ifname: string, bond: Link): void {
  if ([...netns.links.values()].some(({ link }) => link.master === ifname)) return
  changeLladdr(netns, ifname, bond, '02:00:00:00:00:ff')
  bond.hasRandomLladdr = true
}

/** dev_set_mac_address; a bond gives it to its members (bond_set_mac_address). */
function changeLladdr(netns: Netns, ifname: string, entry: Link, lladdr: string): void {
  entry.link.lladdr = lladdr
  delete entry.hasRandomLladdr
  flushNeighs(netns, (neigh) => neigh.ifname === ifname)
  if (entry.link.kind !== 'bond') return
  for (const [other, member] of netns.links) if (member.link.master === ifname) changeLladdr(netns, other, member, lladdr)
}

/** vlan_device_event, NETDEV_UP */
function goUpAbove(netns: Netns, ifname: string): void {
  for (const [other, { link }] of netns.links) {
    if (link.kind !== 'vlan' || link.parent !== ifname || link.up) continue
    link.up = true
    goUpAbove(netns, other)
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
  const { up, mtu, lladdr, addrGenMode, master, alias } = operation.set
  if (addrGenMode !== undefined) {
    if (!isIpv6Mtu(link.mtu)) refuse('EAFNOSUPPORT', operation)
    link.addrGenMode = addrGenMode
  }
  if (lladdr !== undefined) {
    if (link.up) checkOwnLladdr(netns, link, lladdr, operation)
    changeLladdr(netns, operation.ifname, entry, lladdr)
  }
  if (mtu !== undefined) changeMtu(netns, operation.ifname, entry, mtu)
  if (master !== undefined) changeMaster(netns, operation.ifname, link, master, operation)
  if (alias === '') delete link.alias
  else if (alias !== undefined) link.alias = alias
  changeType(netns, link, operation)
  if (up !== undefined) changeUp(netns, operation.ifname, link, up, operation)
}

/** macvlan_addr_busy: of those of one parent that are up each has its own. */
function checkOwnLladdr(netns: Netns, link: Link['link'], lladdr: string | undefined, operation: SetLink): void {
  if (link.kind !== 'macvlan' || link.options['mode'] === 'passthru') return
  const others = [...netns.links.values()].map(({ link: other }) => other).filter((other) => other !== link && other.lladdr === lladdr)
  const isTaken = others.some((other) => other.kind === 'macvlan' && other.parent === link.parent && other.up)
  if (isTaken || netns.links.get(link.parent ?? '')?.link.lladdr === lladdr) refuse('EADDRINUSE', operation)
}

function changeMtu(netns: Netns, ifname: string, entry: Link, mtu: number): void {
  if (!isIpv6Mtu(mtu) && isIpv6Mtu(entry.link.mtu)) closeIpv6(netns, ifname)
  if (isIpv6Mtu(mtu) && !isIpv6Mtu(entry.link.mtu) && hasMode(netns, ifname, entry)) entry.link.addrGenMode = 'eui64'
  // dev_set_mtu does nothing, and so marks nothing, where the value is the same.
  if (mtu !== entry.link.mtu) entry.ownMtu = true
  entry.link.mtu = mtu
  adjustMtu(netns, entry.link.master)
  for (const [other, member] of netns.links) {
    const isBelow = member.link.master === ifname && entry.link.kind === 'bond'
    const isAbove = 'parent' in member.link && member.link.parent === ifname && ABOVE.includes(member.link.kind) && member.link.mtu > mtu
    if (isBelow || isAbove) changeMtu(netns, other, member, mtu)
  }
}

/** Whether a mode is looked at: nobody gives one to a VRF, to lo, and to bridges of the fabric. */
function hasMode(netns: Netns, ifname: string, { link }: Link): boolean {
  return link.kind !== 'vrf' && ifname !== 'lo' && (link.kind !== 'bridge' || netns.kind === 'node')
}

/** Kinds that shrink with their parent, and go with it. */
const ABOVE = ['vlan', 'macvlan']

/** __netdev_upper_dev_link refuses a loop. What stands on a member may itself be one (tried on 6.1): a VLAN of a port of the same VRF. */
function standsOn(netns: Netns, link: Link['link'], other: string): boolean {
  const parent = 'parent' in link ? link.parent : undefined
  const below = netns.links.get(parent ?? '')?.link
  return parent === other || (below !== undefined && standsOn(netns, below, other))
}

/** bond_enslave: it gives the link its MTU (dev_set_mtu) and opens it (vlan_dev_open), which both depend on what the link stands on. */
function checkEnslaved(netns: Netns, link: Link['link'], mtu: number, operation: SetLink): void {
  // What comes from another bond has been closed by it on the way.
  if (link.up && netns.links.get(link.master ?? '')?.link.kind !== 'bond') refuse('EPERM', operation)
  const parent = 'parent' in link ? netns.links.get(link.parent ?? '')?.link : undefined
  if (parent === undefined) return
  if (ABOVE.includes(link.kind) && parent.mtu < mtu) refuse('ERANGE', operation)
  if (link.kind === 'vlan' && !parent.up) refuse('ENETDOWN', operation)
}

function changeMaster(netns: Netns, ifname: string, link: Link['link'], master: string | null, operation: SetLink): void {
  if (master !== null && !isMaster(netns, master)) refuse('EINVAL', operation)
  const kindOf = (name: string | null | undefined): string | undefined => netns.links.get(name ?? '')?.link.kind
  if (master !== null && (standsOn(netns, link, master) || hasOtherTaker(netns, ifname, master))) refuse('EBUSY', operation)
  if (kindOf(master) === 'bond') checkEnslaved(netns, link, netns.links.get(master ?? '')?.link.mtu ?? 0, operation)
  // cycle_netdev: what is above comes up again, whether or not it was.
  if ((kindOf(link.master) === 'vrf' || kindOf(master) === 'vrf') && link.up) {
    goDown(netns, ifname)
    goUpAbove(netns, ifname)
  }
  leave(netns, ifname)
  if (master !== null) enter(netns, ifname, master)
}

/** What iproute2 says behind `type`. */
function changeType(netns: Netns, link: Link['link'], operation: SetLink): void {
  const { bridge, vlan, kind, port } = operation.set
  if (bridge !== undefined && link.kind !== 'bridge') refuse('EOPNOTSUPP', operation)
  Object.assign(link, bridge)
  if (vlan !== undefined) changeFilter(netns, operation.ifname, link, vlan)
  if (kind !== undefined) Object.assign(link, { options: { ...(link as { options?: object }).options, ...kind.options } })
  if (port === undefined) return
  if (netns.links.get(link.master ?? '')?.link.kind !== 'bridge') refuse('EINVAL', operation)
  link.port = { ...(link.port ?? NEW_PORT), options: { ...link.port?.options, ...port } }
}

/** br_vlan_filter_toggle, with vlan_default_pvid 0: what the kernel had put on the ports goes. */
function changeFilter(netns: Netns, ifname: string, link: Link['link'], vlan: NonNullable<SetLink['set']['vlan']> | null): void {
  if (link.kind !== 'bridge') return
  const had = link.vlan !== undefined
  if (vlan === null) delete (link as { vlan?: unknown }).vlan
  else Object.assign(link, { vlan })
  if (had && vlan !== null) return
  delete (link as { selfVlans?: unknown }).selfVlans
  for (const { link: port } of netns.links.values()) {
    if (port.master === ifname && port.port !== undefined) port.port = { ...port.port, vlans: new Map() }
  }
}

/** vlan_dev_open, macvlan_open, wg_open */
function checkOpen(netns: Netns, link: Link['link'], operation: SetLink): void {
  if (link.kind === 'vlan' && netns.links.get(link.parent ?? '')?.link.up !== true) refuse('ENETDOWN', operation)
  if (link.up) return
  checkOwnLladdr(netns, link, link.lladdr, operation)
  if (link.kind === 'wireguard') checkListenPort(netns, link, link.wireguard?.listenPort ?? 0, operation)
}

function changeUp(netns: Netns, ifname: string, link: Link['link'], up: boolean, operation: SetLink): void {
  if (up) checkOpen(netns, link, operation)
  if (!up && link.up) goDown(netns, ifname)
  if (up && !link.up && ifname === 'lo') giveLoopbackAddrs(netns)
  link.up = up
  if (up) goUpAbove(netns, ifname)
}

/** br_mtu_auto_adjust */
export function adjustMtu(netns: Netns, bridge: string | undefined): void {
  const entry = bridge === undefined ? undefined : netns.links.get(bridge)
  if (entry === undefined || entry.ownMtu || entry.link.kind !== 'bridge') return
  const ports = [...netns.links.values()].filter(({ link }) => link.master === bridge).map(({ link }) => link.mtu)
  entry.link.mtu = ports.length === 0 ? 1500 : Math.min(...ports)
}

/** fib_disable_ip, addrconf_ifdown(unregister = false), neigh_ifdown */
export function goDown(netns: Netns, ifname: string): void {
  netns.addrs = netns.addrs.filter((addr) => addr.family === 4 || addr.ifname !== ifname)
  // One by label only gets the flag dead (mpls_ifdown).
  netns.routes = netns.routes.filter((route) => route.family === 'mpls' || !isAllOn(route, ifname))
  flushNeighs(netns, (neigh) => neigh.ifname === ifname)
  for (const [other, { link }] of netns.links) {
    if (link.kind !== 'vlan' || link.parent !== ifname || !link.up) continue
    link.up = false
    goDown(netns, other)
  }
}

/** addrconf_ifdown(unregister = true) */
export function closeIpv6(netns: Netns, ifname: string): void {
  delete netns.links.get(ifname)?.link.addrGenMode
  netns.addrs = netns.addrs.filter((addr) => addr.family === 4 || addr.ifname !== ifname)
  cutNexthops(netns, ifname, ({ family }) => family === 6)
  flushNeighs(netns, (neigh) => neigh.family === 6 && neigh.ifname === ifname)
  for (const name of [...netns.sysctls.keys()]) if (name.startsWith('net.ipv6.') && isSysctlOf(name, ifname)) netns.sysctls.delete(name)
}

function cutNexthops(netns: Netns, ifname: string, isMeant: (route: RouteState) => boolean): void {
  netns.routes = netns.routes.flatMap((route) => {
    if (!isMeant(route) || !route.nexthops.some((nexthop) => nexthop.dev === ifname)) return [route]
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
  unregisterAround(netns, ifname, entry)
  goDown(netns, ifname)
  netns.links.delete(ifname)
  netns.qdiscs.delete(ifname)
  cutNexthops(netns, ifname, ({ family }) => family !== 4)
  netns.routes = netns.routes.filter((route) => !route.nexthops.some((nexthop) => nexthop.dev === ifname))
  const gone = netns.addrs.filter((addr) => addr.ifname === ifname)
  netns.addrs = netns.addrs.filter((addr) => addr.ifname !== ifname)
  for (const addr of gone) if (addr.family === 4) forgetSource4(netns, addr.local)
  for (const name of [...netns.sysctls.keys()]) if (isSysctlOf(name, ifname)) netns.sysctls.delete(name)
  adjustMtu(netns, entry.link.master)
}

/** What stands on it goes too; what was in it stays behind. */
function unregisterAround(netns: Netns, ifname: string, entry: Link): void {
  for (const [other, { link }] of [...netns.links]) {
    if ('parent' in link && link.parent === ifname && [...ABOVE, 'ipvlan', 'vxlan'].includes(link.kind)) unregister(netns, other)
  }
  for (const [other, { link }] of netns.links) {
    if (link.master !== ifname || link.kind === 'bridge') continue
    const isCycled = entry.link.kind === 'vrf' && link.up
    if (isCycled) goDown(netns, other)
    leave(netns, other)
    if (isCycled) goUpAbove(netns, other)
  }
}

export function giveLoopbackAddrs(netns: Netns): void {
  const given: AddrState[] = [
    { ifname: 'lo', family: 4, local: '127.0.0.1', prefixlen: 8 },
    { ifname: 'lo', family: 6, local: '::1', prefixlen: 128 },
  ]
  for (const addr of given) if (!netns.addrs.some((one) => addrKey(one) === addrKey(addr))) netns.addrs.push(addr)
}
