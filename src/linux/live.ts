// One interface of a running lab, from outside and at once: through `nsexec netlink`, which enters its namespace alone. An engine would open
// every namespace of the lab first, which takes half a second where there are five hundred.
import { spawn } from 'node:child_process'
import type { Operation } from '../plan/operation.ts'
import { addrKey, neighKey, routeKey } from '../state/key.ts'
import type { AddrState, NamespaceState, NeighState, RouteState } from '../state/network.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import type { Refusal } from './apply.ts'
import { attributeAt } from './extack.ts'
import { close, receive, send, socketpair } from './libc.ts'
import { decodeAddr } from './message/addr.ts'
import { decodeLink, getLinks } from './message/link.ts'
import { decodeNeigh } from './message/neigh.ts'
import { chainsOf, decodeQdisc, type QdiscMessage } from './message/qdisc.ts'
import { decodeRoute } from './message/route.ts'
import { netlinkCommand } from './nsexec.ts'
import { requestFor } from './request.ts'
import { dump, transact, type NetlinkSocket } from './transport.ts'
import { IFF_UP, IFF_LOWER_UP, RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH, RTM_GETQDISC, RTM_GETROUTE } from './uapi.ts'

/** A link as it is now. */
export interface LiveLink {
  readonly ifname: string
  readonly mtu: number
  readonly up: boolean
  readonly carrier: boolean
  readonly chain?: QdiscChain
}

/** One namespace of a lab, reached without an engine. */
export interface LiveNetns {
  /** A link as it was when it was last read. */
  link(ifname: string): LiveLink | undefined
  /** What IFF_UP takes along when it goes. */
  tables(): Pick<NamespaceState, 'addrs' | 'routes' | 'neighs'>
  /** Carries out netlink operations of this namespace, in order; those that were refused have had no effect. */
  apply(operations: readonly Operation[]): Refusal[]
  /** Reads the links again. */
  refresh(): void
  close(): void
}

/** Opens a namespace of the lab whose state lies in `directory`. */
export function openLive(directory: string, netns: string): LiveNetns {
  const netlink = relay(directory, netns)
  const ifindexes = new Map<string, number>()
  let links = readLinks(netlink, ifindexes)
  const ifnameOf = (ifindex: number): string => [...ifindexes].find(([, one]) => one === ifindex)?.[0] ?? String(ifindex)
  return {
    link: (ifname) => links.get(ifname),
    tables: () => readTables(netlink, ifnameOf),
    refresh: () => void (links = readLinks(netlink, ifindexes)),
    close: () => netlink.close(),
    apply: (operations) => {
      const requests = operations.map((operation) => requestFor({ name: netns, ifindexes }, operation))
      return transact(netlink, requests).map(({ index, code, extack, offset }) => {
        const attribute = offset === undefined ? undefined : attributeAt(requests[index]!, offset)
        return { index, code, ...(extack !== undefined && { extack }), ...(attribute !== undefined && { attribute }) }
      })
    },
  }
}

/** A socket that is in the namespace, at the other end of a process that ends when this end is closed. */
function relay(directory: string, netns: string): NetlinkSocket {
  const { file, args } = netlinkCommand(directory, netns)
  const [ours, theirs] = socketpair()
  // Its own words, if it fails, are the only ones there are: this thread waits for its answer and hears nothing else meanwhile.
  const child = spawn(file, args, { stdio: [theirs, 'ignore', 'inherit'] })
  child.on('error', () => undefined) // the socket says so, too
  close(theirs)
  return {
    seq: 0,
    send: (datagram) => send(ours, datagram, datagram.length),
    receive: (into) => {
      const length = receive(ours, into)
      if (length === 0) throw new Error(`nsexec netlink ${directory} ${netns} has ended`)
      return length
    },
    close: () => close(ours),
  }
}

function readLinks(netlink: NetlinkSocket, ifindexes: Map<string, number>): Map<string, LiveLink> {
  const messages: ReturnType<typeof decodeLink>[] = []
  dump(
    netlink,
    RTM_GETLINK,
    getLinks(false),
    (body) => messages.push(decodeLink(body, false)),
    () => (messages.length = 0),
  )
  const qdiscs: QdiscMessage[] = []
  const each = (body: Buffer): void => {
    const qdisc = decodeQdisc(body)
    if (qdisc !== undefined) qdiscs.push(qdisc)
  }
  dump(netlink, RTM_GETQDISC, Buffer.alloc(20), each, () => (qdiscs.length = 0))
  const chains = chainsOf(qdiscs)
  return new Map(
    messages.map(({ ifindex, ifname, flags, mtu }) => {
      ifindexes.set(ifname, ifindex)
      const chain = chains.get(ifindex)
      const carrier = (flags & IFF_LOWER_UP) !== 0
      return [ifname, { ifname, mtu, up: (flags & IFF_UP) !== 0, carrier, ...(chain !== undefined && { chain }) }]
    }),
  )
}

function readTables(netlink: NetlinkSocket, ifnameOf: (ifindex: number) => string): Pick<NamespaceState, 'addrs' | 'routes' | 'neighs'> {
  const addrs = new Map<string, AddrState>()
  const routes = new Map<string, RouteState>()
  const neighs = new Map<string, NeighState>()
  const eachAddr = (body: Buffer): void => {
    const message = decodeAddr(body)
    if (message === undefined) return
    const { ifindex, family, local, prefixlen } = message
    const addr = { ifname: ifnameOf(ifindex), family, local, prefixlen }
    addrs.set(addrKey(addr), addr)
  }
  const eachRoute = (body: Buffer): void => {
    const route = decodeRoute(body, ifnameOf)
    if (route !== undefined) routes.set(routeKey(route), route)
  }
  const eachNeigh = (body: Buffer): void => {
    const neigh = decodeNeigh(body, ifnameOf)
    if (neigh !== undefined) neighs.set(neighKey(neigh), neigh)
  }
  dump(netlink, RTM_GETADDR, Buffer.alloc(8), eachAddr, () => addrs.clear())
  dump(netlink, RTM_GETROUTE, Buffer.alloc(12), eachRoute, () => routes.clear())
  dump(netlink, RTM_GETNEIGH, Buffer.alloc(12), eachNeigh, () => neighs.clear())
  return { addrs, routes, neighs }
}
