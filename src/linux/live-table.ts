// What a watcher knows of one namespace. Dumps and notifications go in, and what they have changed comes out: a notification that
// changes nothing that is shown makes no change, and a table that is read again makes the same changes as the messages that were lost.
import type { LiveAddr, LiveChange, LiveLink, LiveNoun, LiveObjects, LiveQdisc } from '../state/live.ts'
import { addrKey, liveFdbKey, neighKey, routeKey } from '../state/key.ts'
import { decodeAddr } from './message/addr.ts'
import { decodeAnyFdb, getFdbs } from './message/bridge.ts'
import { decodeLink, decodePort, getLinks } from './message/link.ts'
import { decodeAnyNeigh } from './message/neigh.ts'
import { chainsOf, decodeQdisc, type QdiscMessage } from './message/qdisc.ts'
import { decodeAnyRoute } from './message/route.ts'
import { decodeTreePort } from './message/spanning-tree.ts'
import { dump } from './transport.ts'
import {
  AF_BRIDGE,
  IFF_LOOPBACK,
  IFF_UP,
  RT_TABLE_LOCAL,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELNEIGH,
  RTM_DELQDISC,
  RTM_DELROUTE,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETNEIGH,
  RTM_GETQDISC,
  RTM_GETROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWQDISC,
  RTM_NEWROUTE,
} from './uapi.ts'
import type { OpenNamespace } from './world.ts'

/** One namespace's objects by key. */
export interface LiveTable {
  readonly namespace: OpenNamespace
  readonly objects: { readonly [Noun in LiveNoun]: Map<string, LiveObjects[Noun]> }
  /** Read again before the next batch. */
  readonly stale: Set<'links' | 'routes' | 'qdiscs' | 'all'>
}

/** An empty table, to be read. */
export function newTable(namespace: OpenNamespace): LiveTable {
  const objects = { link: new Map(), addr: new Map(), route: new Map(), neigh: new Map(), fdb: new Map(), qdisc: new Map() }
  return { namespace, objects, stale: new Set(['all']) }
}

/** Takes a notification in. */
export function takeMessage(table: LiveTable, type: number, body: Buffer, changes: LiveChange[]): void {
  switch (type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return takeLink(table, type === RTM_DELLINK, body, changes)
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const addr = decodeLiveAddr(table, body)
      if (addr !== undefined) set(table, 'addr', addrKey(addr), type === RTM_NEWADDR ? addr : undefined, changes)
      return
    }
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH: {
      const entry = decodeAnyFdb(body, (ifindex) => ifnameOf(table, ifindex))
      if (entry !== undefined) return set(table, 'fdb', liveFdbKey(entry), type === RTM_NEWNEIGH ? entry : undefined, changes)
      const neigh = decodeAnyNeigh(body, (ifindex) => ifnameOf(table, ifindex))
      if (neigh !== undefined && isShown(neigh)) set(table, 'neigh', neighKey(neigh), type === RTM_NEWNEIGH ? neigh : undefined, changes)
      return
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      // What a message adds to or takes from a route of several ways is told only by the table.
      table.stale.add('routes')
      return
    case RTM_NEWQDISC:
    case RTM_DELQDISC:
      // A message tells of one discipline, and which others stand above and below it only the table.
      table.stale.add('qdiscs')
  }
}

function takeLink(table: LiveTable, isGone: boolean, body: Buffer, changes: LiveChange[]): void {
  const key = String(body.readInt32LE(4))
  const before = table.objects.link.get(key)
  if (body[0] === AF_BRIDGE) {
    // A port: that it left the bridge is told once more, of the link itself.
    const { portState } = decodePort(body)
    if (before !== undefined && !isGone && portState !== undefined) set(table, 'link', key, { ...before, port: portState }, changes)
    return
  }
  const after = isGone ? undefined : decodeLiveLink(table, body)
  set(table, 'link', key, after, changes)
  if (before !== undefined && after !== undefined && before.ifname !== after.ifname) table.stale.add('all')
  // The kernel takes the IPv4 routes of a link that goes down without a word (fib_sync_down_dev).
  else table.stale.add('routes')
  // A link takes its disciplines along without a word.
  if (before !== undefined && after === undefined) set(table, 'qdisc', before.ifname, undefined, changes)
}

/** Reads again what is stale. */
export function readStale(table: LiveTable, changes: LiveChange[]): void {
  const { stale } = table
  if (stale.size === 0) return
  if (stale.has('all')) table.namespace.ifindexes.clear()
  if (stale.has('all') || stale.has('links')) {
    const decode = (body: Buffer) => keyed(decodeLiveLink(table, body), (link) => String(link.ifindex))
    replace(table, 'link', RTM_GETLINK, getLinks(false), decode, changes)
  }
  if (stale.has('all')) {
    replace(table, 'addr', RTM_GETADDR, ADDR_HEADER, (body) => keyed(decodeLiveAddr(table, body), addrKey), changes)
    const decodeEntry = (body: Buffer) => decodeAnyFdb(body, (ifindex) => ifnameOf(table, ifindex))
    if (hasBridge(table)) replace(table, 'fdb', RTM_GETNEIGH, getFdbs(), (body) => keyed(decodeEntry(body), liveFdbKey), changes)
    const decode = (body: Buffer) => decodeAnyNeigh(body, (ifindex) => ifnameOf(table, ifindex))
    replace(table, 'neigh', RTM_GETNEIGH, NEIGH_HEADER, (body) => keyed(decode(body), neighKey, isShown), changes)
  }
  if (stale.has('all') || stale.has('qdiscs')) readQdiscs(table, changes)
  if (stale.has('all') || stale.has('routes')) {
    const decode = (body: Buffer) => decodeAnyRoute(body, (ifindex) => ifnameOf(table, ifindex))
    const isShownRoute = ({ table: number }: LiveObjects['route']): boolean => number !== RT_TABLE_LOCAL
    replace(table, 'route', RTM_GETROUTE, ROUTE_HEADER, (body) => keyed(decode(body), routeKey, isShownRoute), changes)
  }
  stale.clear()
}

function readQdiscs(table: LiveTable, changes: LiveChange[]): void {
  const messages: QdiscMessage[] = []
  const each = (body: Buffer): void => {
    const message = decodeQdisc(body)
    if (message !== undefined) messages.push(message)
  }
  dump(table.namespace.netlink, RTM_GETQDISC, QDISC_HEADER, each, () => (messages.length = 0))
  const found = new Map<string, LiveQdisc>()
  for (const [ifindex, { qdiscs }] of chainsOf(messages)) {
    const ifname = ifnameOf(table, ifindex)
    found.set(ifname, { ifname, qdiscs })
  }
  setAll(table, 'qdisc', found, changes)
}

/** Whether a spanning tree is there, of which the kernel tells no watcher when its root changes. */
export function hasTree({ objects }: LiveTable): boolean {
  for (const { tree } of objects.link.values()) if (tree !== undefined) return true
  return false
}

function hasBridge({ objects }: LiveTable): boolean {
  return [...objects.link.values()].some(({ kind }) => kind === 'bridge')
}

// struct ifaddrmsg, ndmsg, rtmsg, tcmsg, all zero: no filter
const ADDR_HEADER = Buffer.alloc(8)
const NEIGH_HEADER = Buffer.alloc(12)
const ROUTE_HEADER = Buffer.alloc(12)
const QDISC_HEADER = Buffer.alloc(20)

type Keyed<T> = readonly [key: string, object: T] | undefined

function keyed<T>(object: T | undefined, key: (object: T) => string, isWanted: (object: T) => boolean = () => true): Keyed<T> {
  return object === undefined || !isWanted(object) ? undefined : [key(object), object]
}

/** Dumps one kind of object and makes the table what the dump says. */
function replace<Noun extends LiveNoun>(
  table: LiveTable,
  noun: Noun,
  type: number,
  header: Uint8Array,
  decode: (body: Buffer) => Keyed<LiveObjects[Noun]>,
  changes: LiveChange[],
): void {
  const found = new Map<string, LiveObjects[Noun]>()
  const each = (body: Buffer): void => {
    const entry = decode(body)
    if (entry !== undefined) found.set(...entry)
  }
  dump(table.namespace.netlink, type, header, each, () => found.clear())
  setAll(table, noun, found, changes)
}

function setAll<Noun extends LiveNoun>(
  table: LiveTable,
  noun: Noun,
  found: ReadonlyMap<string, LiveObjects[Noun]>,
  changes: LiveChange[],
): void {
  for (const key of [...table.objects[noun].keys()]) if (!found.has(key)) set(table, noun, key, undefined, changes)
  for (const [key, object] of found) set(table, noun, key, object, changes)
}

function set<Noun extends LiveNoun>(
  table: LiveTable,
  noun: Noun,
  key: string,
  after: LiveObjects[Noun] | undefined,
  changes: LiveChange[],
): void {
  const objects: Map<string, LiveObjects[Noun]> = table.objects[noun]
  const before = objects.get(key)
  if (JSON.stringify(before) === JSON.stringify(after)) return
  if (after === undefined) objects.delete(key)
  else objects.set(key, after)
  const change = { noun, netns: table.namespace.name, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
  changes.push(change as LiveChange)
}

function decodeLiveLink({ namespace }: LiveTable, body: Buffer): LiveLink {
  const link = decodeLink(body, true)
  const {
    ifindex,
    ifname,
    flags,
    mtu,
    kind,
    lladdr,
    alias,
    masterIfindex,
    linkIfindex,
    isLinkElsewhere,
    portState,
    portData,
    facts,
    tree,
  } = link
  namespace.ifindexes.set(ifname, ifindex)
  const isLoopback = (flags & IFF_LOOPBACK) !== 0
  return {
    ifindex,
    ifname,
    kind: isLoopback ? 'loopback' : kind,
    up: (flags & IFF_UP) !== 0,
    carrier: facts!.carrier,
    operstate: facts!.operstate,
    mtu,
    ...(lladdr !== undefined && !isLoopback && { lladdr }),
    ...(masterIfindex !== undefined && { master: nameOf(namespace, masterIfindex) }),
    ...(alias !== undefined && { alias }),
    ...(linkIfindex !== undefined && (kind === 'veth' || isLinkElsewhere) && { peerIfindex: linkIfindex }),
    ...(kind === 'veth' && !isLinkElsewhere && { isPeerBeside: true as const }),
    ...(portState !== undefined && { port: portState }),
    ...(portData !== undefined && { treePort: decodeTreePort(portData) }),
    ...(tree !== undefined && { tree }),
  }
}

function decodeLiveAddr(table: LiveTable, body: Buffer): LiveAddr | undefined {
  const addr = decodeAddr(body)
  if (addr === undefined) return undefined
  const { ifindex, family, local, prefixlen, tentative, dadFailed } = addr
  return { ifname: ifnameOf(table, ifindex), family, local, prefixlen, tentative, dadFailed }
}

function ifnameOf(table: LiveTable, ifindex: number): string {
  return table.objects.link.get(String(ifindex))?.ifname ?? nameOf(table.namespace, ifindex)
}

function nameOf(namespace: OpenNamespace, ifindex: number): string {
  for (const [ifname, number] of namespace.ifindexes) if (number === ifindex) return ifname
  return String(ifindex)
}

/** NOARP entries (multicast, loopback) are the kernel's own affair: `ip neighbour` does not show them either. */
function isShown({ state }: LiveObjects['neigh']): boolean {
  return state !== 'NOARP'
}
