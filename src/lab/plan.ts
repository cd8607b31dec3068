import { startEngine } from '../linux/engine.ts'
import type { Plan } from '../plan/operation.ts'
import { planChanges } from '../plan/reconcile.ts'
import { planAgainst } from './change.ts'
import { compile, type ReadyLab, type Source } from './compile.ts'
import { labDirectory } from './directory.ts'
import { freshSysctls } from './sysctl-values.ts'
import { isAlive, readMemory, readRecord } from './state.ts'

/** What `up` would do now. */
export interface Planned {
  readonly plan: Plan
  readonly ready: ReadyLab
  readonly isRunning: boolean
}

/** The plan of a lab that is not up. What a new namespace's sysctls are is asked from the kernel. */
async function planFromNothing({ name, desired }: ReadyLab): Promise<Plan> {
  const engine = startEngine()
  try {
    return planChanges(name, desired, undefined, { fresh: await freshSysctls(engine, desired) })
  } finally {
    await engine.close()
  }
}

/** Makes the plan of `up` and does nothing. `fromNothing` plans as if no lab of that name were running. Errors: FindingsError. */
export async function plan(
  source: Source,
  options: { readonly name?: string; readonly seed?: string; readonly fromNothing?: boolean } = {},
): Promise<Planned> {
  const ready = await compile(source, options)
  const record = readRecord(ready.name)
  if (options.fromNothing || record === undefined || !isAlive(record))
    return { plan: await planFromNothing(ready), ready, isRunning: false }
  const engine = startEngine(record.holderPid)
  try {
    const directory = labDirectory(ready.name)
    await engine.enter(directory, record.holderPid)
    const { plan: changes } = await planAgainst(engine, directory, ready, readMemory(ready.name))
    return { plan: changes, ready, isRunning: true }
  } finally {
    await engine.close()
  }
}
