import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { EngineError, startEngine, type Engine } from '../linux/engine.ts'
import { HOLDER_ENDED } from '../linux/holder.ts'
import { hostLinkPaths } from '../linux/host-links.ts'
import type { Plan } from '../plan/operation.ts'
import { planChanges } from '../plan/reconcile.ts'
import { undoAll } from '../plan/undo.ts'
import type { NetworkState } from '../state/network.ts'
import { withExternals } from '../state/external.ts'
import { withOwnOptions } from '../state/spanning-tree.ts'
import type { ReadyLab } from './compile.ts'
import { labDirectory } from './directory.ts'
import { checkHostPorts } from './host-ports.ts'
import { execute, type Execution, type ExecuteOptions } from './execute.ts'
import { settle } from './down.ts'
import { checkQdiscs } from './feature.ts'
import { updateNames } from './netns-names.ts'
import { withObservedRulesets } from './ruleset.ts'
import { saveLab } from './save.ts'
import { withObservedLimits } from './limits.ts'
import { rulesetTools, scopeOf } from './scope.ts'
import { isAlive, madeSoFar, readMemory, writeMemory, type LabMemory, type LabRecord } from './state.ts'
import type { UpOptions } from './up-options.ts'
import { withObservedServices } from './services.ts'
import { freshSysctls, valuesToRestore } from './sysctl-values.ts'
import { compareWithFile, expectationOf } from './verify.ts'

const LEFT = 'All other changes stay. "netlab up" tries again what is left.'

/**
 * Changes a running lab into what the file says. The caller has its lock. A refusal is undone. Undefined where the lab's holder has
 * died since it was last looked at: nothing is left to change.
 */
export async function change(
  ready: ReadyLab,
  record: LabRecord,
  early: Engine | undefined,
  options: UpOptions,
): Promise<{ plan: Plan; warnings: readonly Diagnostic[] } | undefined> {
  const { name } = ready
  const directory = labDirectory(name)
  const engine = early ?? startEngine(record.holderPid)
  try {
    if (!(await enters(engine, directory, record))) return undefined
    const memory = readMemory(name)
    const { plan } = await planAgainst(engine, directory, ready, memory)
    await checkQdiscs(engine, plan, 'Nothing was changed.')
    await checkHostPorts(plan, 'Nothing was changed.')
    const verified =
      plan.operations.length === 0
        ? { warnings: [], tolerated: memory.tolerated, problems: [] }
        : await applyAndVerify(engine, directory, ready, memory, plan, options)
    const unfinished = verified.problems.length === 0 ? undefined : madeSoFar(memory)
    saveLab(ready, record.holderPid, verified.tolerated, record, unfinished)
    const naming = await updateNames(engine, name, record.holderPid, ready.desired.namespaces.keys(), record.hostLinks)
    const links = new Set(hostLinkPaths(name, ready.desired.namespaces.keys()))
    if (record.hostLinks.some((path) => !links.has(path)))
      saveLab(ready, record.holderPid, verified.tolerated, { ...record, hostLinks: [] }, unfinished)
    if (unfinished !== undefined) throw new DiagnosticError('refusal', [...verified.problems, ...verified.warnings, ...naming])
    return { plan, warnings: [...verified.warnings, ...naming] }
  } finally {
    if (engine !== early) await engine.close()
  }
}

async function enters(engine: Engine, directory: string, record: LabRecord): Promise<boolean> {
  try {
    await engine.enter(directory, record.holderPid)
    return true
  } catch (error) {
    // Where it is gone, the engine may have failed to join its user namespace.
    if ((error instanceof EngineError && error.code === HOLDER_ENDED) || !isAlive(record)) return false
    throw error
  }
}

async function applyAndVerify(
  engine: Engine,
  directory: string,
  ready: ReadyLab,
  memory: LabMemory,
  plan: Plan,
  { signal, onEvent, slice }: UpOptions,
): ReturnType<typeof compareWithFile> {
  writeMemory(ready.name, { ...memory, intended: ready.desired })
  onEvent?.({ type: 'stage', stage: 'apply' })
  const executeOptions: ExecuteOptions = {
    directory,
    env: ready.env,
    capabilities: ready.capabilities,
    onProgress: (done, total) => onEvent?.({ type: 'progress', done, total }),
    ...(slice !== undefined && { slice }),
  }
  const execution = await execute(engine, plan, { ...executeOptions, ...(signal !== undefined && { signal }) })
  if (execution.failure !== undefined || execution.isAborted) {
    onEvent?.({ type: 'stage', stage: 'undo' })
    const { sentence, failures } = await undo(engine, plan, execution, executeOptions)
    if (failures.length === 0) writeMemory(ready.name, memory)
    if (execution.failure === undefined && failures.length === 0) throw signal!.reason
    throw new DiagnosticError('refusal', [...(execution.failure?.(sentence) ?? []), ...failures])
  }
  onEvent?.({ type: 'stage', stage: 'verify' })
  // The far ends of a node's cables vanish when the kernel gets to it.
  if (plan.operations.some(({ type }) => type === 'del netns')) await settle()
  return compareWithFile(engine, directory, ready, plan, expectationOf(ready.desired, plan, LEFT), memory)
}

/** The plan that would make a running lab what the file says, and what was observed to make it. */
export async function planAgainst(
  engine: Engine,
  directory: string,
  ready: Pick<ReadyLab, 'name' | 'desired'>,
  memory: LabMemory,
): Promise<{ plan: Plan; observed: NetworkState }> {
  const previous = madeSoFar(memory)
  const { network } = await engine.observe(scopeOf(ready.desired, previous))
  const withRulesets = await withObservedRulesets(directory, network, rulesetTools(ready.desired, previous))
  const withLimits = withObservedLimits(directory, await withObservedServices(directory, withRulesets))
  const observed = withExternals(withOwnOptions(withLimits, previous), previous)
  const restore = await valuesToRestore(engine, previous, ready.desired)
  const fresh = await freshSysctls(engine, ready.desired, observed)
  const plan = planChanges(ready.name, ready.desired, observed, { previous, tolerated: memory.tolerated, restore, fresh })
  return { plan, observed }
}

/** Takes back what was done, last first. */
async function undo(
  engine: Engine,
  plan: Plan,
  { done }: Execution,
  options: ExecuteOptions,
): Promise<{ sentence: string; failures: Diagnostic[] }> {
  const operations = undoAll(done)
  const back = await execute(
    engine,
    { lab: plan.lab, operations },
    { directory: options.directory, env: options.env, capabilities: options.capabilities },
  )
  if (back.failure === undefined)
    return {
      sentence: done.length === 0 ? 'Nothing was changed.' : 'What was begun is undone: the lab is as it was.',
      failures: [],
    }
  const left = `Undoing it failed: ${back.done.length} of ${operations.length} steps back were done. "netlab plan" shows where the lab stands.`
  return { sentence: left, failures: back.failure('This was a step back.') }
}
