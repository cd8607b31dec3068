// Carries a plan out: the engine makes the system calls, the packet filter tools, setup commands and services run in their nodes.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Engine } from '../linux/engine.ts'
import { removeCgroups, setLimits } from '../linux/cgroup.ts'
import type { SetLimits } from '../plan/client-operation.ts'
import type { Operation, Plan } from '../plan/operation.ts'
import { withoutConsequences } from './consequence.ts'
import { explainRefusal } from './explain.ts'
import { startServices, stopService, type Failure } from './service-run.ts'
import { loadRulesets, runSetup } from './tool-run.ts'

/** How far a plan came. */
export interface Execution {
  /** Operations that have had their effect, in order. */
  readonly done: readonly Operation[]
  /** What stopped it; makes its diagnostics when it is known what became of the rest. */
  readonly failure?: (aftermath: string) => Diagnostic[]
  /** The caller's signal stopped it. */
  readonly isAborted: boolean
}

export interface ExecuteOptions {
  readonly directory: string
  readonly env: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** Of commands, by node; a node that is not there has all rights. */
  readonly capabilities: ReadonlyMap<string, readonly string[]>
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
  readonly slice?: number
}

/** Carries out a plan until something refuses it or the signal stops it. */
export async function execute(engine: Engine, plan: Plan, options: ExecuteOptions): Promise<Execution> {
  const { operations } = plan
  const { onProgress, signal } = options
  const done: Operation[] = []
  while (done.length < operations.length) {
    if (signal?.aborted) return { done, isAborted: true }
    const start = done.length
    const operation = operations[start]!
    if (operation.type === 'run setup' || operation.type === 'set limits') {
      const failure =
        operation.type === 'run setup'
          ? await runSetup(plan, operation, { ...options, engine })
          : limitNode(plan, start, operation, options)
      // A command that the signal has ended did not fail.
      if (failure !== undefined) return signal?.aborted ? { done, isAborted: true } : { done, failure, isAborted: false }
      done.push(operation)
      onProgress?.(done.length, operations.length)
      continue
    }
    const failure = await runnerOf(operation)(engine, plan, start, options, done)
    if (failure !== undefined) return { done, failure, isAborted: false }
  }
  return { done, isAborted: signal?.aborted === true } // a service that was not waited for may not be ready
}

function runnerOf({ type }: Operation): typeof runEngine {
  if (type === 'set ruleset') return runRulesets
  return type === 'start service' || type === 'stop service' ? runServices : runEngine
}

/** The operations of one type that follow each other from `start` on. */
function runOf<T extends Operation['type']>(operations: readonly Operation[], start: number, type: T): Extract<Operation, { type: T }>[] {
  const isOne = (operation: Operation): operation is Extract<Operation, { type: T }> => operation.type === type
  const end = operations.findIndex((operation, index) => index > start && !isOne(operation))
  return operations.slice(start, end < 0 ? undefined : end).filter(isOne)
}

/** Loads the run of rulesets that begins at `start`; adds to `done` those that stand. */
function runRulesets(
  _engine: Engine,
  plan: Plan,
  start: number,
  { directory, signal, onProgress }: ExecuteOptions,
  done: Operation[],
): Promise<Failure | undefined> {
  const run = runOf(plan.operations, start, 'set ruleset')
  const onEffect = (operation: Operation): void => {
    done.push(operation)
    onProgress?.(done.length, plan.operations.length)
  }
  return loadRulesets(plan, run, { directory, onEffect, ...(signal !== undefined && { signal }) })
}

/** Has the engine carry out the run of system calls that begins at `start`; adds to `done` what had its effect. */
async function runEngine(
  engine: Engine,
  plan: Plan,
  start: number,
  { directory, onProgress, signal, slice }: ExecuteOptions,
  done: Operation[],
): Promise<Execution['failure']> {
  const { operations } = plan
  const before = done.length
  const outcome = await engine.apply(operations.slice(start, endOfEngineRun(operations, start)), {
    onProgress: (attempted) => onProgress?.(start + attempted, operations.length),
    ...(signal !== undefined && { signal }),
    ...(slice !== undefined && { slice }),
  })
  const refused = new Set(outcome.refusals.map(({ index }) => index))
  for (let index = 0; index < outcome.attempted; index++) if (!refused.has(index)) done.push(operations[start + index]!)
  for (const { type, netns } of done.slice(before)) if (type === 'del netns') await removeCgroups(directory, netns)
  if (outcome.refusals.length === 0) return undefined
  const refusals = outcome.refusals.map((refusal) => ({ ...refusal, index: refusal.index + start }))
  const causes = withoutConsequences(operations, refusals)
  return (aftermath) => causes.map((refusal) => explainRefusal(plan.lab, operations, refusal, aftermath))
}

/** What the client carries out itself, with programs that it runs in nodes. */
const NOT_FOR_ENGINE: ReadonlySet<Operation['type']> = new Set(['set ruleset', 'run setup', 'set limits', 'start service', 'stop service'])

function endOfEngineRun(operations: readonly Operation[], start: number): number {
  let end = start
  while (end < operations.length && !NOT_FOR_ENGINE.has(operations[end]!.type)) end++
  return end
}

/** Ends a service, or starts the run of services that begins at `start`; adds to `done` what had an effect, ready or not. */
async function runServices(
  engine: Engine,
  plan: Plan,
  start: number,
  { directory, signal, onProgress }: ExecuteOptions,
  done: Operation[],
): Promise<Failure | undefined> {
  const { operations } = plan
  const onEffect = (operation: Operation): void => {
    done.push(operation)
    onProgress?.(done.length, operations.length)
  }
  const [first] = operations.slice(start, start + 1)
  if (first?.type === 'stop service') {
    onEffect(first)
    await stopService(first, directory)
    return undefined
  }
  return startServices(plan, runOf(operations, start, 'start service'), {
    engine,
    directory,
    onEffect,
    ...(signal !== undefined && { signal }),
  })
}

function limitNode(plan: Plan, index: number, { netns, limits }: SetLimits, { directory }: ExecuteOptions): Execution['failure'] {
  try {
    setLimits(directory, netns, limits)
    return undefined
  } catch (error) {
    const { code = 'EIO', syscall = '', path = '' } = error as NodeJS.ErrnoException
    const refusal = { index, code, syscall: `${syscall} ${path}`.trim() }
    return (aftermath) => [explainRefusal(plan.lab, plan.operations, refusal, aftermath)]
  }
}
