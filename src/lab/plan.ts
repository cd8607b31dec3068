import { startEngine } from '../linux/engine.ts'
import type { Plan } from '../plan/operation.ts'
import { planChanges } from '../plan/reconcile.ts'
import { planAgainst } from './change.ts'
import { compile, type ReadyLab, type Source } from './compile.ts'
import { labDirectory } from './directory.ts'
import { isAlive, readMemory, readRecord } from './state.ts'

/** What `up` would do now. */
export interface Planned {
  readonly plan: Plan
  readonly ready: ReadyLab
  readonly isRunning: boolean
}

/** Makes the plan of `up` and does nothing. `fromNothing` plans as if no lab of that name were running. Errors: FindingsError. */
export async function plan(source: Source, options: { readonly name?: string; readonly fromNothing?: boolean } = {}): Promise<Planned> {
  const ready = await compile(source, options)
  const record = readRecord(ready.name)
  if (options.fromNothing || record === undefined || !isAlive(record))
    return { plan: planChanges(ready.name, ready.desired, undefined), ready, isRunning: false }
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
