// The client's side of an engine: starts the process inside the lab's user namespace and asks it over the IPC channel.
import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Operation } from '../plan/operation.ts'
import type { LayerState } from '../state/mount.ts'
import type { LiveBatch } from '../state/live.ts'
import type { ApplyOutcome, Refusal } from './apply.ts'
import { SPARES_FD, type EngineCall, type EngineReply } from './engine-protocol.ts'
import type { NamespaceFacts } from './flow/facts.ts'
import type { Flow } from './flow/flow.ts'
import type { RouteAnswer, RouteQuery } from './flow/route-lookup.ts'
import type { LinkEnd } from '../state/network.ts'
import type { LostLink } from './taken.ts'
import type { FlowOutcome } from './flow/run.ts'
import type { HeldName } from './holder.ts'
import { engineScript, nsexecPath } from './installation.ts'
import type { Observation, ObserveScope } from './observe.ts'
import type { Probe } from './probe.ts'
import type { UsedPorts } from './readiness.ts'
import { endOfNode, packOperations } from './wire.ts'

/** Makes the system calls of one lab, from a process of its own. */
export interface Engine {
  readonly pid: number | undefined
  /** Starts the lab's holder; until `commit` the lab ends with this engine. Returns the holder's pid. */
  start(directory: string): Promise<number>
  /** Unpacks the layers of an image, unless that has been done; then the engine is of no further use. Errors: IMAGE_BROKEN. */
  unpack(tree: string, layers: readonly LayerState[]): Promise<void>
  /** Removes unpacked images: the paths that went. */
  removeImages(trees: readonly string[]): Promise<string[]>
  /** Has network namespaces made for so many nodes to come: while the engine itself begins, and not longer than it lives. */
  prepare(count: number): Promise<void>
  /** Enters a lab that runs. */
  enter(directory: string, holderPid: number): Promise<void>
  /** Carries out operations in order until one is refused. `onProgress` hears how many have been tried. */
  apply(operations: readonly Operation[], options?: ApplyOptions): Promise<ApplyOutcome>
  /** Reads the lab back; `withFacts` adds counters and the operational state of links. */
  observe(scope: ObserveScope, options?: { readonly withFacts?: boolean }): Promise<Observation>
  /** Values of sysctls in a namespace that is new; those this kernel does not have are left out. */
  defaults(names: readonly string[]): Promise<Map<string, string>>
  /** Moves a link to another namespace of the lab, where it is down and has no address. Returns the kernel's no. */
  moveLink(from: LinkEnd, to: LinkEnd): Promise<Pick<Refusal, 'code' | 'extack'> | undefined>
  /** Gives a lab's interfaces of the machine back, after the lab's end. Returns those that could not be, or not as they were. */
  returnLinks(directory: string): Promise<readonly LostLink[]>
  /** Whether the kernel has queueing disciplines: kinds, or `netem seed`. */
  probeQdiscs(names: readonly string[]): Promise<Probe[]>
  /** Sends from nodes, all at once, and hears what comes back. With `taps`, every packet that passes these namespaces is seen, `withFrames` byte by byte. */
  flows(flows: readonly Flow[], taps?: readonly string[], withFrames?: boolean): Promise<FlowOutcome>
  /** Which way packets would go, as `ip route get` tells it. */
  lookup(queries: readonly RouteQuery[]): Promise<RouteAnswer[]>
  /** Counters and neighbours of namespaces. */
  facts(names: readonly string[]): Promise<Map<string, NamespaceFacts>>
  /** Ports in use in a namespace. */
  usedPorts(netns: string): Promise<UsedPorts>
  /** Whether a path is there, as the node sees it. */
  pathExists(netns: string, path: string): Promise<boolean>
  /** What the holder keeps. */
  list(): Promise<HeldName[]>
  /** Tells all that is in the lab, then each change, at most twenty times a second; resolves when the lab's holder has gone. */
  watch(onBatch: (batch: LiveBatch) => void): Promise<void>
  /** From now on the lab lives until its holder is killed. */
  commit(): Promise<void>
  /** Ends the engine; resolves when the process is gone. */
  close(): Promise<void>
}

export interface ApplyOptions {
  readonly onProgress?: (attempted: number) => void
  /** Stops between operations; what was done by then stands in the outcome. */
  readonly signal?: AbortSignal
  /** How many operations between two reports of progress. */
  readonly slice?: number
}

/** Code of an EngineError: the process ended before it had answered. */
export const ENGINE_ENDED = 'ENGINE_ENDED'

/** The engine ended, or said what it cannot do. */
export class EngineError extends Error {
  readonly code: string | undefined

  constructor(message: string, code?: string, stack?: string) {
    super(message)
    this.name = 'EngineError'
    this.code = code
    if (stack !== undefined) this.stack = stack
  }
}

/** Tries what this kernel and this user can do, in a process and a network of their own. */
export async function probeKernel(names?: readonly string[]): Promise<Probe[]> {
  const engine = new EngineProcess(['scratch'])
  try {
    return await engine.probe(names)
  } finally {
    await engine.close()
  }
}

/**
 * Starts an engine. `holderPid` names the lab whose user namespace it joins; without one it makes a user namespace where this user
 * needs one. It leaves the terminal's process group, so that Ctrl-C reaches only the client, who decides.
 */
export function startEngine(holderPid?: number): Engine {
  return new EngineProcess(holderPid === undefined ? ['world', '--spares'] : ['join', String(holderPid)])
}

/** Operations that travel together: packing a thousand nodes as a whole takes as long as making fifty of them. */
const PART = 1024

/** The outcome of a plan from those of its parts; those behind a refusal have attempted nothing. */
function joined(parts: readonly ApplyOutcome[]): ApplyOutcome {
  return {
    attempted: parts.reduce((sum, { attempted }) => sum + attempted, 0),
    refusals: parts.flatMap(({ refusals }) => refusals),
  }
}

class EngineProcess implements Engine {
  readonly #child: ChildProcess
  /** Tells native/spare.c what is wanted; closed by its end. */
  readonly #spares: Socket | undefined
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  readonly #ended: Promise<void>
  #hasEnded = false
  #nextId = 1
  #errors = ''
  #onProgress: ((attempted: number) => void) | undefined
  #onBatch: ((batch: LiveBatch) => void) | undefined

  /** `place`: the verb of nsexec that leads to where the engine is to run, and its arguments. */
  constructor(place: readonly string[]) {
    const withSpares = place.includes('--spares')
    const child = spawn(nsexecPath(), [...place, process.execPath, engineScript()], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...(withSpares ? (['pipe'] as const) : [])],
      serialization: 'advanced',
      detached: true,
    })
    this.#child = child
    this.#spares = child.stdio[SPARES_FD] as Socket | undefined
    this.#spares?.on('error', () => undefined) // EPIPE: an engine that has died says so to whoever asks it next
    this.#spares?.resume().unref()
    child.stderr!.on('data', (bytes: Buffer) => (this.#errors += bytes.toString()))
    child.on('message', (reply: EngineReply) => this.#hear(reply))
    this.#ended = new Promise((resolve) => {
      const end = (error: EngineError): void => {
        this.#hasEnded = true
        this.#fail(error)
        resolve()
      }
      child.on('error', (error) => {
        if (child.pid === undefined) end(new EngineError(error.message)) // EPIPE of a process that has died: its exit is told, too
      })
      child.on('exit', () => end(this.#end()))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  #end(): EngineError {
    return new EngineError(this.#errors.trim() || 'The engine process ended', ENGINE_ENDED)
  }

  #hear(reply: EngineReply): void {
    if ('progress' in reply) {
      this.#onProgress?.(reply.progress)
      return
    }
    if ('batch' in reply) {
      this.#onBatch?.(reply.batch)
      return
    }
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ('error' in reply) waiting?.reject(new EngineError(reply.error.message, reply.error.code, reply.error.stack))
    else waiting?.resolve(reply.result as never)
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }

  #ask<T>(call: DistributiveOmit<EngineCall, 'id'>): Promise<T> {
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      if (this.#hasEnded || !this.#child.connected) {
        reject(this.#end())
        return
      }
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, ...call })
    })
  }

  start(directory: string): Promise<number> {
    return this.#ask({ method: 'start', arguments: { nsexec: nsexecPath(), directory } })
  }

  unpack(tree: string, layers: readonly LayerState[]): Promise<void> {
    return this.#ask({ method: 'unpack', arguments: { tree, layers } })
  }

  removeImages(trees: readonly string[]): Promise<string[]> {
    return this.#ask({ method: 'removeImages', arguments: { trees } })
  }

  prepare(count: number): Promise<void> {
    this.#spares?.write(String(count))
    return this.#ask({ method: 'prepare', arguments: undefined })
  }

  enter(directory: string, holderPid: number): Promise<void> {
    return this.#ask({ method: 'enter', arguments: { directory, holderPid } })
  }

  async apply(operations: readonly Operation[], options: ApplyOptions = {}): Promise<ApplyOutcome> {
    const cancel = (): void => void (this.#child.connected && this.#child.send({ cancel: true }))
    if (options.signal?.aborted) return { attempted: 0, refusals: [] }
    options.signal?.addEventListener('abort', cancel)
    this.#onProgress = options.onProgress
    try {
      const slice = options.slice === undefined ? {} : { slice: Math.max(1, Math.trunc(options.slice) || 1) }
      const parts: Promise<ApplyOutcome>[] = []
      for (let from = 0, end; from < operations.length; from = end) {
        end = endOfNode(operations, from + PART)
        const packed = packOperations(operations.slice(from, end))
        parts.push(this.#ask({ method: 'apply', arguments: { packed, from, isLast: end === operations.length, ...slice } }))
      }
      return joined(await Promise.all(parts))
    } finally {
      this.#onProgress = undefined
      options.signal?.removeEventListener('abort', cancel)
    }
  }

  observe(scope: ObserveScope, { withFacts = false }: { readonly withFacts?: boolean } = {}): Promise<Observation> {
    return this.#ask({ method: 'observe', arguments: { scope, withFacts } })
  }

  defaults(names: readonly string[]): Promise<Map<string, string>> {
    return this.#ask({ method: 'defaults', arguments: { names } })
  }

  usedPorts(netns: string): Promise<UsedPorts> {
    return this.#ask({ method: 'usedPorts', arguments: { netns } })
  }

  pathExists(netns: string, path: string): Promise<boolean> {
    return this.#ask({ method: 'pathExists', arguments: { netns, path } })
  }

  probe(names?: readonly string[]): Promise<Probe[]> {
    return this.#ask({ method: 'probe', arguments: { ...(names !== undefined && { names }) } })
  }

  flows(flows: readonly Flow[], taps: readonly string[] = [], withFrames = false): Promise<FlowOutcome> {
    return this.#ask({ method: 'flows', arguments: { flows, taps, withFrames } })
  }

  lookup(queries: readonly RouteQuery[]): Promise<RouteAnswer[]> {
    return this.#ask({ method: 'lookup', arguments: { queries } })
  }

  facts(names: readonly string[]): Promise<Map<string, NamespaceFacts>> {
    return this.#ask({ method: 'facts', arguments: { names } })
  }

  probeQdiscs(names: readonly string[]): Promise<Probe[]> {
    return this.#ask({ method: 'probeQdiscs', arguments: { names } })
  }

  list(): Promise<HeldName[]> {
    return this.#ask({ method: 'list', arguments: undefined })
  }

  moveLink(from: LinkEnd, to: LinkEnd): Promise<Pick<Refusal, 'code' | 'extack'> | undefined> {
    return this.#ask({ method: 'moveLink', arguments: { from, to } })
  }

  returnLinks(directory: string): Promise<readonly LostLink[]> {
    return this.#ask({ method: 'returnLinks', arguments: { directory } })
  }

  watch(onBatch: (batch: LiveBatch) => void): Promise<void> {
    this.#onBatch = onBatch
    return this.#ask({ method: 'watch', arguments: undefined })
  }

  commit(): Promise<void> {
    return this.#ask({ method: 'commit', arguments: undefined })
  }

  async close(): Promise<void> {
    if (this.#child.connected) this.#child.send({ end: true }, () => this.#child.connected && this.#child.disconnect())
    await this.#ended
    if (this.#spares !== undefined && !this.#spares.closed) {
      const spares = this.#spares.ref().end()
      await new Promise((resolve) => spares.once('close', resolve)) // also after an error
    }
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never
