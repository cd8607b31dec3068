// A thread of the engine that makes the inner namespaces of nodes: builder.ts is its other side. It has a root directory of its own, so that
// neither thread keeps the other from setns(2).
import { parentPort, workerData } from 'node:worker_threads'
import { makeInner, type InnerNamespaces } from './inner.ts'
import { CLONE_FS, openat, unshare } from './libc.ts'
import { syscallRefusal, type SyscallRefusal } from './refusal.ts'
import { runOf } from './run-of.ts'
import { unpackOperations, type PackedOperations } from './wire.ts'
import { goHome, type Site } from './world.ts'

/** The first is the lab; then come nodes, each followed by its files; "stop" is answered when nothing more is made. */
export type ThreadOrder = { readonly enter: Omit<Site, 'ownNs' | 'freshPlaces'> } | { readonly make: PackedOperations } | 'stop'
export type ThreadAnswer = readonly BuiltNode[] | 'stopped'

export interface BuiltNode {
  readonly netns: string
  readonly result: InnerNamespaces | { readonly refusal: SyscallRefusal }
}

/** How many nodes are told at once. */
const BATCH = 16

const isStopped = workerData as Int32Array
let site: Site | undefined

unshare(CLONE_FS)
parentPort!.on('message', (order: ThreadOrder) => {
  if (order === 'stop') tell('stopped')
  else if ('enter' in order) site = enter(order.enter)
  else makeAll(site!, order.make)
})

function tell(answer: ThreadAnswer): void {
  parentPort!.postMessage(answer)
}

function enter(lab: Omit<Site, 'ownNs' | 'freshPlaces'>): Site {
  const entered = { ...lab, ownNs: openat(lab.hostProc, 'thread-self/ns'), freshPlaces: new Map<string, string | undefined>() }
  goHome(entered)
  return entered
}

function makeAll(at: Site, packed: PackedOperations): void {
  const operations = unpackOperations(packed)
  let built: BuiltNode[] = []
  for (let index = 0; index < operations.length && Atomics.load(isStopped, 0) === 0;) {
    const node = operations[index]!
    if (node.type !== 'add netns') throw new Error(`The thread does not carry out "${node.type}"`)
    const files = runOf(operations, index + 1, node.netns, 'write file')
    built.push({ netns: node.netns, result: make(at, node, files) })
    index += 1 + files.length
    if (built.length < BATCH && index < operations.length) continue
    tell(built)
    built = []
  }
}

function make(...order: Parameters<typeof makeInner>): BuiltNode['result'] {
  try {
    return makeInner(...order)
  } catch (error) {
    return { refusal: syscallRefusal(error) }
  }
}
