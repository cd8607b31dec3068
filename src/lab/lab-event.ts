// What happens in a lab, in words, one event a change that somebody would want to know of.
import { impairmentTexts } from '../state/impairment-text.ts'
import { impairmentOf } from '../state/impairment.ts'
import type { LiveBatch, LiveChange, LiveLink, LiveNoun, LiveRoute, ObjectChange } from '../state/live.ts'
import { FABRIC } from '../state/network.ts'
import { routeText } from '../state/words.ts'
import { placeOf, type LiveNetwork } from './live-network.ts'
import type { LabRecord } from './state.ts'
import type { WatchMessage } from './watch.ts'

export interface LabEvent {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly noun: LiveNoun | 'namespace' | 'lab' | 'memory' | 'power'
  /** `lost`: messages of the kernel came too fast, and what changed and changed back is not known. */
  readonly action: 'added' | 'changed' | 'removed' | 'up' | 'down' | 'lost' | 'killed' | 'stopped' | 'started'
  /** The node or bridge that it happened in; absent where it is the lab. */
  readonly node?: string
  readonly words: string
  /** Whether something came, went, or is only different. */
  readonly mood: 'good' | 'bad' | 'plain'
  /** The object, as far as there is one. */
  readonly change?: LiveChange
}

/** Turns the messages of one watch into events. Keeps count, so make one for each watch. */
export class LabEvents {
  readonly network: LiveNetwork
  /** What is to be told with the first batch: only then is known what is there. */
  #begun: LabEvent | undefined
  #isFirst = true
  #stopped: readonly string[] = []

  /** `network` is as the batches before have made it; it is changed by whoever calls, after `of`. */
  constructor(network: LiveNetwork) {
    this.network = network
  }

  /** Events of a message, the network being as it was before. What is there when a watch begins is no event. */
  of(message: WatchMessage): LabEvent[] {
    switch (message.type) {
      case 'up':
        this.#isFirst = true
        this.#stopped = []
        this.#begun = labEvent('up', `${message.record.name} is up: ${nodeCount(message.record)}`, 'good')
        return []
      case 'oom':
        return [oomEvent(message.node, message.kills)]
      case 'stopped': {
        const before = this.#stopped
        this.#stopped = message.nodes
        return this.#isFirst ? [] : powerEvents(before, message.nodes)
      }
      case 'changed':
        return [labEvent('changed', `netlab up has changed the lab: ${nodeCount(message.record)}`, 'plain')]
      case 'down':
        return [labEvent('down', 'the lab is down', 'bad')]
      case 'batch': {
        const { batch } = message
        if (this.#isFirst) {
          this.#isFirst = false
          return this.#begun === undefined ? [] : [this.#begun]
        }
        return [...lostEvents(batch), ...batch.changes.flatMap((change) => changeEvents(this.network, batch.atMs, change))]
      }
    }
  }
}

function labEvent(action: LabEvent['action'], words: string, mood: LabEvent['mood']): LabEvent {
  return { atMs: Date.now(), noun: 'lab', action, words, mood }
}

function oomEvent(node: string, kills: number): LabEvent {
  const words = `the kernel has killed ${kills === 1 ? 'a process' : `${kills} processes`} for want of memory (limits: memory)`
  return { atMs: Date.now(), noun: 'memory', action: 'killed', node, words, mood: 'bad' }
}

function powerEvents(before: readonly string[], after: readonly string[]): LabEvent[] {
  const event = (node: string, action: 'stopped' | 'started', words: string, mood: LabEvent['mood']): LabEvent => {
    return { atMs: Date.now(), noun: 'power', action, node, words, mood }
  }
  return [
    ...after
      .filter((node) => !before.includes(node))
      .map((node) => event(node, 'stopped', 'stopped: its cables are cut, its processes stand still', 'bad')),
    ...before.filter((node) => !after.includes(node)).map((node) => event(node, 'started', 'started again', 'good')),
  ]
}

function nodeCount({ nodes }: LabRecord): string {
  return `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`
}

function lostEvents({ atMs, overrun }: LiveBatch): LabEvent[] {
  return overrun.map((netns) => ({
    atMs,
    noun: 'namespace' as const,
    action: 'lost' as const,
    node: netns === FABRIC ? 'fabric' : netns,
    words: 'changes came faster than they could be read; the tables were read again',
    mood: 'plain' as const,
  }))
}

function changeEvents(network: LiveNetwork, atMs: number, change: LiveChange): LabEvent[] {
  const { words, mood } = describe(network, change)
  if (words === '') return []
  const action = change.noun === 'namespace' ? (change.exists ? 'added' : 'removed') : actionOf(change)
  return [{ atMs, noun: change.noun, action, node: nodeOf(network, change), words, mood, change }]
}

function actionOf({ before, after }: ObjectChange): 'added' | 'changed' | 'removed' {
  return before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
}

function nodeOf(network: LiveNetwork, change: LiveChange): string {
  if (change.netns !== FABRIC) return change.netns
  if (change.noun === 'qdisc') return placeOf(network, { netns: FABRIC, ifname: (change.after ?? change.before)?.ifname ?? '' })
  if (change.noun !== 'link') return 'fabric'
  // A port that is new is a port of what the change says, one that is gone of what it was.
  const link = change.after ?? change.before
  return link === undefined ? 'fabric' : placeOf(network, { netns: FABRIC, ifname: link.master ?? link.ifname })
}

interface Description {
  readonly words: string
  readonly mood: LabEvent['mood']
}

const UNTOLD: Description = { words: '', mood: 'plain' }

function describe(network: LiveNetwork, change: LiveChange): Description {
  switch (change.noun) {
    case 'namespace': {
      if (change.kind === 'fabric') return UNTOLD
      return change.exists ? { words: `${change.kind} added`, mood: 'good' } : { words: `${change.kind} removed`, mood: 'bad' }
    }
    case 'link':
      return describeLink(network, change)
    case 'addr':
      return describeAddr(change)
    case 'route':
      return describeRoute(change)
    case 'neigh':
      return describeNeigh(change)
    case 'qdisc':
      return describeQdisc(network, change)
    case 'fdb':
      return UNTOLD // every host that speaks is learnt, and forgotten when it is silent
  }
}

function describeQdisc(network: LiveNetwork, { netns, before, after }: ObjectChange<'qdisc'>): Description {
  const ifname = (after ?? before)?.ifname ?? ''
  const link = network.linkAt({ netns, ifname })
  if (link === undefined) return UNTOLD // it came and went with its link
  const name = linkWords(network, netns, link)
  const impairment = after && impairmentOf(after, link.mtu)
  if (after === undefined) return { words: `${name} is impaired no more`, mood: 'good' }
  if (impairment === undefined) return { words: `${name} has queueing disciplines of another program`, mood: 'plain' }
  const texts = Object.entries(impairmentTexts(impairment)).map(([key, text]) => `${key} ${text}`)
  return { words: `${name} is impaired: ${texts.join(', ')}`, mood: 'plain' }
}

function describeAddr({ before, after }: ObjectChange<'addr'>): Description {
  const addr = after ?? before
  // What every lo is born with.
  if (addr === undefined || (addr.ifname === 'lo' && ['127.0.0.1', '::1'].includes(addr.local))) return UNTOLD
  if (before === undefined) return { words: `address ${addrWords(addr)} added`, mood: 'good' }
  if (after === undefined) return { words: `address ${addrWords(addr)} removed`, mood: 'bad' }
  return after.dadFailed ? { words: `address ${addrWords(addr)} has another owner on its segment`, mood: 'bad' } : UNTOLD
}

function describeRoute({ before, after }: ObjectChange<'route'>): Description {
  const text = (route: LiveRoute): string => `${route.family === 'mpls' ? 'mpls ' : ''}${routeText(route)}`
  if (after !== undefined && before !== undefined) return { words: `route is now ${text(after)}`, mood: 'plain' }
  if (after !== undefined) return { words: `route ${text(after)} added`, mood: 'good' }
  return before === undefined ? UNTOLD : { words: `route ${text(before)} removed`, mood: 'bad' }
}

function addrWords({ local, prefixlen, ifname }: { local: string; prefixlen: number; ifname: string }): string {
  return `${local}/${prefixlen} on ${ifname}`
}

/** Neighbours go stale and are asked for again all the time: told is who was found, who moved, and who does not answer. */
function describeNeigh({ before, after }: ObjectChange<'neigh'>): Description {
  if (after === undefined) return UNTOLD
  const name = `neighbour ${after.dst} on ${after.ifname}`
  if (after.state === 'FAILED' && before?.state !== 'FAILED') return { words: `${name} does not answer`, mood: 'bad' }
  if (after.lladdr === undefined || after.lladdr === before?.lladdr) return UNTOLD
  return before?.lladdr === undefined
    ? { words: `${name} is at ${after.lladdr}`, mood: 'plain' }
    : { words: `${name} has moved from ${before.lladdr} to ${after.lladdr}`, mood: 'plain' }
}

function describeLink(network: LiveNetwork, { netns, before, after }: ObjectChange<'link'>): Description {
  const link = after ?? before
  if (link === undefined || link.kind === 'loopback') return UNTOLD
  const name = linkWords(network, netns, link)
  if (before === undefined) return { words: `${name} added`, mood: 'good' }
  if (after === undefined) return { words: `${name} removed`, mood: 'bad' }
  const words = [...stateWords(before, after), ...settingWords(before, after)]
  const worse = (before.up && !after.up) || (before.carrier && !after.carrier)
  const better = (!before.up && after.up) || (!before.carrier && after.carrier)
  return words.length === 0 ? UNTOLD : { words: `${name} ${words.join(', ')}`, mood: worse ? 'bad' : better ? 'good' : 'plain' }
}

/** A port of a bridge has a name that nobody gave it: it is told by what is plugged in. */
function linkWords(network: LiveNetwork, netns: string, link: LiveLink): string {
  if (netns !== FABRIC) return link.ifname
  if (link.kind === 'bridge') return 'bridge'
  const peer = network.peerOf(link)
  return peer === undefined
    ? `port ${link.ifname}`
    : `port to ${peer.netns === FABRIC ? placeOf(network, peer) : `${peer.netns}:${peer.ifname}`}`
}

function stateWords(before: LiveLink, after: LiveLink): string[] {
  if (before.up && !after.up) return ['set down']
  const words = []
  if (!before.up && after.up) words.push(after.carrier ? 'set up' : 'set up, without carrier')
  else if (before.carrier && !after.carrier) words.push('lost carrier')
  else if (!before.carrier && after.carrier) words.push('has carrier')
  // Without a spanning tree a port forwards whenever it has carrier: that says nothing more.
  if (before.port !== after.port && after.port !== undefined && [before.port, after.port].some(isTreeState)) words.push(`is ${after.port}`)
  return words
}

function isTreeState(port: LiveLink['port']): boolean {
  return port === 'listening' || port === 'learning' || port === 'blocking'
}

function settingWords(before: LiveLink, after: LiveLink): string[] {
  const words = []
  if (before.ifname !== after.ifname) words.push(`was ${before.ifname}`)
  if (before.mtu !== after.mtu) words.push(`mtu is ${after.mtu}, was ${before.mtu}`)
  if (before.lladdr !== after.lladdr) words.push(`address is ${after.lladdr ?? 'none'}, was ${before.lladdr ?? 'none'}`)
  if (before.master !== after.master) words.push(after.master === undefined ? 'left its bridge' : `joined the bridge ${after.master}`)
  return words
}
