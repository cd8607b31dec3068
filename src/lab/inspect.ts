import { setTimeout } from 'node:timers/promises'
import { readUsage } from '../linux/cgroup.ts'
import type { NamespaceInodes } from '../linux/observe.ts'
import { processesByNetns } from '../linux/process.ts'
import type { Operation } from '../plan/operation.ts'
import { withExternals } from '../state/external.ts'
import type { Usage } from '../state/limits.ts'
import { HOST } from '../state/network.ts'
import type { NamespaceState } from '../state/network.ts'
import { planAgainst } from './change.ts'
import { openLab, type OpenLab } from './running.ts'
import { withObservedLimits } from './limits.ts'
import { rulesetTools, scopeOf } from './scope.ts'
import { withObservedRulesets } from './ruleset.ts'
import { withObservedServices } from './services.ts'
import { isAlive, type LabRecord } from './state.ts'

/** A namespace of a running lab as the kernel has it. */
export interface InspectedNamespace {
  readonly name: string
  readonly inodes: NamespaceInodes
  /** Processes in its network namespace, as the machine numbers them; of the machine's own network none are told. */
  readonly pids: readonly number[]
  readonly state: NamespaceState
  /** Of a node with limits. */
  readonly usage?: Usage
}

export interface Inspection {
  readonly record: LabRecord
  readonly namespaces: readonly InspectedNamespace[]
}

/** Reads a running lab from the kernel. Errors: refusal LAB_UNKNOWN, LAB_DEAD. */
export async function inspect(name: string): Promise<Inspection> {
  const opened = await openLab(name)
  try {
    return await look(opened)
  } finally {
    await opened.engine.close()
  }
}

/** How long a reader looks at one picture before the next. */
const LOOK_MS = 1000

/** Reads a running lab again and again until the signal comes or the lab is down. Errors: as `inspect`. */
export async function inspectRepeatedly(name: string, hear: (inspection: Inspection) => void, signal: AbortSignal): Promise<void> {
  const opened = await openLab(name)
  const { engine } = opened
  // When the holder goes, the engine must go at once: what it has open would keep the lab's namespaces alive.
  void engine
    .watch(() => undefined)
    .finally(() => engine.close())
    .catch(() => undefined)
  try {
    while (!signal.aborted && isAlive(opened.record)) {
      hear(await look(opened))
      await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined) // the signal ends the wait, and is no error
    }
  } catch (error) {
    if (isAlive(opened.record)) throw error // else the lab went down while it was read
  } finally {
    await engine.close()
  }
}

async function look({ record, memory, directory, engine }: OpenLab): Promise<Inspection> {
  const { network, inodes } = await engine.observe(scopeOf(memory.desired), { withFacts: true })
  const withRulesets = await withObservedRulesets(directory, network, rulesetTools(memory.desired))
  const withLimits = withObservedLimits(directory, await withObservedServices(directory, withRulesets))
  const { namespaces } = withExternals(withLimits, memory.desired)
  const pids = processesByNetns()
  const order = [...new Set([...memory.desired.namespaces.keys(), ...namespaces.keys()])].filter((key) => namespaces.has(key))
  return {
    record,
    namespaces: order.map((key) => {
      const ids = inodes.get(key)!
      const usage = readUsage(directory, key)
      return {
        name: key,
        inodes: ids,
        // The engine is in the lab's own namespace, and no process of the lab.
        pids: key === HOST ? [] : (pids.get(ids.net) ?? []).filter((pid) => pid !== record.holderPid && pid !== engine.pid),
        state: namespaces.get(key)!,
        ...(usage !== undefined && { usage }),
      }
    }),
  }
}

/** How a running lab differs from what its last `up` made: the operations that would bring it back. */
export async function drift(name: string): Promise<readonly Operation[]> {
  const { memory, directory, engine } = await openLab(name)
  try {
    const { plan } = await planAgainst(engine, directory, { name, desired: memory.desired }, memory)
    return plan.operations
  } finally {
    await engine.close()
  }
}
