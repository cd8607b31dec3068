// What a watcher is told of the kernel's changes, in words.
import { describe, expect, it } from 'vitest'
import { LabEvents, type LabEvent } from '../../../src/lab/lab-event.ts'
import { LiveNetwork } from '../../../src/lab/live-network.ts'
import type { LiveAddr, LiveChange, LiveLink, LiveNeigh, LiveRoute, ObjectChange } from '../../../src/state/live.ts'
import { FABRIC } from '../../../src/state/network.ts'

const eth0: LiveLink = { ifindex: 2, ifname: 'eth0', kind: 'veth', up: true, carrier: true, operstate: 'UP', mtu: 1500, peerIfindex: 3 }
const port: LiveLink = { ...eth0, ifindex: 3, ifname: 'h1-eth0', peerIfindex: 2, master: 'lan', port: 'forwarding' }
const lan: LiveLink = { ifindex: 4, ifname: 'lan', kind: 'bridge', up: true, carrier: true, operstate: 'UP', mtu: 1500 }
const addr: LiveAddr = { ifname: 'eth0', family: 4, local: '10.0.0.1', prefixlen: 24, tentative: false, dadFailed: false }
const neigh: LiveNeigh = { ifname: 'eth0', family: 4, dst: '10.0.0.2', state: 'INCOMPLETE' }
const route: LiveRoute = {
  family: 4,
  type: 'unicast',
  dst: '0.0.0.0/0',
  table: 254,
  metric: 0,
  nexthops: [{ via: '10.0.0.9', dev: 'eth0', weight: 1, onlink: false }],
  protocol: 'boot',
}

/** A watch that has seen h1 on the bridge lan. */
function begun(): LabEvents {
  const network = new LiveNetwork()
  const events = new LabEvents(network)
  const changes: LiveChange[] = [
    { noun: 'namespace', netns: 'h1', kind: 'node', inode: 7, exists: true },
    { noun: 'link', netns: 'h1', after: eth0 },
    { noun: 'namespace', netns: FABRIC, kind: 'fabric', inode: 7, exists: true },
    { noun: 'link', netns: FABRIC, after: lan },
    { noun: 'link', netns: FABRIC, after: port },
  ]
  const batch = { atMs: 1, changes, overrun: [] }
  expect(events.of({ type: 'batch', batch })).toEqual([])
  network.apply(batch)
  return events
}

function told(...changes: LiveChange[]): LabEvent[] {
  return begun().of({ type: 'batch', batch: { atMs: 5, changes, overrun: [] } })
}

function linkChange(after: Partial<LiveLink>, before: Partial<LiveLink> = {}): ObjectChange<'link'> {
  return { noun: 'link', netns: 'h1', before: { ...eth0, ...before }, after: { ...eth0, ...after } }
}

describe('a change of a link', () => {
  it.each([
    [linkChange({ up: false, carrier: false, operstate: 'DOWN' }), 'eth0 set down', 'bad'],
    [linkChange({}, { up: false, carrier: false }), 'eth0 set up', 'good'],
    [linkChange({ carrier: false }, { up: false, carrier: false }), 'eth0 set up, without carrier', 'good'],
    [linkChange({ carrier: false }), 'eth0 lost carrier', 'bad'],
    [linkChange({}, { carrier: false }), 'eth0 has carrier', 'good'],
    [linkChange({ mtu: 1400 }), 'eth0 mtu is 1400, was 1500', 'plain'],
    [linkChange({ ifname: 'wan' }), 'wan was eth0', 'plain'],
    [{ noun: 'link', netns: 'h1', before: eth0 } as const, 'eth0 removed', 'bad'],
    [{ noun: 'link', netns: 'h1', after: eth0 } as const, 'eth0 added', 'good'],
  ])('is told in words', (change, words, mood) => {
    expect(told(change)).toMatchObject([{ noun: 'link', node: 'h1', words, mood, atMs: 5 }])
  })

  it('is not told where only the operational state follows', () => {
    expect(told(linkChange({ operstate: 'DORMANT' }))).toEqual([])
  })

  it('of a port is told of the bridge, by what is plugged in', () => {
    const [event] = told({ noun: 'link', netns: FABRIC, before: port, after: { ...port, carrier: false, port: 'disabled' } })
    expect(event).toMatchObject({ node: 'lan', words: 'port to h1:eth0 lost carrier' })
  })
})

describe('other changes', () => {
  it('addresses and routes are told in the words of ip', () => {
    const events = told({ noun: 'addr', netns: 'h1', after: addr }, { noun: 'route', netns: 'h1', before: route })
    expect(events.map(({ words }) => words)).toEqual(['address 10.0.0.1/24 on eth0 added', 'route default via 10.0.0.9 dev eth0 removed'])
  })

  it("what every namespace is born with is not told: lo's own addresses", () => {
    expect(told({ noun: 'addr', netns: 'h1', after: { ...addr, ifname: 'lo', local: '127.0.0.1', prefixlen: 8 } })).toEqual([])
  })

  it('a neighbour is told when it is found, moves, or does not answer, and not each time it is asked', () => {
    const at = (lladdr: string, state = 'REACHABLE') => ({ ...neigh, lladdr, state })
    const words = (before: LiveNeigh | undefined, after: LiveNeigh) =>
      told({ noun: 'neigh', netns: 'h1', ...(before && { before }), after }).map((event) => event.words)
    expect(words(undefined, neigh)).toEqual([])
    expect(words(neigh, at('02:00:00:00:00:02'))).toEqual(['neighbour 10.0.0.2 on eth0 is at 02:00:00:00:00:02'])
    expect(words(at('02:00:00:00:00:02'), at('02:00:00:00:00:02', 'STALE'))).toEqual([])
    expect(words(at('02:00:00:00:00:02'), at('02:00:00:00:00:03'))).toEqual([
      'neighbour 10.0.0.2 on eth0 has moved from 02:00:00:00:00:02 to 02:00:00:00:00:03',
    ])
    expect(words(neigh, { ...neigh, state: 'FAILED' })).toEqual(['neighbour 10.0.0.2 on eth0 does not answer'])
  })

  it('lost messages are told, since nobody knows what they said', () => {
    const events = begun().of({ type: 'batch', batch: { atMs: 5, changes: [], overrun: ['h1'] } })
    expect(events).toMatchObject([{ node: 'h1', action: 'lost' }])
  })
})
