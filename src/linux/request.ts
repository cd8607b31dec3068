// Operations of a plan as netlink requests, each with the namespace whose socket it leaves by.
import type { AddBridge, AddLink, AddVeth, LinkChange, Operation } from '../plan/operation.ts'
import { familyNumber, genericSocket } from './generic.ts'
import { delAddr, newAddr } from './message/addr.ts'
import { addFdb, addMdb, addVlan, delFdb, delMdb, delVlan } from './message/bridge.ts'
import type { Ifindexes } from './message/kind.ts'
import { delLink, newBridge, newVeth, newVirtual, setLink, type VethEnd } from './message/link.ts'
import { delNeigh, replaceNeigh } from './message/neigh.ts'
import { addQdisc, changeQdisc, delRootQdisc } from './message/qdisc.ts'
import { delRoute, newRoute, replaceRoute } from './message/route.ts'
import { delRule, newRule } from './message/rule.ts'
import { setWireguard } from './message/wireguard.ts'
import type { NetlinkSocket, Request } from './transport.ts'
import { namespaceOf, type OpenNamespace, type World } from './world.ts'

export interface PlacedRequest {
  readonly namespace: OpenNamespace
  readonly request: Request
  /** Where it is not rtnetlink's. */
  readonly socket?: NetlinkSocket
}

/** An operation's request, and what makes it whole where one request cannot say all. */
export interface PlacedOperation extends PlacedRequest {
  /** Sent when the request has been done. */
  readonly after: readonly PlacedRequest[]
  /** Takes the request's effect back where one of `after` is refused: an operation has its whole effect or none. */
  readonly back?: PlacedRequest
}

/** An operation for netlink, or undefined where it is not done so. Chooses the ifindex of links that it makes. */
export function placeOperation(world: World, operation: Operation): PlacedOperation | undefined {
  if (operation.type === 'add veth') return placeVeth(world, operation)
  const namespace = world.namespaces.get(operation.netns)
  if (namespace === undefined) return undefined // it is about to be made
  if (operation.type === 'add bridge') return placeBridge(world, namespace, operation)
  if (operation.type === 'add link') return isTun(operation) ? undefined : placeLink(world, namespace, operation)
  if (operation.type === 'set wireguard') {
    const request = setWireguard(familyNumber(world, namespace, 'wireguard'), ifindexOf(namespace, operation.ifname), operation.set)
    return { namespace, request, socket: genericSocket(world, namespace), after: [] }
  }
  const request = netlinkRequest(namespace, operation)
  return request === undefined ? undefined : { namespace, request, after: [] }
}

/** What ifindexes are looked up in: a namespace of the lab, however it was reached. */
type Indexed = Pick<OpenNamespace, 'name' | 'ifindexes'>

/** The request of an operation that is one, in a namespace whose links are known. */
export function requestFor(namespace: Indexed, operation: Operation): Request {
  const request = netlinkRequest(namespace, operation)
  if (request === undefined) throw new Error(`"${operation.type}" is not one request`)
  return request
}

function netlinkRequest(namespace: Indexed, operation: Operation): Request | undefined {
  return (
    linkRequest(namespace, operation) ??
    portRequest(namespace, operation) ??
    qdiscRequest(namespace, operation) ??
    tableRequest(namespace, operation)
  )
}

function linkRequest(namespace: Indexed, operation: Operation): Request | undefined {
  switch (operation.type) {
    case 'set link':
      return setLinkRequest(namespace, operation.ifname, operation.set)
    case 'del link':
      if (operation.link.kind === 'external') return undefined // it goes home
      return delLink(ifindexOf(namespace, operation.ifname))
    default:
      return undefined
  }
}

function qdiscRequest(namespace: Indexed, operation: Operation): Request | undefined {
  switch (operation.type) {
    case 'add qdisc':
      return addQdisc(ifindexOf(namespace, operation.ifname), operation.qdisc, operation.parent)
    case 'change qdisc':
      return changeQdisc(ifindexOf(namespace, operation.ifname), operation.qdisc, operation.parent)
    case 'del qdisc':
      return delRootQdisc(ifindexOf(namespace, operation.ifname))
    default:
      return undefined
  }
}

function portRequest(namespace: Indexed, operation: Operation): Request | undefined {
  const ifindex = (ifname: string): number => ifindexOf(namespace, ifname)
  switch (operation.type) {
    case 'add vlan':
      return addVlan(ifindex(operation.ifname), operation.vlans, operation.isSelf)
    case 'del vlan':
      return delVlan(ifindex(operation.ifname), operation.vlans, operation.isSelf)
    case 'add fdb':
      return addFdb(ifindex(operation.ifname), operation.fdb)
    case 'del fdb':
      return delFdb(ifindex(operation.ifname), operation.fdb)
    case 'add mdb':
      return addMdb(ifindex(operation.bridge), ifindex(operation.ifname), operation.mdb)
    case 'del mdb':
      return delMdb(ifindex(operation.bridge), ifindex(operation.ifname), operation.mdb)
    default:
      return undefined
  }
}

function tableRequest(namespace: Indexed, operation: Operation): Request | undefined {
  const ifindex = (ifname: string): number => ifindexOf(namespace, ifname)
  switch (operation.type) {
    case 'add addr':
      return newAddr(operation.addr, ifindex(operation.addr.ifname))
    case 'del addr':
      return delAddr(operation.addr, ifindex(operation.addr.ifname))
    case 'add route':
      return newRoute(operation.route, ifindex)
    case 'replace route':
      return replaceRoute(operation.route, ifindex)
    case 'del route':
      return delRoute(operation.route, ifindex)
    case 'add rule':
      return newRule(operation.rule)
    case 'del rule':
      return delRule(operation.rule)
    case 'replace neigh':
      return replaceNeigh(operation.neigh, ifindex(operation.neigh.ifname))
    case 'del neigh':
      return delNeigh(operation.neigh, ifindex(operation.neigh.ifname))
    default:
      return undefined
  }
}

function ifindexOf(namespace: Indexed, ifname: string): number {
  const ifindex = ifname === 'lo' ? 1 : namespace.ifindexes.get(ifname)
  if (ifindex === undefined) throw new Error(`No link ${ifname} is known in ${namespace.name}`)
  return ifindex
}

/** tun and tap devices are made by ioctl(2): rtnetlink answers EOPNOTSUPP (tun_validate). */
export function isTun({ link }: AddLink): boolean {
  return link.kind === 'tun' || link.kind === 'tap'
}

function ifindexesOf(namespace: Indexed): Ifindexes {
  return { ifindexOf: (ifname) => ifindexOf(namespace, ifname), ifnameOf: String }
}

export function newIfindex(world: World, namespace: OpenNamespace, ifname: string): number {
  const ifindex = world.nextIfindex++
  namespace.ifindexes.set(ifname, ifindex)
  return ifindex
}

function setLinkRequest(namespace: Indexed, ifname: string, set: LinkChange): Request {
  const master = set.master === null ? 0 : set.master === undefined ? undefined : ifindexOf(namespace, set.master)
  return setLink(ifindexOf(namespace, ifname), set, master, ifindexesOf(namespace))
}

/** The bridge, and its alias, which RTM_NEWLINK heeds only for a link that stands (rtnl_create_link). */
function placeBridge(world: World, namespace: OpenNamespace, { ifname, link }: AddBridge): PlacedOperation {
  const ifindex = newIfindex(world, namespace, ifname)
  const { alias } = link
  return {
    namespace,
    request: newBridge(ifname, ifindex, link),
    after: alias === undefined ? [] : [{ namespace, request: setLinkRequest(namespace, ifname, { alias }) }],
    back: { namespace, request: delLink(ifindex) },
  }
}

function placeLink(world: World, namespace: OpenNamespace, { ifname, link }: AddLink): PlacedOperation {
  const ifindex = newIfindex(world, namespace, ifname)
  const { alias } = link
  return {
    namespace,
    request: newVirtual(ifname, ifindex, link, ifindexesOf(namespace)),
    after: alias === undefined ? [] : [{ namespace, request: setLinkRequest(namespace, ifname, { alias }) }],
    back: { namespace, request: delLink(ifindex) },
  }
}

interface PlacedEnd {
  readonly namespace: OpenNamespace
  readonly end: VethEnd
}

/**
 * The cable, and what RTM_NEWLINK cannot say of a veth when it is made: the alias of either end, the bridge of the second.
 * Both ends name their namespaces, so any socket serves: always the same one, so that many cables fill one datagram.
 */
function placeVeth(world: World, operation: AddVeth): PlacedOperation {
  const near = placeEnd(world, operation.netns, operation.ifname, operation.link)
  const far = placeEnd(world, operation.link.peer.netns, operation.link.peer.ifname, operation.peer)
  // The kernel heeds IFLA_MASTER for the first end only (rtnl_newlink_create), so an end in a bridge goes first.
  const [first, second] = near.end.link.master === undefined ? [far, near] : [near, far]
  const { master } = first.end.link
  const masterIfindex = master === undefined ? undefined : ifindexOf(first.namespace, master)
  const [any] = world.namespaces.values()
  return {
    namespace: any!,
    request: newVeth(first.end, second.end, masterIfindex),
    after: [
      ...afterwards(first, aliasOf(first)),
      ...afterwards(second, { ...aliasOf(second), ...(second.end.link.master !== undefined && { master: second.end.link.master }) }),
    ],
    back: { namespace: first.namespace, request: delLink(first.end.ifindex) }, // the other end goes with it
  }
}

function placeEnd(world: World, netns: string, ifname: string, link: AddVeth['link']): PlacedEnd {
  const namespace = namespaceOf(world, netns)
  return { namespace, end: { ifname, ifindex: newIfindex(world, namespace, ifname), netnsFd: namespace.net, link } }
}

function aliasOf({ end }: PlacedEnd): LinkChange {
  return end.link.alias === undefined ? {} : { alias: end.link.alias }
}

function afterwards({ namespace, end }: PlacedEnd, set: LinkChange): PlacedRequest[] {
  return Object.keys(set).length === 0 ? [] : [{ namespace, request: setLinkRequest(namespace, end.ifname, set) }]
}
