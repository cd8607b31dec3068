/**
 * What an operation does to the network. The planner follows its own plan with it, so that what the kernel takes along is made
 * again, and every operation can be undone.
 */
import { addrKey, neighKey, routeKey, ruleKey } from '../state/key.ts'
import type { AddrState, VethLink } from '../state/network.ts'
import { lossOf } from './loss.ts'
import type { Loss } from './loss.ts'
import type { AddQdisc, ChangeQdisc, Operation, SetLink } from './operation.ts'
import { newNamespace } from './working.ts'
import type { Working, WorkingNamespace } from './working.ts'

/** What the kernel gives lo when it comes up (inetdev_event, init_loopback). */
const LO_ADDRS: readonly AddrState[] = [
  { ifname: 'lo', family: 4, local: '127.0.0.1', prefixlen: 8 },
  { ifname: 'lo', family: 6, local: '::1', prefixlen: 128 },
]

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

function setLink(namespace: WorkingNamespace, ifname: string, set: SetLink['set']): void {
  const link = namespace.links.get(ifname)
  if (link === undefined) return
  const { master = link.master ?? null, alias = link.alias ?? '', bridge, ...plain } = set
  const { master: _master, alias: _alias, ...rest } = link
  namespace.links.set(ifname, { ...rest, ...plain, ...bridge, ...(master !== null && { master }), ...(alias !== '' && { alias }) })
}

/** A veth as `add veth` leaves it; below the MTU of IPv6 it has none. */
function newVeth({ addrGenMode, ...link }: VethLink): VethLink {
  return { ...link, up: false, ...(addrGenMode !== undefined && { addrGenMode: 'eui64' }) }
}

function setQdisc(namespace: WorkingNamespace, { ifname, qdisc }: AddQdisc | ChangeQdisc): void {
  const qdiscs = [...(namespace.qdiscs.get(ifname)?.qdiscs ?? [])]
  const at = qdiscs.findIndex((one) => one.handle === qdisc.handle)
  qdiscs.splice(at < 0 ? qdiscs.length : at, at < 0 ? 0 : 1, qdisc)
  namespace.qdiscs.set(ifname, { qdiscs })
}

function perform(working: Working, operation: Operation): void {
  if (operation.type === 'add netns') {
    working.set(operation.netns, newNamespace(operation.kind, operation.hostname))
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
    case 'add bridge':
      namespace.links.set(operation.ifname, { ...operation.link, up: false })
      break
    case 'add veth':
      namespace.links.set(operation.ifname, newVeth(operation.link))
      working.get(operation.link.peer.netns)?.links.set(operation.link.peer.ifname, newVeth(operation.peer))
      break
    case 'set link':
      setLink(namespace, operation.ifname, operation.set)
      if (operation.ifname === 'lo' && operation.set.up === true) for (const addr of LO_ADDRS) namespace.addrs.set(addrKey(addr), addr)
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
    // Files, rulesets and setup commands take nothing along.
    case 'write file':
    case 'remove file':
    case 'set ruleset':
    case 'run setup':
      break
  }
}
