// Many flows at once: begun as fast as sockets and neighbour tables allow, each waiting for its own answer.
import { startCapture, type Sighting } from './capture.ts'
import { begin } from './connect.ts'
import type { Flow, FlowAnswer } from './flow.ts'
import { createNeighbours, type Neighbours } from './neighbours.ts'
import { askNeigh } from './neigh-query.ts'
import { PingSocket } from './ping.ts'
import { Reactor } from './reactor.ts'
import { namespaceOf, withinNet, type World } from '../world.ts'

/** Sockets that are open at once. The hard limit of descriptors is 4,096 where nobody has raised it, and the engine has others. */
const MAX_SOCKETS = 2048
/** Flows begun before what has come back is looked at: their answers must fit the receive buffer of one socket (212,992 bytes). */
const BURST = 64

/** What the flows gave, in their order, and where their packets were seen. */
export interface FlowOutcome {
  readonly answers: readonly FlowAnswer[]
  readonly sightings: readonly Sighting[]
}

/** Carries the flows out, those without delay in their order. With `taps`, all that passes these namespaces meanwhile is seen. */
export async function runFlows(
  world: World,
  flows: readonly Flow[],
  taps: readonly string[] = [],
  withFrames = false,
): Promise<FlowOutcome> {
  const run = new FlowRun(world, flows)
  const capture = startCapture(world, taps, run.reactor, withFrames)
  try {
    const answers = await run.answers()
    // What is on its way when the last answer is there: an answer to another node, the rest of a handshake.
    if (taps.length > 0) await new Promise((resolve) => setTimeout(resolve, LINGER_MS))
    return { answers, sightings: capture.stop() }
  } catch (error) {
    capture.stop()
    throw error
  } finally {
    run.close()
  }
}

const LINGER_MS = 30

class FlowRun {
  readonly #world: World
  readonly #flows: readonly Flow[]
  readonly #answers: FlowAnswer[]
  readonly reactor = new Reactor()
  readonly #pings = new Map<string, PingSocket>()
  readonly #neighbours: Neighbours
  #left: number
  #open = 0
  #wake: (() => void) | undefined

  constructor(world: World, flows: readonly Flow[]) {
    this.#world = world
    this.#flows = flows
    this.#answers = new Array<FlowAnswer>(flows.length)
    this.#left = flows.length
    this.#neighbours = createNeighbours(world, flows)
  }

  async answers(): Promise<FlowAnswer[]> {
    const start = performance.now()
    const order = [...this.#neighbours.order].sort((a, b) => this.#delayOf(a) - this.#delayOf(b))
    let begun = 0
    for (const index of order) {
      const early = this.#delayOf(index) - (performance.now() - start)
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early))
      while (this.#open >= MAX_SOCKETS) await this.#change()
      if (this.#neighbours.isFull()) await this.#makeRoom()
      this.#begin(index)
      if (++begun % BURST === 0) {
        this.reactor.drain()
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    while (this.#left > 0) await this.#change()
    this.#neighbours.trim()
    return this.#answers
  }

  #delayOf(index: number): number {
    return this.#flows[index]!.delayMs ?? 0
  }

  /** Resolves when a flow is finished. */
  #change(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve))
  }

  /** Answers that are on their way need the entries: those that take longer ask for the neighbour again. */
  async #makeRoom(): Promise<void> {
    this.reactor.drain()
    const soon = new Promise<void>((resolve) => setTimeout(resolve, NEIGHBOUR_PATIENCE_MS))
    let isSoon = false
    void soon.then(() => (isSoon = true))
    while (this.#left > 0 && this.#open > 0 && !isSoon) await Promise.race([this.#change(), soon])
    this.#neighbours.trim()
  }

  #begin(index: number): void {
    const flow = this.#flows[index]!
    const namespace = namespaceOf(this.#world, flow.from)
    this.#open++
    this.#neighbours.note(flow)
    let giveUp: (() => void) | undefined
    let timer: NodeJS.Timeout | undefined
    let isDone = false
    const finish = (answer: FlowAnswer): void => {
      isDone = true
      clearTimeout(timer)
      this.#answers[index] = answer
      this.#left--
      this.#open--
      this.#wake?.()
    }
    if (flow.kind === 'neigh') giveUp = askNeigh(this.#world, flow, this.reactor, finish)
    else
      withinNet(this.#world, namespace, () => {
        if (flow.kind === 'ping') {
          const socket = this.#pingSocket(flow.from, flow.to.includes(':') ? 6 : 4)
          const seq = socket.send(flow, finish)
          giveUp = () => socket.giveUp(seq)
        } else giveUp = begin(flow, this.reactor, finish)
      })
    if (!isDone) timer = setTimeout(giveUp!, flow.timeoutMs)
  }

  /** Called inside the node. */
  #pingSocket(from: string, family: 4 | 6): PingSocket {
    const key = `${family} ${from}`
    const socket = this.#pings.get(key) ?? new PingSocket(family, this.reactor)
    this.#pings.set(key, socket)
    return socket
  }

  close(): void {
    for (const socket of this.#pings.values()) socket.close()
    this.reactor.close()
  }
}

/** How long entries are kept for answers that are on their way, when room is needed for others. */
const NEIGHBOUR_PATIENCE_MS = 25
