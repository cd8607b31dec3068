// What the user interface knows of its lab: the network, the log, and how the lab stands. Fed by watch messages, read by components.
import { LabEvents, type LabEvent } from '../lab/lab-event.ts'
import { HISTORY, LiveNetwork } from '../lab/live-network.ts'
import type { LabRecord } from '../lab/state.ts'
import type { WatchMessage } from '../lab/watch.ts'
import type { NetworkState } from '../state/network.ts'

/** A log that is longer is read in a file. */
const MAX_EVENTS = 5000

/** At most twenty frames a second, and one core in three: who looks at a storm still types. */
const TELL_MS = 50
const PAUSE = 2

/** What the file of the lab says, as far as components show it. Read anew when the lab comes up or is changed. */
export type ReadDesired = () => NetworkState | undefined

export class LabModel {
  readonly name: string
  record: LabRecord | undefined
  desired: NetworkState | undefined
  /** Names of nodes that are stopped. */
  stopped: ReadonlySet<string> = new Set()
  network = new LiveNetwork()
  state: 'starting' | 'up' | 'down' = 'starting'
  /** The latest last. */
  readonly events: LabEvent[] = []
  /** Events that fell out of the log at its old end. */
  forgotten = 0
  /** Tells components that something is different. */
  version = 0
  /** As `version`, of the network alone. */
  networkVersion = 0
  #tellAtMs = 0
  /** Samples without anything that passed. */
  #quiet = 0
  #timer: NodeJS.Timeout | undefined
  readonly #readDesired: ReadDesired
  readonly #listeners = new Set<() => void>()
  #words = new LabEvents(this.network)

  constructor(name: string, readDesired: ReadDesired) {
    this.name = name
    this.#readDesired = readDesired
  }

  /** Takes a message of the watch in. */
  take(message: WatchMessage): void {
    if (message.type === 'up') {
      this.network = new LiveNetwork()
      this.#words = new LabEvents(this.network)
      this.stopped = new Set()
    }
    if (message.type === 'stopped') this.stopped = new Set(message.nodes)
    if (message.type === 'up' || message.type === 'changed') {
      this.record = message.record
      this.desired = this.#readDesired()
    }
    this.events.push(...this.#words.of(message))
    if (this.events.length > MAX_EVENTS) this.forgotten += this.events.splice(0, this.events.length - MAX_EVENTS).length
    const isQuiet = this.#isQuiet(message)
    if (message.type === 'batch') {
      this.network.apply(message.batch)
      this.state = 'up'
    }
    if (message.type === 'down') {
      this.state = 'down'
      this.network = new LiveNetwork()
    }
    this.networkVersion++
    if (!isQuiet) this.changedByItself()
  }

  /** Nothing has changed nor passed, and nothing of what has passed is still to be seen: a frame would be the same again. */
  #isQuiet(message: WatchMessage): boolean {
    if (message.type !== 'batch') return false
    if (this.state !== 'up') {
      this.#quiet = HISTORY // what passed before the watch is not shown
      return false
    }
    const { changes, counters = [], overrun } = message.batch
    this.#quiet = changes.length + counters.length + overrun.length === 0 ? this.#quiet + 1 : 0
    return this.#quiet > HISTORY
  }

  /** As `changed`, for what comes by itself and may come often. The first of it is shown at once. */
  changedByItself(): void {
    this.#timer ??= setTimeout(() => this.changed(), Math.max(0, this.#tellAtMs - performance.now()))
  }

  /** Something that components show is different. */
  changed(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const startMs = performance.now()
    this.version++
    for (const listener of this.#listeners) listener()
    // React draws before the event loop goes on. Where that takes long there is a pause twice as long.
    setImmediate(() => {
      const nowMs = performance.now()
      this.#tellAtMs = nowMs + Math.max(TELL_MS, PAUSE * (nowMs - startMs))
    })
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
