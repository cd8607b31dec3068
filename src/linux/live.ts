// One interface of a running lab, from outside and at once: through `nsexec netlink`, which enters its namespace alone. An engine would open
// every namespace of the lab first, which takes half a second where there are five hundred.
import { spawnSync } from 'node:child_process'
import type { Operation } from '../plan/operation.ts'
import { addrKey, neighKey, routeKey } from '../state/key.ts'
import type { AddrState, NamespaceState, NeighState, RouteState } from '../state/network.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import type { Refusal } from './apply.ts'
import { attributeAt } from './extack.ts'
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
  /** Its links by ifname, in the kernel's order. */
  readonly links: ReadonlyMap<string, LiveLink>
  /** What IFF_UP takes along when it goes. */
  tables(): Pick<NamespaceState, 'addrs' | 'routes' | 'neighs'>
  /** Carries out netlink operations of this namespace, in order; those that were refused have had no effect. */
  apply(operations: readonly Operation[]): Refusal[]
}

/** Opens a namespace of the lab whose state lies in `directory`. */
export function openLive(directory: string, netns: string): LiveNetns {
  const netlink = relay(directory, netns)
  const ifindexes = new Map<string, number>()
  const links = readLinks(netlink, ifindexes)
  const ifnames = new Map([...ifindexes].map(([ifname, ifindex]) => [ifindex, ifname]))
  const ifnameOf = (ifindex: number): string => ifnames.get(ifindex) ?? String(ifindex)
  return {
    links,
    tables: () => readTables(netlink, ifnameOf),
    apply: (operations) => {
      const requests = operations.map((operation) => requestFor({ name: netns, ifindexes }, operation))
      return transact(netlink, requests).map(({ index, code, extack, offset }) => {
        const attribute = offset === undefined ? undefined : attributeAt(requests[index]!, offset)
        return { index, code, ...(extack !== undefined && { extack }), ...(attribute !== undefined && { attribute }) }
      })
    },
  }
}

/** Each datagram is a process of its own: 3 ms, and nothing that could be left behind. */
function relay(directory: string, netns: string): NetlinkSocket {
  const { file, args } = netlinkCommand(directory, netns)
  const answers: Buffer[] = []
  return {
    seq: 0,
    send: (datagram) => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(datagram.length)
      const { stdout, stderr, status, error } = spawnSync(file, args, { input: Buffer.concat([length, datagram]), maxBuffer: Infinity })
      if (error !== undefined) throw error
      if (status !== 0) throw new Error(stderr.toString().trim())
      for (let at = 0; at < stdout.length; at += 4 + stdout.readUInt32LE(at)) {
        answers.push(stdout.subarray(at + 4, at + 4 + stdout.readUInt32LE(at)))
      }
    },
    receive: (into) => {
      const answer = answers.shift()
      if (answer === undefined) throw new Error('The kernel has said all')
      into.set(answer)
      return answer.length
    },
    close: () => undefined,
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
