/**
 * The neighbour tables of a large run. The kernel counts the ARP entries of all network namespaces together, the machine's own among
 * them, and refuses one beyond gc_thresh3 (1,024, ENOBUFS): a hundred hosts that ping each other on one LAN would need 9,900. So a run
 * takes a few hundred at a time, and takes away those that it made. net/core/neighbour.c, neigh_alloc(); arp(7).
 */
import { FABRIC } from '../../state/network.ts'
import type { Flow } from './flow.ts'
import { getNeighs, delNeighEntry, decodeNeighEntry, type NeighEntry } from '../message/neigh.ts'
import { getLinks } from '../message/link.ts'
import { dump, transact } from '../transport.ts'
import { IFF_LOOPBACK, NUD_INCOMPLETE, NUD_PERMANENT, RTM_GETLINK, RTM_GETNEIGH } from '../uapi.ts'
import { namespaceOf, type World } from '../world.ts'

/** Entries between two looks at the tables. Half of gc_thresh3 is left to everybody else. */
const MAX_ENTRIES = 512
/** On one link a pair of hosts makes two entries; a router between them makes one for each of them, and they make theirs for the router. */
const ENTRIES_ON_LINK = 2
const ENTRIES_THROUGH_ROUTER = 4
/** Hosts are taken so many at a time: 16 with 16 others are all pairs that are taken between two looks. */
const BLOCK = 16

export interface Neighbours {
  /** The order in which the flows make the fewest entries, and ask for the fewest: both ways between two hosts one after the other. */
  readonly order: readonly number[]
  /** Remembers where the flow makes entries. */
  note(flow: Flow): void
  /** Whether entries should be taken away before another flow begins. */
  isFull(): boolean
  /** Takes away the entries that the run has made, but for those that wait for an answer. */
  trim(): void
}

/** A small run leaves everything as it is: what it makes, any packet would. */
export function createNeighbours(world: World, flows: readonly Flow[]): Neighbours {
  const asGiven = flows.map((_, index) => index)
  const pairs = new Set(flows.map(pairOf)).size
  if (pairs * ENTRIES_THROUGH_ROUTER <= MAX_ENTRIES)
    return { order: asGiven, note: () => undefined, isFull: () => false, trim: () => undefined }
  const before = new Map<string, ReadonlySet<string>>()
  const touched = new Set<string>()
  const made = new Set<string>()

  const see = (name: string): void => {
    touched.add(name)
    if (!before.has(name)) before.set(name, new Set(entriesOf(world, name).map(keyOf)))
  }
  const between = [...world.namespaces.keys()].filter((name) => name !== FABRIC && countLinks(world, name) > 1)
  const maxPairs = MAX_ENTRIES / (between.length === 0 ? ENTRIES_ON_LINK : ENTRIES_THROUGH_ROUTER)
  between.forEach(see)
  const blockOf = numberBlocks(flows)
  return {
    order: asGiven.sort((a, b) => blockOf(flows[a]!) - blockOf(flows[b]!)),
    note: (flow) => {
      const { from, target } = flow
      see(from)
      if (target !== undefined && world.namespaces.has(target)) see(target)
      made.add(pairOf(flow))
    },
    isFull: () => made.size >= maxPairs,
    trim: () => {
      for (const name of touched) trimOne(world, name, before.get(name)!)
      touched.clear()
      made.clear()
      between.forEach(see)
    },
  }
}

/** The two ends of a flow, whichever way it goes. */
function pairOf({ from, to, target }: Flow): string {
  const other = target ?? to
  return from < other ? `${from} ${other}` : `${other} ${from}`
}

/** Numbers the pairs of blocks. */
function numberBlocks(flows: readonly Flow[]): (flow: Flow) => number {
  const numbers = new Map<string, number>()
  const numberOf = (name: string): number => {
    const number = numbers.get(name) ?? numbers.size
    numbers.set(name, number)
    return Math.floor(number / BLOCK)
  }
  for (const { from } of flows) numberOf(from)
  return ({ from, to, target }) => {
    const [a, b] = [numberOf(from), numberOf(target ?? to)]
    return Math.min(a, b) * 2 ** 20 + Math.max(a, b)
  }
}

function trimOne(world: World, name: string, before: ReadonlySet<string>): void {
  const mine = entriesOf(world, name).filter((entry) => !(entry.state & (NUD_PERMANENT | NUD_INCOMPLETE)) && !before.has(keyOf(entry)))
  // ENOENT: the kernel was faster.
  if (mine.length > 0) transact(namespaceOf(world, name).netlink, mine.map(delNeighEntry))
}

/** Without lo. Nobody passes packets on who has but one link to take them from. */
function countLinks(world: World, name: string): number {
  let count = 0
  const each = (body: Buffer): void => void (count += body.readUInt32LE(8) & IFF_LOOPBACK ? 0 : 1)
  dump(namespaceOf(world, name).netlink, RTM_GETLINK, getLinks(false), each, () => (count = 0))
  return count
}

function entriesOf(world: World, name: string): NeighEntry[] {
  const entries: NeighEntry[] = []
  const each = (body: Buffer): void => {
    const entry = decodeNeighEntry(body)
    if (entry !== undefined) entries.push(entry)
  }
  dump(namespaceOf(world, name).netlink, RTM_GETNEIGH, getNeighs(), each, () => (entries.length = 0))
  return entries
}

function keyOf({ ifindex, dst }: NeighEntry): string {
  return `${ifindex} ${dst}`
}
