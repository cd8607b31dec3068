import type { NamespaceInodes } from '../linux/observe.ts'
import { processesByNetns } from '../linux/process.ts'
import type { Operation } from '../plan/operation.ts'
import type { NamespaceState } from '../state/network.ts'
import { planAgainst } from './change.ts'
import { openLab } from './running.ts'
import { rulesetTools, scopeOf } from './scope.ts'
import { withObservedRulesets } from './ruleset.ts'
import type { LabRecord } from './state.ts'

/** A namespace of a running lab as the kernel has it. */
export interface InspectedNamespace {
  readonly name: string
  readonly inodes: NamespaceInodes
  /** Processes in its network namespace, as the machine numbers them. */
  readonly pids: readonly number[]
  readonly state: NamespaceState
}

export interface Inspection {
  readonly record: LabRecord
  readonly namespaces: readonly InspectedNamespace[]
}

/** Reads a running lab from the kernel. Errors: refusal LAB_UNKNOWN, LAB_DEAD. */
export async function inspect(name: string): Promise<Inspection> {
  const { record, memory, directory, engine } = await openLab(name)
  try {
    const { network, inodes } = await engine.observe(scopeOf(memory.desired), { withFacts: true })
    const { namespaces } = await withObservedRulesets(directory, network, rulesetTools(memory.desired))
    await engine.close() // it is in the lab's own namespace, and no process of the lab
    const pids = processesByNetns()
    const order = [...new Set([...memory.desired.namespaces.keys(), ...namespaces.keys()])].filter((key) => namespaces.has(key))
    return {
      record,
      namespaces: order.map((key) => {
        const ids = inodes.get(key)!
        return {
          name: key,
          inodes: ids,
          pids: (pids.get(ids.net) ?? []).filter((pid) => pid !== record.holderPid),
          state: inOrder(namespaces.get(key)!, memory.desired.namespaces.get(key)),
        }
      }),
    }
  } finally {
    await engine.close()
  }
}

/** The links as the file has them, then those of others: the kernel lists them by number. */
function inOrder(state: NamespaceState, desired: NamespaceState | undefined): NamespaceState {
  const names = [...new Set([...(desired?.links.keys() ?? []), ...state.links.keys()])]
  const links = names.flatMap((name) => {
    const link = state.links.get(name)
    return link === undefined ? [] : [[name, link] as const]
  })
  return { ...state, links: new Map(links) }
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
