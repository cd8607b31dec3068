/** What a watcher is told of a lab that nobody runs: for tests of what is shown. */
import type { TuiActions } from '../../src/tui/actions.ts'
import type { LabRecord } from '../../src/lab/state.ts'
import type { WatchMessage } from '../../src/lab/watch.ts'
import { qdiscsOf } from '../../src/state/impairment.ts'
import type { LiveChange, LiveLink, LiveObjects } from '../../src/state/live.ts'
import { FABRIC } from '../../src/state/network.ts'

/** `h1:eth0` and `h2:eth0`, or the name of a bridge. */
export type WatchedCable = readonly [a: string, b: string]

export interface WatchedLab {
  readonly record: LabRecord
  /** What a watch tells first. */
  readonly messages: readonly WatchMessage[]
  /** A link as it was told, by `node:ifname` or, of a bridge's port, by the far end with `>` before it; between bridges, `a>b`. */
  readonly links: ReadonlyMap<string, { readonly netns: string; readonly link: LiveLink }>
}

const UP = { up: true, carrier: true, operstate: 'UP', mtu: 1500 }

export function watchedLab(nodes: readonly string[], bridges: readonly string[], cables: readonly WatchedCable[]): WatchedLab {
  const record: LabRecord = {
    name: 'dmz',
    holderPid: 7,
    holderStart: '1',
    since: '2026-01-02T03:04:05.678Z',
    nodes,
    bridges: Object.fromEntries(bridges.map((bridge) => [bridge, FABRIC])),
    env: {},
    capabilities: {},
    interfaces: {},
    hostLinks: [],
  }
  const changes: LiveChange[] = nodes.map((netns, index) => ({ noun: 'namespace', netns, kind: 'node', inode: 100 + index, exists: true }))
  if (bridges.length > 0) changes.push({ noun: 'namespace', netns: FABRIC, kind: 'fabric', inode: 99, exists: true })
  let ifindex = 2
  const links = new Map<string, { netns: string; link: LiveLink }>()
  for (const bridge of bridges) {
    const link = { ...UP, ifindex: ifindex++, ifname: bridge, kind: 'bridge' }
    links.set(bridge, { netns: FABRIC, link })
    changes.push({ noun: 'link', netns: FABRIC, after: link })
  }
  for (const [a, b] of cables) {
    const numbers = [ifindex++, ifindex++] as const
    for (const [own, far, index] of [[a, b, 0] as const, [b, a, 1] as const]) {
      const [place = '', ifname] = own.split(':')
      const common = { ...UP, kind: 'veth', ifindex: numbers[index], peerIfindex: numbers[1 - index]! }
      const link: LiveLink =
        ifname === undefined
          ? {
              ...common,
              ifname: far.includes(':') ? far.replace(':', '.') : `${own}.${far}`,
              master: place,
              port: 'forwarding',
              ...(!far.includes(':') && { isPeerBeside: true as const }),
            }
          : { ...common, ifname, lladdr: `02:00:00:00:00:${numbers[index].toString(16).padStart(2, '0')}` }
      const netns = ifname === undefined ? FABRIC : place
      links.set(ifname !== undefined ? own : far.includes(':') ? `>${far}` : `${own}>${far}`, { netns, link })
      changes.push({ noun: 'link', netns, after: link })
      if (ifname !== undefined) changes.push({ noun: 'addr', netns, after: addrOf(ifname, numbers[index]) })
    }
  }
  return {
    record,
    links,
    messages: [
      { type: 'up', record },
      { type: 'batch', batch: { atMs: START_MS, changes, counters: [], overrun: [] } },
    ],
  }
}

/** 03:04:05 UTC */
export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

function addrOf(ifname: string, number: number): LiveObjects['addr'] {
  return { ifname, family: 4, local: `10.0.0.${number}`, prefixlen: 24, tentative: false, dadFailed: false }
}

/** The link set down, as both ends tell it. */
export function setDown(lab: WatchedLab, name: string, far: string): WatchMessage {
  const changes: LiveChange[] = [[name, { up: false, carrier: false }] as const, [far, { carrier: false }] as const].map(
    ([key, change]) => {
      const { netns, link } = lab.links.get(key)!
      return { noun: 'link', netns, before: link, after: { ...link, ...change, operstate: 'DOWN' } }
    },
  )
  return { type: 'batch', batch: { atMs: START_MS + 1118, changes, overrun: [] } }
}

/** Links as they become: the ports of a spanning tree, say. Bridges by their names. */
export function changed(lab: WatchedLab, to: Readonly<Record<string, Partial<LiveLink>>>): WatchMessage {
  const changes = Object.entries(to).map(([name, change]): LiveChange => {
    const { netns, link } = lab.links.get(name)!
    return { noun: 'link', netns, before: link, after: { ...link, ...change } }
  })
  return { type: 'batch', batch: { atMs: START_MS + 1118, changes, overrun: [] } }
}

/** A rate, in bits a second, on what leaves by a link. */
export function limited(lab: WatchedLab, name: string, rate: number): WatchMessage {
  const { netns, link } = lab.links.get(name)!
  const { qdiscs } = qdiscsOf({ rate: rate / 8 }, link.mtu)!
  return {
    type: 'batch',
    batch: { atMs: START_MS + 1200, changes: [{ noun: 'qdisc', netns, after: { ifname: link.ifname, qdiscs } }], overrun: [] },
  }
}

/** A sample: bytes received and sent since the links were made, by name. */
export function counted(lab: WatchedLab, second: number, bytes: Readonly<Record<string, readonly [rx: number, tx: number]>>): WatchMessage {
  const counters = Object.entries(bytes).map(([name, [rx, tx]]) => {
    const { netns, link } = lab.links.get(name)!
    return { netns, rows: Float64Array.from([link.ifindex, 1, 1, rx, tx, 0, 0, 0, 0]) }
  })
  return { type: 'batch', batch: { atMs: START_MS + second * 1000, changes: [], counters, overrun: [] } }
}

/** Actions, none of which a test expects but those that it hands in. */
export function fakeActions(actions: Partial<TuiActions> = {}): TuiActions {
  const unexpected = (): never => {
    throw new Error('The test does not expect this action')
  }
  return {
    watch: unexpected,
    readDesired: () => undefined,
    examine: () => Promise.resolve({ services: [], processes: [], rulesets: [], sysctls: new Map() }),
    start: unexpected,
    capture: unexpected,
    shell: unexpected,
    serviceLog: unexpected,
    restartService: unexpected,
    setLink: unexpected,
    impair: unexpected,
    resetLink: unexpected,
    setPower: unexpected,
    readTests: () => Promise.resolve({ names: [], sources: new Map() }),
    runTests: unexpected,
    down: unexpected,
    saveEvents: unexpected,
    ...actions,
  }
}
