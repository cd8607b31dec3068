// Watches a lab: notifications of every namespace, by one epoll descriptor, and a sample of all counters once a second.
// epoll(7). The wait is on a thread of the pool, so that a lab in which nothing happens costs nothing between two samples.
import { fstatSync } from 'node:fs'
import { COUNTER_COLUMNS, type CounterRows, type LiveBatch, type LiveChange, type NamespaceChange } from '../state/live.ts'
import { HOST } from '../state/network.ts'
import { openEvents, readEvents } from './event-socket.ts'
import { HOLDER_ENDED, listNamespaces } from './holder.ts'
import { close, epollAdd, epollCreate, EPOLLIN, EPOLLRDHUP, epollWait, shutdown } from './libc.ts'
import { hasTree, newTable, readStale, takeMessage, type LiveTable } from './live-table.ts'
import { decodeStats, getStats } from './message/stats.ts'
import { isErrno } from './sysctl.ts'
import { dump } from './transport.ts'
import { RTM_GETSTATS } from './uapi.ts'
import { closeNamespace, kindOf, openNew, withinNet, type OpenNamespace, type World } from './world.ts'

/** Twenty batches a second are more than an eye sees; the first of a quiet time leaves at once. */
const BATCH_MS = 50
const SAMPLE_MS = 1000

interface Watched {
  readonly events: number
  readonly table: LiveTable
  /** Last row of each link, by ifindex. */
  readonly counters: Map<number, Float64Array>
  /** The holder's descriptor: another one under the same name is another namespace. */
  readonly heldAs: number
}

interface Watch {
  readonly world: World
  readonly epfd: number
  /** By the number that epoll knows it by. */
  readonly watched: Map<number, Watched>
  readonly overrun: Set<string>
  nextNumber: number
  changes: LiveChange[]
}

/** What epoll tells of the holder: it has gone, and with it the lab. */
const HOLDER = 0

/** Ends the watch of this world, which otherwise waits until something happens. */
export function stopWatching(world: World): void {
  shutdown(world.holder.fd)
}

/** Watches until the holder has gone or `stopWatching` is called. `tell` hears all there is, then each change. */
export async function watch(world: World, tell: (batch: LiveBatch) => void): Promise<void> {
  try {
    await watchHolder(world, tell)
  } catch (error) {
    if (!isErrno(error, HOLDER_ENDED)) throw error // it went while it was asked
  }
}

async function watchHolder(world: World, tell: (batch: LiveBatch) => void): Promise<void> {
  const watch: Watch = { world, epfd: epollCreate(), watched: new Map(), overrun: new Set(), nextNumber: HOLDER + 1, changes: [] }
  // Not EPOLLIN: answers of the holder are read where they were asked for.
  epollAdd(watch.epfd, world.holder.fd, EPOLLRDHUP, HOLDER)
  followHolder(watch)
  let sampleAt = 0
  for (;;) {
    const ready = await epollWait(watch.epfd, Math.max(0, Math.ceil(sampleAt - performance.now())))
    if (ready.includes(HOLDER)) return
    for (const number of ready) readWatched(watch, watch.watched.get(number))
    const isSampleDue = performance.now() >= sampleAt
    if (isSampleDue) {
      sampleAt = performance.now() + SAMPLE_MS
      followHolder(watch)
      for (const { table } of watch.watched.values()) if (hasTree(table)) table.stale.add('links')
    }
    for (const { table } of watch.watched.values()) readStale(table, watch.changes)
    const counters = isSampleDue ? sample(watch) : undefined
    if (watch.changes.length === 0 && counters === undefined && watch.overrun.size === 0) continue
    tell({ atMs: Date.now(), changes: watch.changes, ...(counters !== undefined && { counters }), overrun: [...watch.overrun] })
    watch.changes = []
    watch.overrun.clear()
    await new Promise((resolve) => setTimeout(resolve, BATCH_MS))
  }
}

function readWatched(watch: Watch, watched: Watched | undefined): void {
  if (watched === undefined) return // it went while epoll told of it
  const { table, events } = watched
  if (readEvents(events, (type, body) => takeMessage(table, type, body, watch.changes))) return
  table.stale.add('all')
  watch.overrun.add(table.namespace.name)
}

/** Another `up` may have given the holder namespaces, or taken some away: those must not live on because we have them open. */
function followHolder(watch: Watch): void {
  const { world } = watch
  // What happens in the machine's own network is not told.
  const held = new Map(listNamespaces(world.holder).flatMap((entry) => (entry.name === HOST ? [] : [[entry.name, entry] as const])))
  for (const [number, { table, events, heldAs }] of watch.watched) {
    const { namespace } = table
    if (held.get(namespace.name)?.netFd === heldAs) {
      held.delete(namespace.name)
      continue
    }
    close(events)
    watch.changes.push(namespaceChange(namespace, false))
    closeNamespace(world, namespace)
    watch.watched.delete(number)
  }
  for (const entry of held.values()) addWatched(watch, world.namespaces.get(entry.name) ?? openNew(world, entry), entry.netFd)
}

function addWatched(watch: Watch, namespace: OpenNamespace, heldAs: number): void {
  const events = withinNet(watch.world, namespace, openEvents)
  const number = watch.nextNumber++
  watch.watched.set(number, { events, table: newTable(namespace), counters: new Map(), heldAs })
  epollAdd(watch.epfd, events, EPOLLIN, number)
  watch.changes.push(namespaceChange(namespace, true))
}

function namespaceChange(namespace: OpenNamespace, exists: boolean): NamespaceChange {
  const { name, net } = namespace
  return { noun: 'namespace', netns: name, kind: kindOf(namespace), inode: fstatSync(net).ino, exists }
}

const COUNTERS_REQUEST = getStats()
const row = new Float64Array(COUNTER_COLUMNS)

/** The counters that differ from the last sample. */
function sample({ watched }: Watch): CounterRows[] {
  const changed: CounterRows[] = []
  for (const { table, counters } of watched.values()) {
    const rows: number[] = []
    const each = (body: Buffer): void => {
      if (!decodeStats(body, row)) return
      const last = counters.get(row[0]!)
      if (last?.every((value, column) => value === row[column])) return
      rows.push(...row)
      if (last === undefined) counters.set(row[0]!, row.slice())
      else last.set(row)
    }
    // A dump that links come and go in is told again by the next sample.
    dump(table.namespace.netlink, RTM_GETSTATS, COUNTERS_REQUEST, each, () => undefined)
    if (rows.length > 0) changed.push({ netns: table.namespace.name, rows: Float64Array.from(rows) })
  }
  return changed
}
