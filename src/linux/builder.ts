// Makes the inner namespaces of a large lab's nodes by a thread of its own, while this one makes links: mounts and files wait for no lock of
// the network's. Until its thread is done with it, a node is "unfinished": it has a network, and nothing but that may be asked of it.
import { Worker } from 'node:worker_threads'
import type { AddNetns, WriteFile } from '../plan/operation.ts'
import type { Refusal } from './apply.ts'
import { nodeThreadScript } from './installation.ts'
import { completeNode } from './namespace.ts'
import { flushPuts } from './holder.ts'
import type { BuiltNode, ThreadAnswer, ThreadOrder } from './node-thread.ts'
import { packOperations } from './wire.ts'
import type { World } from './world.ts'

/** A node that is to be made, and the places of its operations in the list that `apply` was given. */
export interface NodeOrder {
  readonly node: AddNetns
  readonly index: number
  readonly files: readonly WriteFile[]
  readonly firstFile: number
}

/** What became of the nodes. */
export interface BuiltNodes {
  /** The first node that was refused, by index in the plan: those behind it may not have been tried. */
  readonly refusal?: Refusal
  /** Files that are still to be written, by index in the plan. */
  readonly left: ReadonlyMap<number, WriteFile>
}

/** The thread that makes nodes, from the engine's side. */
export class Builder {
  /** Not 0: no further node is wanted. */
  readonly #isStopped = new Int32Array(new SharedArrayBuffer(4))
  readonly #thread = new Worker(nodeThreadScript(), { workerData: this.#isStopped })
  readonly #failed: Promise<never>
  #world: World | undefined
  #orders: NodeOrder[] = []
  readonly #unfinished = new Map<string, NodeOrder>()
  #refusal: Refusal | undefined
  #left = new Map<number, WriteFile>()
  #whenDone: (() => void) | undefined

  constructor() {
    this.#thread.unref()
    this.#failed = new Promise((_, reject) => {
      this.#thread.once('error', reject)
      this.#thread.on('message', (answer: ThreadAnswer) => {
        try {
          if (answer !== 'stopped') this.#take(answer)
        } catch (error) {
          reject(error as Error) // HOLDER_ENDED, EMFILE
        }
      })
    })
    this.#failed.catch(() => undefined) // told to whoever waits
  }

  /** From now on nodes are made for this lab. */
  enter(world: World): void {
    const { directory, idMapKey, hostProc, base } = world
    this.#world = world
    this.#tell({ enter: { directory, idMapKey, hostProc, base } })
  }

  /** A node with its files; the thread hears of it with `send`. */
  add(order: NodeOrder): void {
    this.#orders.push(order)
    this.#unfinished.set(order.node.netns, order)
  }

  /** Whether the thread is not done with a node. */
  isUnfinished(netns: string): boolean {
    return this.#unfinished.has(netns)
  }

  /** Sends the thread what was added. `offset`: index in the plan of the list that `add` spoke of. */
  send(offset: number): void {
    if (this.#orders.length === 0) return
    const { operations, contents, contentOf } = packOperations(this.#orders.flatMap(({ node, files }) => [node, ...files]))
    for (const order of this.#orders)
      this.#unfinished.set(order.node.netns, { ...order, index: order.index + offset, firstFile: order.firstFile + offset })
    this.#orders = []
    this.#tell({ make: { operations, contents, contentOf } })
  }

  /** Resolves when no node is unfinished, or one was refused. Errors: that of a thread which has ended, and those of the holder. */
  async settled(): Promise<BuiltNodes> {
    const done = this.#isSettled() ? undefined : new Promise<void>((resolve) => (this.#whenDone = resolve))
    await Promise.race([this.#failed, done])
    const left = this.#left
    this.#left = new Map()
    return { left, ...(this.#refusal !== undefined && { refusal: this.#refusal }) }
  }

  #isSettled(): boolean {
    return this.#unfinished.size === 0 || this.#refusal !== undefined
  }

  /**
   * Makes no further node. Resolves when the thread is idle: until then it makes directories in the lab's. To terminate it would end the whole
   * process, now and then, by SIGSEGV: it is in a system call made by koffi.
   */
  async stop(): Promise<void> {
    if (this.#thread.threadId < 0) return // it has ended
    Atomics.store(this.#isStopped, 0, 1)
    this.#thread.ref()
    await new Promise<void>((resolve) => {
      this.#thread.once('exit', () => resolve())
      this.#thread.on('message', (answer: ThreadAnswer) => answer === 'stopped' && resolve())
      this.#tell('stop')
    })
  }

  #tell(order: ThreadOrder): void {
    this.#thread.postMessage(order)
  }

  #take(built: readonly BuiltNode[]): void {
    for (const { netns, result } of built) {
      const { index, files, firstFile } = this.#unfinished.get(netns)!
      this.#unfinished.delete(netns)
      if ('refusal' in result) {
        this.#refusal ??= { index, ...result.refusal }
        continue
      }
      completeNode(this.#world!, netns, result)
      for (const [offset, file] of files.slice(result.placed).entries()) this.#left.set(firstFile + result.placed + offset, file)
    }
    flushPuts(this.#world!.holder)
    if (this.#isSettled()) this.#whenDone?.()
  }
}
