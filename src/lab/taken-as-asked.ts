// Queueing disciplines that the kernel took and made something else of: it passes over an attribute that it does not know, and cuts numbers.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { AddQdisc, ChangeQdisc, Operation } from '../plan/operation.ts'
import { describe } from '../plan/words.ts'
import { qdiscDifferences } from '../state/qdisc-equal.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import { missingSeed } from './missing-feature.ts'

/** One diagnostic for each number that is another: refusals FEATURE_MISSING, NOT_AS_DESIRED. `chainOf` reads what is there now. */
export function findUntaken(
  operations: readonly Operation[],
  chainOf: (netns: string, ifname: string) => QdiscChain | undefined,
  aftermath: string,
): Diagnostic[] {
  return operations.flatMap((operation) => {
    if (operation.type !== 'add qdisc' && operation.type !== 'change qdisc') return []
    const { netns, ifname, qdisc } = operation
    const there = chainOf(netns, ifname)?.qdiscs.find(({ handle }) => handle === qdisc.handle)
    if (there === undefined) return [otherwise(operation, 'it is not there', aftermath)]
    return qdiscDifferences(qdisc.options, there.options).map(({ property, desired, observed }) => {
      if (property === 'seed') return missingSeed(operation.origin, aftermath)
      return otherwise(operation, `its ${property} is ${String(observed)}, and was to be ${String(desired)}`, aftermath)
    })
  })
}

function otherwise(operation: AddQdisc | ChangeQdisc, words: string, aftermath: string): Diagnostic {
  const { netns, origin } = operation
  return {
    code: 'NOT_AS_DESIRED',
    severity: 'error',
    detail: `The kernel took the request and did something else: ${words}. ${aftermath}`,
    ...(origin !== undefined && { origin }),
    facts: [['doing', `${describe(operation)} in netns ${netns}`]],
  }
}
