/**
 * What an operation does to the network. The planner follows its own plan with it, so that what the kernel takes along is made
 * again, and every operation can be undone.
 */
import { BARE_PORT, isVirtual } from '../state/equal-link.ts'
import { addrKey, fdbKey, mdbKey, neighKey, routeKey, ruleKey } from '../state/key.ts'
import type {
  AddrState,
  BridgeLink,
  BridgePort,
  ExternalLink,
  FdbEntry,
  LinkState,
  PortVlan,
  VethLink,
  VirtualLink,
} from '../state/network.ts'
import type { Options } from '../state/option.ts'
import { newVxlanEntries } from '../state/vxlan.ts'
import { followers } from './attachment.ts'
import { lossOf } from './loss.ts'
import type { Loss } from './loss.ts'
import type { LinkChange } from './link-change.ts'
import type { AddQdisc, ChangeQdisc, Operation, VlanRange } from './operation.ts'
import { newNamespace } from './working.ts'
import type { Working, WorkingNamespace } from './working.ts'
import type { WireguardChange, WireguardConfig } from '../state/wireguard.ts'

/** What the kernel gives lo when it comes up (inetdev_event, init_loopback). */
const LO_ADDRS: readonly AddrState[] = [
  { ifname: 'lo', family: 4, local: '127.0.0.1', prefixlen: 8 },
  { ifname: 'lo', family: 6, local: '::1', prefixlen: 128 },
]

/** Of a service that has just been started. */
const RUNNING = { state: 'running', processes: 1, sinceMs: 0, restarts: 0, logOffset: 0 } as const

/** Does the operation to `working`; returns what went along. */
export function advance(working: Working, operation: Operation): Loss[] {
  const losses = lossOf(working, operation)
  for (const loss of losses) take(working, loss)
  perform(working, operation)
  return losses
}

function take(working: Working, loss: Loss): void {
  const namespace = working.get(loss.netns)
  if (namespace === undefined) return
  switch (loss.noun) {
    case 'link':
      removeLink(working, loss.netns, loss.ifname)
      break
    case 'master':
      setLink(namespace, loss.ifname, { master: null })
      break
    case 'qdisc':
      namespace.qdiscs.delete(loss.ifname)
      break
    case 'port':
    case 'vlans':
      break // `setAlone` sees to them
    case 'released':
    case 'mtu':
    case 'lladdr':
      break // What is there instead nobody knows: `valuesAgain` sets it at once.
    case 'addr':
      namespace.addrs.delete(addrKey(loss.addr))
      break
    case 'route':
      if (loss.left === undefined) namespace.routes.delete(routeKey(loss.route))
      else namespace.routes.set(routeKey(loss.route), loss.left)
      break
    case 'neigh':
      namespace.neighs.delete(neighKey(loss.neigh))
      break
    case 'sysctl':
      namespace.sysctls.delete(loss.name)
      break
  }
}

function removeLink(working: Working, netns: string, ifname: string): void {
  const link = working.get(netns)?.links.get(ifname)
  working.get(netns)?.links.delete(ifname)
  if (link?.kind === 'veth') working.get(link.peer.netns)?.links.delete(link.peer.ifname)
}

function setLink(namespace: WorkingNamespace, ifname: string, set: LinkChange): void {
  const changes = followers(namespace.links, ifname, set)
  setAlone(namespace, ifname, set)
  for (const [other, change] of changes) setAlone(namespace, other, change)
}

function setAlone(namespace: WorkingNamespace, ifname: string, set: LinkChange): void {
  const link = namespace.links.get(ifname)
  if (link === undefined) return
  const { alias = link.alias ?? '', bridge, vlan, kind, master, port, ...plain } = set
  const { alias: _alias, master: _master, port: _port, ...rest } = link
  const changed: LinkState = { ...rest, ...plain, ...bridge, ...(alias !== '' && { alias }), ...placeOf(link, master, port) }
  namespace.links.set(
    ifname,
    kind !== undefined && isVirtual(changed) ? { ...changed, options: { ...changed.options, ...kind.options } } : changed,
  )
  if (vlan !== undefined && changed.kind === 'bridge') setBridgeVlan(namespace, ifname, changed, vlan)
}

/** Where a link is, and what it has there: elsewhere it begins with what the kernel gives it. */
function placeOf(
  link: LinkState,
  master: string | null = link.master ?? null,
  options: Options | undefined,
): Pick<LinkState, 'master' | 'port'> {
  if (master === null) return {}
  if (master !== link.master) return { master }
  const port = options === undefined ? link.port : { ...(link.port ?? BARE_PORT), options: { ...link.port?.options, ...options } }
  return { master, ...(port !== undefined && { port }) }
}

/** A bridge that begins to tell VLANs apart has none on its ports, for vlan_default_pvid 0 takes what the kernel had put there. */
function setBridgeVlan(namespace: WorkingNamespace, ifname: string, link: BridgeLink, vlan: BridgeLink['vlan'] | null): void {
  const { vlan: before, selfVlans, ...rest } = link
  const keeps = before !== undefined && selfVlans !== undefined
  namespace.links.set(ifname, { ...rest, ...(vlan && { vlan, ...(keeps && { selfVlans }) }) })
  if (before !== undefined && vlan) return
  for (const [other, port] of namespace.links) {
    if (port.master === ifname && port.port !== undefined) namespace.links.set(other, { ...port, port: { ...port.port, vlans: new Map() } })
  }
}

/** A link as the operation that makes it leaves it; below the MTU of IPv6 it has none. */
function newLink<L extends VethLink | VirtualLink | BridgeLink>({ addrGenMode, ...link }: L): L {
  return { ...link, up: false, ...(addrGenMode !== undefined && { addrGenMode: 'eui64' }) } as L
}

function newExternal({ master: _master, port: _port, addrGenMode: _mode, ...link }: ExternalLink): ExternalLink {
  return { ...link, up: false }
}

/** In no master yet, a WireGuard link without keys, a VXLAN with what the kernel puts into its table. */
function newVirtual(link: VirtualLink): VirtualLink {
  const { master: _master, port: _port, wireguard: _wireguard, fdbs: _fdbs, ...rest } = newLink(link)
  return { ...rest, ...(link.kind === 'vxlan' && { fdbs: newVxlanEntries(link) }) }
}

function setWireguard(namespace: WorkingNamespace, ifname: string, set: WireguardChange): void {
  const link = namespace.links.get(ifname)
  if (link === undefined || !isVirtual(link)) return
  const { peers = [], gone = [], ...plain } = set
  const before: WireguardConfig = link.wireguard ?? { privateKey: '', listenPort: 0, fwmark: 0, peers: new Map() }
  const left = new Map([...before.peers].filter(([key]) => !gone.includes(key)))
  for (const peer of peers) left.set(peer.publicKey, peer)
  namespace.links.set(ifname, { ...link, wireguard: { ...before, ...plain, peers: left } })
}

/** `flags` undefined takes the VLANs away. */
function setVlans(
  namespace: WorkingNamespace,
  ifname: string,
  { first, last }: VlanRange,
  flags: PortVlan | undefined,
  isSelf: boolean,
): void {
  const link = namespace.links.get(ifname)
  const change = (vlans: ReadonlyMap<number, PortVlan> = new Map()): Map<number, PortVlan> => {
    const changed = new Map(vlans)
    for (let id = first; id <= last; id++) {
      if (flags === undefined) changed.delete(id)
      else changed.set(id, flags)
    }
    return changed
  }
  if (isSelf) {
    if (link?.kind === 'bridge') namespace.links.set(ifname, { ...link, selfVlans: change(link.selfVlans) })
  } else setPort(namespace, ifname, (port) => ({ ...port, vlans: change(port.vlans) }))
}

function setRemote(namespace: WorkingNamespace, ifname: string, fdb: FdbEntry, isNew: boolean): void {
  const link = namespace.links.get(ifname)
  if (link === undefined || !isVirtual(link)) return
  namespace.links.set(ifname, { ...link, fdbs: withEntry(link.fdbs ?? new Map(), fdbKey(fdb), isNew ? fdb : undefined) })
}

function setPort(namespace: WorkingNamespace, ifname: string, change: (port: BridgePort) => BridgePort): void {
  const link = namespace.links.get(ifname)
  if (link !== undefined) namespace.links.set(ifname, { ...link, port: change(link.port ?? BARE_PORT) })
}

function withEntry<V>(entries: ReadonlyMap<string, V>, key: string, value: V | undefined): Map<string, V> {
  const changed = new Map(entries)
  if (value === undefined) changed.delete(key)
  else changed.set(key, value)
  return changed
}

function setQdisc(namespace: WorkingNamespace, { ifname, qdisc }: AddQdisc | ChangeQdisc): void {
  const qdiscs = [...(namespace.qdiscs.get(ifname)?.qdiscs ?? [])]
  const at = qdiscs.findIndex((one) => one.handle === qdisc.handle)
  qdiscs.splice(at < 0 ? qdiscs.length : at, at < 0 ? 0 : 1, qdisc)
  namespace.qdiscs.set(ifname, { qdiscs })
}

function perform(working: Working, operation: Operation): void {
  if (operation.type === 'add netns') {
    working.set(operation.netns, newNamespace(operation.kind, operation.hostname, operation.root))
    return
  }
  const namespace = working.get(operation.netns)
  if (namespace === undefined) return
  switch (operation.type) {
    case 'del netns':
      working.delete(operation.netns)
      break
    case 'set hostname':
      namespace.hostname = operation.hostname
      break
    case 'set isolation':
      namespace.isolation = operation.isolation
      break
    case 'set limits':
      namespace.limits = operation.limits
      break
    case 'add bridge': {
      const { selfVlans: _, master: _master, port: _port, ...link } = operation.link
      namespace.links.set(operation.ifname, newLink(link))
      break
    }
    case 'add veth':
      namespace.links.set(operation.ifname, newLink(operation.link))
      working.get(operation.link.peer.netns)?.links.set(operation.link.peer.ifname, newLink(operation.peer))
      break
    case 'add link':
      namespace.links.set(operation.ifname, newVirtual(operation.link))
      break
    case 'set wireguard':
      setWireguard(namespace, operation.ifname, operation.set)
      break
    case 'add vlan':
      setVlans(namespace, operation.ifname, operation.vlans, operation.vlans.flags, operation.isSelf)
      break
    case 'del vlan':
      setVlans(namespace, operation.ifname, operation.vlans, undefined, operation.isSelf)
      break
    case 'add fdb':
    case 'del fdb': {
      const { fdb, type } = operation
      if (fdb.dst !== undefined) {
        setRemote(namespace, operation.ifname, fdb, type === 'add fdb')
        break
      }
      setPort(namespace, operation.ifname, (port) => ({
        ...port,
        fdbs: withEntry(port.fdbs, fdbKey(fdb), type === 'add fdb' ? fdb : undefined),
      }))
      break
    }
    case 'add mdb':
    case 'del mdb': {
      const { mdb, type } = operation
      setPort(namespace, operation.ifname, (port) => ({
        ...port,
        mdbs: withEntry(port.mdbs, mdbKey(mdb), type === 'add mdb' ? mdb : undefined),
      }))
      break
    }
    case 'set link':
      setLink(namespace, operation.ifname, operation.set)
      if (operation.ifname === 'lo' && operation.set.up === true) for (const addr of LO_ADDRS) namespace.addrs.set(addrKey(addr), addr)
      break
    case 'take link':
      namespace.links.set(operation.ifname, newExternal(operation.link))
      break
    case 'del link':
      removeLink(working, operation.netns, operation.ifname)
      break
    case 'add qdisc':
    case 'change qdisc':
      setQdisc(namespace, operation)
      break
    case 'del qdisc':
      namespace.qdiscs.delete(operation.ifname)
      break
    case 'add addr':
      namespace.addrs.set(addrKey(operation.addr), operation.addr)
      break
    case 'del addr':
      namespace.addrs.delete(addrKey(operation.addr))
      break
    case 'add route':
    case 'replace route':
      namespace.routes.set(routeKey(operation.route), operation.route)
      break
    case 'del route':
      namespace.routes.delete(routeKey(operation.route))
      break
    case 'add rule':
      namespace.rules.set(ruleKey(operation.rule), operation.rule)
      break
    case 'del rule':
      namespace.rules.delete(ruleKey(operation.rule))
      break
    case 'replace neigh':
      namespace.neighs.set(neighKey(operation.neigh), operation.neigh)
      break
    case 'del neigh':
      namespace.neighs.delete(neighKey(operation.neigh))
      break
    case 'set sysctl':
      namespace.sysctls.set(operation.name, { value: operation.value })
      break
    case 'start service':
      namespace.services.set(operation.name, { ...operation.service, status: RUNNING })
      break
    case 'stop service':
      namespace.services.delete(operation.name)
      break
    case 'add mount':
      namespace.mounts.set(operation.path, operation.mount)
      break
    case 'del mount':
      namespace.mounts.delete(operation.path)
      break
    case 'write file':
      namespace.files.set(operation.path, operation.file)
      break
    case 'remove file':
      namespace.files.delete(operation.path)
      break
    // Rulesets and setup commands take nothing along.
    case 'set ruleset':
    case 'run setup':
      break
  }
}
