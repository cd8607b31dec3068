/** Ports of bridges and WireGuard links of the model kernel: net/bridge/br_vlan.c, br_fdb.c, br_mdb.c, drivers/net/wireguard/netlink.c. */
import type { AddFdb, AddMdb, AddVlan, DelFdb, DelMdb, DelVlan, Operation, SetWireguard } from '../../src/plan/operation.ts'
import { fdbKey, mdbKey } from '../../src/state/key.ts'
import type { BridgePort, FdbEntry, PortVlan } from '../../src/state/network.ts'
import { refuse } from './model-netns.ts'
import type { Link, Netns } from './model-netns.ts'
import type { WireguardConfig } from '../../src/state/wireguard.ts'

export const NEW_PORT: BridgePort = { options: {}, vlans: new Map(), fdbs: new Map(), mdbs: new Map() }

type PortOperation = AddVlan | DelVlan | AddFdb | DelFdb | AddMdb | DelMdb | SetWireguard

export function changePort(netns: Netns, operation: PortOperation): void {
  const { link } = netns.links.get(operation.ifname) ?? refuse('ENODEV', operation)
  switch (operation.type) {
    case 'set wireguard':
      return setWireguard(netns, link, operation)
    case 'add vlan':
    case 'del vlan':
      return setVlans(netns, link, operation)
    default:
      return setEntry(netns, link, operation)
  }
}

/** wg_socket_init: one port a link that is up. For 0 the kernel finds one that is free. */
export function checkListenPort(netns: Netns, link: Link['link'], port: number, operation: Operation): void {
  const isTaken = [...netns.links.values()].some(
    ({ link: other }) => other !== link && other.up && other.kind === 'wireguard' && other.wireguard?.listenPort === port,
  )
  if (port !== 0 && isTaken) refuse('EADDRINUSE', operation)
}

function setWireguard(netns: Netns, link: Link['link'], operation: SetWireguard): void {
  if (link.kind !== 'wireguard') refuse('EOPNOTSUPP', operation)
  const { peers = [], gone = [], ...plain } = operation.set
  if (link.up && plain.listenPort !== undefined) checkListenPort(netns, link, plain.listenPort, operation)
  const before: WireguardConfig = link.wireguard ?? { privateKey: '', listenPort: 0, fwmark: 0, peers: new Map() }
  const left = new Map(before.peers)
  for (const key of gone) left.delete(key)
  for (const peer of peers) left.set(peer.publicKey, peer)
  Object.assign(link, { wireguard: { ...before, ...plain, peers: left } })
}

/** br_afspec: a port of a bridge, or the bridge itself. */
function setVlans(netns: Netns, link: Link['link'], operation: AddVlan | DelVlan): void {
  const bridge = operation.isSelf ? link : netns.links.get(link.master ?? '')?.link
  if (bridge?.kind !== 'bridge' || bridge.vlan === undefined) refuse('EOPNOTSUPP', operation)
  const there = operation.isSelf && link.kind === 'bridge' ? link.selfVlans : link.port?.vlans
  const vlans = new Map<number, PortVlan>(there)
  for (let id = operation.vlans.first; id <= operation.vlans.last; id++) {
    if (operation.type === 'add vlan') vlans.set(id, operation.vlans.flags)
    else if (!vlans.delete(id)) refuse('ENOENT', operation)
  }
  if (operation.isSelf) Object.assign(link, { selfVlans: vlans })
  else link.port = { ...(link.port ?? NEW_PORT), vlans }
}

/** vxlan_fdb_add */
function setRemote(link: Link['link'], operation: AddFdb | DelFdb): void {
  if (link.kind !== 'vxlan') refuse('EOPNOTSUPP', operation)
  Object.assign(link, { fdbs: changed(link.fdbs ?? new Map<string, FdbEntry>(), fdbKey(operation.fdb), operation.fdb, operation) })
}

function setEntry(netns: Netns, link: Link['link'], operation: AddFdb | DelFdb | AddMdb | DelMdb): void {
  if ('fdb' in operation && operation.fdb.dst !== undefined) return setRemote(link, operation)
  if (netns.links.get(link.master ?? '')?.link.kind !== 'bridge') refuse('EOPNOTSUPP', operation)
  const port = link.port ?? NEW_PORT
  if (operation.type === 'add fdb' || operation.type === 'del fdb') {
    if (operation.type === 'add fdb' && isBehindOther(netns, link, fdbKey(operation.fdb))) refuse('EEXIST', operation)
    link.port = { ...port, fdbs: changed(port.fdbs, fdbKey(operation.fdb), operation.fdb, operation) }
    return
  }
  if (!takesGroups(netns.links.get(operation.bridge)?.link)) refuse('EINVAL', operation)
  link.port = { ...port, mdbs: changed(port.mdbs, mdbKey(operation.mdb), operation.mdb, operation) }
}

/** fdb_add_entry */
function isBehindOther(netns: Netns, { master }: Link['link'], key: string): boolean {
  return [...netns.links.values()].some(({ link }) => link.master === master && link.port?.fdbs.has(key))
}

/** br_mdb_add, br_mdb_del */
function takesGroups(bridge: Link['link'] | undefined): boolean {
  return bridge?.kind === 'bridge' && bridge.up && bridge.mcastSnooping
}

function changed<V>(entries: ReadonlyMap<string, V>, key: string, value: V, operation: PortOperation): Map<string, V> {
  const isNew = operation.type.startsWith('add ')
  if (entries.has(key) === isNew) refuse(isNew ? 'EEXIST' : 'ENOENT', operation)
  const copy = new Map(entries)
  if (isNew) copy.set(key, value)
  else copy.delete(key)
  return copy
}
