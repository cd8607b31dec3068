// The network as a watcher's batches make it: what the user interface shows. Changed in place; one writer, readers between batches.
import { addrKey, liveFdbKey, neighKey, routeKey } from '../state/key.ts'
import {
  COUNTER_COLUMNS,
  type LinkCounters,
  type LiveAddr,
  type LiveBatch,
  type LiveChange,
  type LiveFdb,
  type LiveLink,
  type LiveNeigh,
  type LiveQdisc,
  type LiveRoute,
} from '../state/live.ts'
import { FABRIC, type LinkEnd, type NamespaceState } from '../state/network.ts'

export interface LiveNamespace {
  readonly name: string
  readonly kind: NamespaceState['kind']
  readonly inode: number
  /** Another one whenever anything in it is different, its rates too. */
  version: number
  /** By ifname. */
  readonly links: Map<string, LiveLink>
  readonly addrs: Map<string, LiveAddr>
  readonly routes: Map<string, LiveRoute>
  readonly neighs: Map<string, LiveNeigh>
  readonly fdb: Map<string, LiveFdb>
  /** By ifname. */
  readonly qdiscs: Map<string, LiveQdisc>
  /** By ifindex. */
  readonly traffic: Map<number, LinkTraffic>
}

/** What passes a link, from the samples of its counters. */
export interface LinkTraffic {
  counters: LinkCounters
  /** Per second, since the sample before: for as long as `tick` is the network's. */
  rates: LinkCounters
  /** Sum of errors and drops that came since the watch began. */
  faults: number
  /** Bits a second of both directions, the latest last. */
  readonly history: number[]
  /** Number of the sample that changed it last. */
  tick: number
}

/** Samples that are kept: a minute. */
export const HISTORY = 60

const ZERO: LinkCounters = {
  rxPackets: 0,
  txPackets: 0,
  rxBytes: 0,
  txBytes: 0,
  rxErrors: 0,
  txErrors: 0,
  rxDropped: 0,
  txDropped: 0,
}

/** All that a watcher has been told, by namespace. */
export class LiveNetwork {
  readonly namespaces = new Map<string, LiveNamespace>()
  /** Number of samples so far. */
  tick = 0
  #sampledAtMs = 0
  /** Where something passed in the last sample. */
  #active: LiveNamespace[] = []
  #ends: ReadonlyMap<number, readonly LinkEnd[]> | undefined

  /** Takes a batch in. */
  apply(batch: LiveBatch): void {
    for (const change of batch.changes) this.#applyChange(change)
    if (batch.counters === undefined) return
    const seconds = (batch.atMs - this.#sampledAtMs) / 1000
    const isFirst = this.#sampledAtMs === 0
    this.#sampledAtMs = batch.atMs
    this.tick++
    for (const namespace of this.#active) namespace.version++ // its rates were those of the sample before
    this.#active = []
    for (const { netns, rows } of batch.counters) {
      const namespace = this.namespaces.get(netns)
      if (namespace === undefined) continue
      namespace.version++
      this.#active.push(namespace)
      for (let at = 0; at < rows.length; at += COUNTER_COLUMNS)
        takeRow(namespace, rows.subarray(at, at + COUNTER_COLUMNS), isFirst ? 0 : seconds, this.tick)
    }
  }

  #applyChange(change: LiveChange): void {
    if (change.noun === 'namespace') {
      const { netns, kind, inode, exists } = change
      this.#ends = undefined
      if (!exists) this.namespaces.delete(netns)
      else this.namespaces.set(netns, emptyNamespace(netns, kind, inode))
      return
    }
    const namespace = this.namespaces.get(change.netns)
    if (namespace === undefined) return
    namespace.version++
    switch (change.noun) {
      case 'link':
        if (change.before?.peerIfindex !== change.after?.peerIfindex || change.before?.ifname !== change.after?.ifname)
          this.#ends = undefined
        if (change.after === undefined && change.before !== undefined) namespace.traffic.delete(change.before.ifindex)
        return replace(namespace.links, change, (link) => link.ifname)
      case 'addr':
        return replace(namespace.addrs, change, addrKey)
      case 'route':
        return replace(namespace.routes, change, routeKey)
      case 'neigh':
        return replace(namespace.neighs, change, neighKey)
      case 'fdb':
        return replace(namespace.fdb, change, liveFdbKey)
      case 'qdisc':
        return replace(namespace.qdiscs, change, ({ ifname }) => ifname)
    }
  }

  /** The far end of a cable; undefined where it is not in the lab, or where two might be meant. */
  peerOf(link: LiveLink): LinkEnd | undefined {
    if (link.peerIfindex === undefined) return undefined
    const candidates = this.#endsByIfindex().get(link.peerIfindex) ?? []
    const [only, ...others] = candidates.filter((end) => {
      const far = this.linkAt(end)
      return far?.peerIfindex === link.ifindex && far.isPeerBeside === link.isPeerBeside
    })
    return others.length === 0 ? only : undefined
  }

  #endsByIfindex(): ReadonlyMap<number, readonly LinkEnd[]> {
    if (this.#ends !== undefined) return this.#ends
    const ends = new Map<number, LinkEnd[]>()
    for (const { name, links } of this.namespaces.values())
      for (const { ifindex, ifname, kind } of links.values()) {
        if (kind !== 'veth') continue
        const end = { netns: name, ifname }
        const others = ends.get(ifindex)
        if (others === undefined) ends.set(ifindex, [end])
        else others.push(end)
      }
    this.#ends = ends
    return ends
  }

  linkAt({ netns, ifname }: LinkEnd): LiveLink | undefined {
    return this.namespaces.get(netns)?.links.get(ifname)
  }

  /** What passes a link now; nothing where nothing is known. */
  rates(netns: string, ifindex: number): LinkCounters {
    const traffic = this.namespaces.get(netns)?.traffic.get(ifindex)
    return traffic?.tick === this.tick ? traffic.rates : ZERO
  }

  /** The last samples of a link in bits a second, both directions, the latest last. */
  history(netns: string, ifindex: number, samples: number): number[] {
    const traffic = this.namespaces.get(netns)?.traffic.get(ifindex)
    const quiet = traffic === undefined ? samples : Math.min(samples, this.tick - traffic.tick)
    const known = traffic === undefined ? [] : traffic.history.slice(-Math.max(0, samples - quiet) || undefined)
    const shown = quiet >= samples ? [] : known
    return [...Array<number>(Math.max(0, samples - quiet - shown.length)).fill(0), ...shown, ...Array<number>(quiet).fill(0)]
  }
}

/** The name that people know a bridge by: the alias where the link's own had to be shortened. */
export function bridgeName(namespace: LiveNamespace, ifname: string): string {
  return namespace.links.get(ifname)?.alias ?? ifname
}

/** Where an interface is: the node, or the bridge that it is a port of. */
export function placeOf(network: LiveNetwork, { netns, ifname }: LinkEnd): string {
  if (netns !== FABRIC) return netns
  const fabric = network.namespaces.get(FABRIC)
  const link = fabric?.links.get(ifname)
  if (fabric === undefined || link === undefined) return 'fabric'
  if (link.kind === 'bridge') return bridgeName(fabric, ifname)
  return link.master === undefined ? 'fabric' : bridgeName(fabric, link.master)
}

function emptyNamespace(name: string, kind: LiveNamespace['kind'], inode: number): LiveNamespace {
  return {
    name,
    kind,
    inode,
    version: 0,
    links: new Map(),
    addrs: new Map(),
    routes: new Map(),
    neighs: new Map(),
    fdb: new Map(),
    qdiscs: new Map(),
    traffic: new Map(),
  }
}

function replace<T>(
  objects: Map<string, T>,
  { before, after }: { readonly before?: T; readonly after?: T },
  key: (object: T) => string,
): void {
  const [oldKey, newKey] = [before && key(before), after && key(after)]
  if (oldKey !== undefined && oldKey !== newKey) objects.delete(oldKey)
  if (after !== undefined && newKey !== undefined) objects.set(newKey, after)
}

const FIELDS = ['rxPackets', 'txPackets', 'rxBytes', 'txBytes', 'rxErrors', 'txErrors', 'rxDropped', 'txDropped'] as const

/** `seconds` since the sample before, 0 for the first. */
function takeRow(namespace: LiveNamespace, row: Float64Array, seconds: number, tick: number): void {
  const ifindex = row[0]!
  const counters = { ...ZERO, ...Object.fromEntries(FIELDS.map((field, column) => [field, row[column + 1]!])) }
  const traffic = namespace.traffic.get(ifindex)
  if (traffic === undefined) {
    namespace.traffic.set(ifindex, { counters, rates: ZERO, faults: 0, history: [], tick })
    return
  }
  const perSecond = (field: keyof LinkCounters): number =>
    seconds <= 0 ? 0 : Math.max(0, counters[field] - traffic.counters[field]) / seconds
  traffic.rates = { ...ZERO, ...Object.fromEntries(FIELDS.map((field) => [field, perSecond(field)])) }
  traffic.faults += (traffic.rates.rxErrors + traffic.rates.txErrors + traffic.rates.rxDropped + traffic.rates.txDropped) * seconds
  traffic.counters = counters
  for (let gap = traffic.tick + 1; gap < tick && traffic.history.length > 0 && gap - traffic.tick <= HISTORY; gap++) traffic.history.push(0)
  traffic.history.push((traffic.rates.rxBytes + traffic.rates.txBytes) * 8)
  traffic.history.splice(0, Math.max(0, traffic.history.length - HISTORY))
  traffic.tick = tick
}
