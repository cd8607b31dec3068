/** One interface's chain of queueing disciplines. tc(8) */
import { qdiscDifferences } from '../state/qdisc-equal.ts'
import { qdiscKindText } from '../state/qdisc.ts'
import type { Qdisc, QdiscChain, QdiscOptions } from '../state/qdisc.ts'
import { causeOf } from './cause.ts'
import type { Operation } from './operation.ts'

/**
 * What makes one chain of another. Where the kinds are the same, each discipline is changed in place; a chain of another shape is made anew:
 * the kernel puts no discipline above one that stands, and takes none from below a tbf without leaving a black hole (tbf_graft).
 * `told` is what netlab asked for last: the kernel does not tell the distribution of a jitter.
 */
export function chainOperations(
  netns: string,
  ifname: string,
  desired: QdiscChain,
  observed: QdiscChain | undefined,
  { told, missing = 'not there' }: { readonly told?: QdiscChain | undefined; readonly missing?: string } = {},
): Operation[] {
  const there = observed?.qdiscs ?? []
  const operations: Operation[] = []
  const [was, wanted] = [told === undefined ? undefined : distributionOf(told), distributionOf(desired)]
  const isReshaped = told !== undefined && was !== wanted
  // A netem takes another table, but none away.
  const isAnew = observed !== undefined && (!isSameShape(there, desired.qdiscs) || (isReshaped && wanted === undefined))
  if (isAnew) operations.push({ type: 'del qdisc', netns, cause: anewCause(desired, observed), ifname, chain: observed })
  desired.qdiscs.forEach((qdisc, index) => {
    const above = desired.qdiscs[index - 1]
    const place = { netns, ifname, qdisc, ...(above !== undefined && { parent: above.handle }), ...originOf(qdisc, desired) }
    const previous = isAnew ? undefined : there[index]
    if (previous === undefined) {
      operations.push({ ...place, type: 'add qdisc', cause: isAnew ? 'made anew' : missing })
      return
    }
    const found = qdiscDifferences(qdisc.options, previous.options)
    if (isReshaped && qdisc.options.kind === 'netem') found.push({ property: 'distribution', desired: wanted, observed: was ?? 'uniform' })
    const [first, ...others] = found
    if (first === undefined) return
    // What follows from the first (a burst, a limit) is told by its name alone.
    const cause = `${causeOf(first)}${others.length === 0 ? '' : `; ${others.map(({ property }) => property).join(', ')} too`}`
    operations.push({ ...place, type: 'change qdisc', cause, previous })
  })
  return operations
}

function distributionOf(chain: QdiscChain): string | undefined {
  for (const { options } of chain.qdiscs) if (options.kind === 'netem') return options.distribution
  return undefined
}

function originOf(qdisc: Qdisc, chain: QdiscChain): Pick<Qdisc, 'origin'> {
  const origin = qdisc.origin ?? chain.origin
  return origin === undefined ? {} : { origin }
}

function isSameShape(there: readonly Qdisc[], desired: readonly Qdisc[]): boolean {
  return there.length === desired.length && there.every((qdisc, index) => isChangeable(qdisc, desired[index]))
}

/** A parameter that the kernel takes only once, or gives no way back from, needs a new discipline. */
function isChangeable(there: Qdisc, desired: Qdisc | undefined): boolean {
  if (desired === undefined || there.handle !== desired.handle) return false
  if (qdiscKindText(there.options) !== qdiscKindText(desired.options)) return false
  return FIXED.every((name) => parameterOf(there.options, name) === parameterOf(desired.options, name))
}

/** fq_codel_change: "flows" only when it is made; sfq_change: so is the divisor, once there are packets. */
const FIXED = ['flows', 'divisor']

function parameterOf(options: QdiscOptions, name: string): number | undefined {
  return 'parameters' in options ? options.parameters[name] : undefined
}

function anewCause(desired: QdiscChain, observed: QdiscChain): string {
  const kinds = (chain: QdiscChain): string => chain.qdiscs.map(({ options }) => qdiscKindText(options)).join(' and ')
  const [is, wanted] = [kinds(observed), kinds(desired)]
  return is === wanted ? `it is another ${is}` : `it is ${is}, the file says ${wanted}`
}
