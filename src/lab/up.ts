import { existsSync, mkdirSync } from 'node:fs'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { startEngine, type Engine } from '../linux/engine.ts'
import type { Plan } from '../plan/operation.ts'
import { planChanges } from '../plan/reconcile.ts'
import { likelyNameOf } from '../topology/compile.ts'
import { change } from './change.ts'
import { compile, type ReadyLab, type Source } from './compile.ts'
import { labDirectory } from './directory.ts'
import { removeLab, settle } from './down.ts'
import { explainEngine, explainEngineDeath } from './explain-engine.ts'
import { execute } from './execute.ts'
import { checkHostPorts } from './host-ports.ts'
import { unpackImages } from './image.ts'
import { checkQdiscs } from './feature.ts'
import { withLabLock } from './lab-lock.ts'
import { saveLab } from './save.ts'
import { isAlive, readRecord, writeMemory } from './state.ts'
import { noteStarted, signalNodes, stoppedNodes } from './stopped.ts'
import { freshSysctls } from './sysctl-values.ts'
import type { UpOptions } from './up-options.ts'
import { expectationOf, verify } from './verify.ts'

/** What `up` did. */
export interface UpResult {
  /** Name of the lab. */
  readonly name: string
  readonly plan: Plan
  readonly warnings: readonly Diagnostic[]
  /** Texts of the files that the warnings point into, by path. */
  readonly sources: ReadonlyMap<string, string>
  readonly elapsedMs: number
}

/**
 * Brings the network of a file up, or changes the running lab of that name into what the file says and touches nothing else.
 * Errors: FindingsError (the file), DiagnosticError (LAB_BUSY, KERNEL_REFUSED …: all is undone), the signal's reason.
 */
export async function up(source: Source, options: UpOptions = {}): Promise<UpResult> {
  const start = performance.now()
  const { engine: early, holderPid: joined } = startEarly(source, options)
  let isPrepared = false
  const onNodeCount = (count: number): void => {
    isPrepared = joined === undefined && count >= LARGE_LAB
    if (isPrepared) early.prepare(count).catch(() => undefined) // an engine that has died says so to whoever asks it next
  }
  try {
    const ready = await compile(source, { ...options, onNodeCount })
    await unpackImages(ready.desired)
    return await withLabLock(ready.name, async () => {
      const record = readRecord(ready.name)
      if (record !== undefined && isAlive(record) && options.recreate !== true) {
        const stopped = stoppedNodes(ready.name)
        if (stopped.length > 0) await signalNodes(ready.name, stopped, 'SIGCONT')
        const changed = await change(ready, record, joined === record.holderPid ? early : undefined, options)
        if (changed !== undefined) {
          noteStarted(ready.name, stopped)
          return finish(ready, changed, start, options)
        }
      }
      const isLeft = record !== undefined || existsSync(labDirectory(ready.name))
      const left = isLeft ? await removeLab(ready.name, record) : []
      const { plan, warnings } = await bringUp(ready, joined === undefined ? early : undefined, options)
      return finish(ready, { plan, warnings: [...left, ...warnings] }, start, options)
    })
  } catch (error) {
    await early.close()
    if (isPrepared) await settle() // what was made for nothing has died with the engine
    throw explainEngineDeath(error)
  } finally {
    await early.close()
  }
}

/** From so many nodes on it pays to make namespaces while the file is compiled. */
const LARGE_LAB = 64

/**
 * An engine takes as long to start as a file to compile: it starts first. Which lab it is for can only be guessed by then, and that lab
 * may come or go before its lock is ours: `holderPid` tells which user namespace the engine has joined, if any.
 */
function startEarly(source: Source, options: UpOptions): { engine: Engine; holderPid: number | undefined } {
  const name = options.name ?? (typeof source === 'string' ? likelyNameOf(source) : undefined)
  const record = name === undefined ? undefined : readRecord(name)
  const holderPid = record !== undefined && isAlive(record) ? record.holderPid : undefined
  return { engine: startEngine(holderPid), holderPid }
}

function finish(ready: ReadyLab, result: { plan: Plan; warnings: readonly Diagnostic[] }, start: number, options: UpOptions): UpResult {
  const elapsedMs = performance.now() - start
  options.onEvent?.({ type: 'done', lab: ready.name, operations: result.plan.operations.length, elapsedMs })
  const warnings = [...ready.diagnostics, ...result.warnings]
  return { name: ready.name, plan: result.plan, warnings, sources: ready.sources, elapsedMs }
}

async function bringUp(ready: ReadyLab, early: Engine | undefined, options: UpOptions): Promise<{ plan: Plan; warnings: Diagnostic[] }> {
  const { name, desired, env, capabilities } = ready
  const { signal, onEvent, slice } = options
  const directory = labDirectory(name)
  const engine = early ?? startEngine()
  let isComplete = false
  try {
    mkdirSync(directory, { mode: 0o700 })
    const holderPid = await engine.start(directory).catch((error: unknown) => {
      throw explainEngine(error)
    })
    const plan = planChanges(name, desired, undefined, { fresh: await freshSysctls(engine, desired) })
    await checkQdiscs(engine, plan, 'Nothing was made.')
    await checkHostPorts(plan, 'Nothing was made.')
    onEvent?.({ type: 'stage', stage: 'apply' })
    const onProgress = (done: number, total: number): void => onEvent?.({ type: 'progress', done, total })
    const executing = execute(engine, plan, {
      directory,
      env,
      capabilities,
      onProgress,
      ...(signal !== undefined && { signal }),
      ...(slice !== undefined && { slice }),
    })
    const expectation = expectationOf(desired, plan) // while the engine works
    const execution = await executing
    if (execution.failure !== undefined) throw new DiagnosticError('refusal', execution.failure('Nothing of this lab is left.'))
    if (execution.isAborted) throw signal!.reason
    onEvent?.({ type: 'stage', stage: 'verify' })
    // The engine looks at the lab while this process writes; a thousand links take as long as the look.
    const listing = engine.list()
    const [{ warnings, tolerated }, saving] = await bothEnded(
      verify(engine, directory, ready, plan, expectation),
      listing.then((held) => saveLab(ready, holderPid, held, new Set())),
    )
    signal?.throwIfAborted()
    if (tolerated.size > 0) writeMemory(name, { desired, tolerated })
    await engine.commit()
    isComplete = true
    return { plan, warnings: [...warnings, ...saving] }
  } finally {
    if (!isComplete) {
      onEvent?.({ type: 'stage', stage: 'undo' })
      await engine.close() // the holder of a lab that is not committed ends with its engine
      await removeLab(name, readRecord(name))
      await settle()
    } else if (engine !== early) await engine.close()
  }
}

/** As Promise.all, but a failure is told when the other has ended, too: what is still being made cannot be taken back. */
async function bothEnded<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other])
  return Promise.all([one, other])
}
