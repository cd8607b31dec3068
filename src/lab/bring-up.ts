import { existsSync, mkdirSync } from 'node:fs'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { startEngine, type Engine } from '../linux/engine.ts'
import type { Plan } from '../plan/operation.ts'
import { planChanges } from '../plan/reconcile.ts'
import { change } from './change.ts'
import { compile, type ReadyLab, type Source } from './compile.ts'
import { labDirectory } from './directory.ts'
import { removeLab, settle } from './down.ts'
import { explainEngine, explainEngineDeath } from './explain-engine.ts'
import { execute } from './execute.ts'
import { checkHostPorts } from './host-ports.ts'
import { withImages } from './image.ts'
import { checkQdiscs } from './feature.ts'
import { nameWhileMade, type Naming } from './netns-names.ts'
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

/** An engine that was started before it was known what for. */
export interface EarlyEngine {
  readonly engine: Engine
  /** Which lab's user namespace it has joined, if any. */
  readonly holderPid: number | undefined
}

/** As `up`, with an engine that starts meanwhile. `start`: when the command began, as performance.now() told. */
export async function bringUp(
  source: Source,
  { engine: early, holderPid: joined }: EarlyEngine,
  start: number,
  options: UpOptions,
): Promise<UpResult> {
  let isPrepared = false
  const onNodeCount = (count: number): void => {
    isPrepared = joined === undefined && count >= LARGE_LAB
    if (isPrepared) early.prepare(count).catch(() => undefined) // an engine that has died says so to whoever asks it next
  }
  try {
    const ready = await compile(source, { ...options, onNodeCount })
    const makeOrChange = async (): Promise<UpResult> => {
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
      const { plan, warnings } = await make(ready, joined === undefined ? early : undefined, options)
      return finish(ready, { plan, warnings: [...left, ...warnings] }, start, options)
    }
    return await withImages(ready.desired, () => withLabLock(ready.name, makeOrChange))
  } catch (error) {
    await early.close()
    if (isPrepared) await settle() // what was made for nothing has died with the engine
    throw explainEngineDeath(error)
  }
}

/** From so many nodes on it pays to make namespaces while the file is compiled. */
const LARGE_LAB = 64
/** What became of a lab that did not come up. */
const NOTHING_LEFT = 'Nothing of this lab is left.'

function finish(ready: ReadyLab, result: { plan: Plan; warnings: readonly Diagnostic[] }, start: number, options: UpOptions): UpResult {
  const elapsedMs = performance.now() - start
  options.onEvent?.({ type: 'done', lab: ready.name, operations: result.plan.operations.length, elapsedMs })
  const warnings = [...ready.diagnostics, ...result.warnings]
  return { name: ready.name, plan: result.plan, warnings, sources: ready.sources, elapsedMs }
}

async function make(ready: ReadyLab, early: Engine | undefined, options: UpOptions): Promise<{ plan: Plan; warnings: Diagnostic[] }> {
  const { name, desired, env, capabilities } = ready
  const { signal, onEvent, slice } = options
  const directory = labDirectory(name)
  const engine = early ?? startEngine()
  let naming: Naming | undefined
  try {
    mkdirSync(directory, { mode: 0o700 })
    const starting = engine.start(directory).catch((error: unknown) => {
      throw explainEngine(error)
    })
    const planning = freshSysctls(engine, desired).then((fresh) => planChanges(name, desired, undefined, { fresh }))
    const [holderPid, plan] = await Promise.all([starting, planning])
    await checkQdiscs(engine, plan, 'Nothing was made.')
    await checkHostPorts(plan, 'Nothing was made.')
    onEvent?.({ type: 'stage', stage: 'apply' })
    const names = nameWhileMade(engine, name, holderPid, desired.namespaces.keys())
    naming = names
    const onProgress = (done: number, total: number): void => {
      names.goOn()
      onEvent?.({ type: 'progress', done, total })
    }
    const executing = execute(engine, plan, {
      directory,
      env,
      capabilities,
      onProgress,
      ...(signal !== undefined && { signal }),
      ...(slice !== undefined && { slice }),
    })
    const expectation = expectationOf(desired, plan, NOTHING_LEFT) // while the engine works
    const execution = await executing
    if (execution.failure !== undefined) throw new DiagnosticError('refusal', execution.failure(NOTHING_LEFT))
    if (execution.isAborted) throw signal!.reason
    onEvent?.({ type: 'stage', stage: 'verify' })
    // The engine looks at the lab while this process writes.
    const [{ warnings, tolerated }, saving] = await allEnded([
      verify(engine, directory, ready, plan, expectation),
      (async () => {
        saveLab(ready, holderPid, new Set())
        return names.finish()
      })(),
    ])
    signal?.throwIfAborted()
    if (tolerated.size > 0) writeMemory(name, { desired, tolerated })
    await engine.commit()
    if (engine !== early) await engine.close()
    return { plan, warnings: [...warnings, ...saving] }
  } catch (error) {
    onEvent?.({ type: 'stage', stage: 'undo' })
    await engine.close() // the holder of a lab that is not committed ends with its engine
    await naming?.stop()
    const lost = await removeLab(name, readRecord(name))
    await settle()
    throw withLost(error, lost)
  }
}

/** What was refused, and what could not be given back since. */
function withLost(error: unknown, lost: readonly Diagnostic[]): unknown {
  if (lost.length === 0 || !(error instanceof DiagnosticError)) return error
  return new DiagnosticError(error.kind, [...error.diagnostics, ...lost])
}

/** As Promise.all, but a failure is told when the others have ended, too: what is still being made cannot be taken back. */
async function allEnded<T extends readonly unknown[]>(work: { readonly [Index in keyof T]: Promise<T[Index]> }): Promise<T> {
  await Promise.allSettled(work)
  return Promise.all(work) as unknown as Promise<T>
}
