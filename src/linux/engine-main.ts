// The engine: a process of its own, inside the lab's user namespace, that makes the system calls of one lab. It obeys its parent over
// the IPC channel and ends when the parent does; a lab that was not committed by then ends with it, since its holder hears of it.
import { spawn } from 'node:child_process'
import { existsSync, openSync, rmdirSync, rmSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Operation } from '../plan/operation.ts'
import { apply, type ApplyOutcome, type Refusal } from './apply.ts'
import { Builder } from './builder.ts'
import { giveAllBack } from './external.ts'
import { readFacts } from './flow/facts.ts'
import { lookupRoute } from './flow/route-lookup.ts'
import { runFlows } from './flow/run.ts'
import type { ApplyPart, EngineCall, EngineReply, StartArguments } from './engine-protocol.ts'
import { listNamespaces } from './holder.ts'
import { notedLinks, removeHostLinks, removeMadeNetns } from './host-links.ts'
import { idMapKey } from './id-map.ts'
import { MNT_DETACH, umount } from './libc.ts'
import { optimizeLate } from '../unit/late-optimizing.ts'
import { lockFile } from './lock.ts'
import { moveInLab } from './move.ts'
import { observe } from './observe.ts'
import { hasExternals } from './taken.ts'
import { probe, probeQdiscs } from './probe.ts'
import { pathExists, usedPorts } from './readiness.ts'
import { expectSpares } from './spare-netns.ts'
import { sysctlDefaults } from './sysctl-default.ts'
import { isErrno } from './sysctl.ts'
import { stopWatching, watch } from './watch.ts'
import { endOfNode, unpackOperations } from './wire.ts'
import { enterWorld, type World } from './world.ts'

optimizeLate()
/** Opened before this thread enters any other. */
const host = { net: openSync('/proc/thread-self/ns/net', 'r'), mnt: openSync('/proc/thread-self/ns/mnt', 'r') }
let world: World | undefined
/** Open until the lab is committed; its closing tells a holder that the lab will not be. */
let lifeline: Writable | undefined
/** Directory of a lab that is not committed. */
let unfinished: string | undefined

/** Starts the lab's holder, tied to this process until `commit`. */
async function startHolder({ nsexec, directory }: StartArguments): Promise<number> {
  const child = spawn(nsexec, ['hold', directory], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  lifeline = child.stdio[3] as Writable
  lifeline.on('error', () => undefined) // EPIPE: the holder is dead, and the next call says so
  let output = ''
  let errors = ''
  child.stderr!.on('data', (bytes: Buffer) => (errors += bytes.toString()))
  for await (const bytes of child.stdout!) {
    output += String(bytes)
    // The pid comes from the holder's parent, "ready" from the holder: either may be first.
    const pid = /^(\d+)\n/m.exec(output)?.[1]
    if (pid !== undefined && output.includes('ready\n')) return Number(pid)
  }
  throw new Error(errors.trim() || 'The holder ended without a word')
}

/** How many operations are carried out before the engine listens to its parent again. */
const SLICE = 512
/** The same for files that need an overlay, which is a hundred times as much work. */
const OVERLAYS = 32
let isCancelled = false
/** Makes the nodes of a large lab. */
let builder: Builder | undefined
/** The part of a plan that came last; resolves to whether all was done up to its end. */
let partBefore = Promise.resolve(true)
let isWatching = false

/** Carries a part out when those before it are done. */
function applyPart({ packed, from, isLast, slice = SLICE }: ApplyPart): Promise<ApplyOutcome> {
  if (from === 0) isCancelled = false // the way back of a plan that was cancelled is a plan, too
  const before = from === 0 ? Promise.resolve(true) : partBefore
  const outcome = before.then((isDone) =>
    isDone && !isCancelled ? applyInSlices(unpackOperations(packed), from, isLast, slice) : { attempted: 0, refusals: [] },
  )
  partBefore = outcome.then(
    ({ attempted, refusals }) => refusals.length === 0 && attempted === packed.operations.length,
    () => false,
  )
  return outcome
}

async function applyInSlices(operations: readonly Operation[], from: number, isLast: boolean, slice: number): Promise<ApplyOutcome> {
  let attempted = 0
  while (attempted < operations.length) {
    const end = builder === undefined ? attempted + slice : endOfNode(operations, attempted + slice)
    const wanted = operations.slice(attempted, end)
    const outcome = apply(theWorld(), wanted)
    const start = from + attempted
    builder?.send(start)
    attempted += outcome.attempted
    if (outcome.refusals.length > 0) return { attempted, refusals: atOffset(outcome.refusals, start) }
    tell({ progress: from + attempted })
    await new Promise((resolve) => setImmediate(resolve))
    if (isCancelled) return { attempted, refusals: [] }
    if (outcome.attempted === wanted.length) continue
    const refusals = await nodesBuilt()
    if (refusals.length > 0) return { attempted, refusals }
  }
  return { attempted, refusals: isLast ? await nodesBuilt() : [] }
}

function atOffset(refusals: readonly Refusal[], offset: number): Refusal[] {
  return refusals.map((refusal) => ({ ...refusal, index: refusal.index + offset }))
}

/** Waits until no node is unfinished, and writes what the builder could not place. Returns what was refused, by index in the plan. */
async function nodesBuilt(): Promise<readonly Refusal[]> {
  if (builder === undefined) return []
  const { refusal, left } = await builder.settled()
  if (refusal !== undefined) return [refusal]
  const files = [...left]
  for (let start = 0; start < files.length && !isCancelled; start += OVERLAYS) {
    const some = files.slice(start, start + OVERLAYS)
    const outcome = apply(
      theWorld(),
      some.map(([, file]) => file),
    )
    if (outcome.refusals.length > 0) return outcome.refusals.map((refusal) => ({ ...refusal, index: some[refusal.index]![0] }))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return []
}

function theWorld(): World {
  if (world === undefined) throw new Error('The engine has no lab yet')
  return world
}

async function answer(call: EngineCall): Promise<unknown> {
  switch (call.method) {
    case 'start': {
      unfinished = call.arguments.directory
      await access('/') // starts the thread pool: threads started later would share this one's root directory, and setns(2) refuse
      const holderPid = await startHolder(call.arguments)
      world = enterWorld(call.arguments.directory, holderPid, host, builder)
      return holderPid
    }
    case 'unpack': {
      const { unpackImage } = await import('./unpack.ts')
      return unpackImage(`${call.arguments.tree}${idMapKey()}`, call.arguments.layers)
    }
    case 'removeImages':
      return (await import('./unpack.ts')).removeImages(call.arguments.trees)
    case 'enter':
      await access('/') // as above
      world = enterWorld(call.arguments.directory, call.arguments.holderPid, host)
      return call.arguments.holderPid
    case 'prepare':
      builder = new Builder()
      return expectSpares()
    case 'apply':
      return applyPart(call.arguments)
    case 'observe':
      return observe(theWorld(), call.arguments.scope, call.arguments.withFacts)
    case 'defaults':
      return sysctlDefaults(world?.hostProc, call.arguments.names)
    case 'usedPorts':
      return usedPorts(theWorld(), call.arguments.netns)
    case 'pathExists':
      return pathExists(theWorld(), call.arguments.netns, call.arguments.path)
    case 'probe':
      return probe(call.arguments.names)
    case 'probeQdiscs':
      return probeQdiscs(world?.hostProc, call.arguments.names)
    case 'list':
      return listNamespaces(theWorld().holder)
    case 'flows':
      return runFlows(theWorld(), call.arguments.flows, call.arguments.taps, call.arguments.withFrames)
    case 'lookup':
      return call.arguments.queries.map((query) => lookupRoute(theWorld(), query))
    case 'facts':
      return readFacts(theWorld(), call.arguments.names)
    case 'moveLink':
      return moveInLab(theWorld(), call.arguments.from, call.arguments.to)
    case 'returnLinks':
      return giveAllBack(call.arguments.directory, host.net)
    case 'watch':
      isWatching = true
      return watch(theWorld(), (batch) => tell({ batch }))
    case 'commit':
      await new Promise<void>((resolve, reject) => lifeline!.write('C', (error) => (error ? reject(error) : resolve())))
      unfinished = undefined
      return undefined
  }
}

/** Says it to the client; where that is gone, the end of the channel is heard of, too. */
function tell(reply: EngineReply): void {
  process.send!(reply, undefined, undefined, () => undefined)
}

process.on('message', (message: EngineCall | { cancel: true } | { end: true }) => {
  if ('cancel' in message) {
    isCancelled = true
    return
  }
  if ('end' in message) {
    unfinished = undefined // the client lives, and removes it itself
    lifeline?.destroy()
    return
  }
  answer(message).then(
    (result) => tell({ id: message.id, result }),
    (error: unknown) => tell({ id: message.id, error: serialize(error) }),
  )
})
// The client is gone. A lab that runs stays; one that was not committed goes with us, and so does its directory.
process.on('disconnect', () => {
  if (isWatching) stopWatching(theWorld()) // its thread would keep this process until the next sample
  if (unfinished === undefined) {
    void leave()
    return
  }
  isCancelled = true
  lifeline?.destroy()
  void removeUnfinished(unfinished)
})

async function leave(): Promise<void> {
  await builder?.stop()
  process.exit(0)
}

/** How long a client that was killed may take to let go of its lock: its files are closed one by one, the channel before the lock. */
const LAST_BREATH_MS = 2_000

/**
 * No file is touched through the thread pool: glibc before 2.41 may lose the wake-up of its threads (bug 25847), and after this there
 * comes no other request to wake them, so that the lock would be held for ever.
 */
async function removeUnfinished(directory: string): Promise<void> {
  await builder?.stop()
  const limit = performance.now() + LAST_BREATH_MS
  let lock = lockOf(directory)
  while ('heldBy' in lock && performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    lock = lockOf(directory)
  }
  // Whoever has the lab's lock by now cleans up itself, and may have begun the next lab of that name.
  if ('heldBy' in lock) process.exit(0)
  if (world !== undefined) umount(directory, MNT_DETACH) // the lab's tmpfs: below it lies what the machine sees
  const links = notedLinks(directory)
  if (links !== undefined) {
    removeHostLinks(links.paths, links.holderPid)
    removeMadeNetns()
  }
  // A lab that has a record may have links elsewhere, which the record names, or interfaces of the
  // machine, and notes of cgroups name these: it stays, for the next command to clean up.
  if (!hasExternals(directory) && !['state.json', 'cgroups'].some((name) => existsSync(join(directory, name))))
    rmSync(directory, { recursive: true, force: true })
  lock.release()
  removeIfEmpty(dirname(directory))
  process.exit(0)
}

/** The state root, which the next lab makes again. */
function removeIfEmpty(root: string): void {
  try {
    rmdirSync(root)
  } catch (error) {
    if (!['ENOTEMPTY', 'ENOENT', 'EBUSY'].some((code) => isErrno(error, code))) throw error
  }
}

function lockOf(directory: string): ReturnType<typeof lockFile> {
  return existsSync(dirname(directory)) ? lockFile(`${directory}.lock`) : { heldBy: 0 }
}

function serialize(error: unknown): { message: string; stack?: string; code?: string } {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error ? String(error.code) : undefined
  return { message: error.message, ...(error.stack !== undefined && { stack: error.stack }), ...(code !== undefined && { code }) }
}
