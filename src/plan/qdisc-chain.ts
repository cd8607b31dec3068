/** One interface's chain of queueing disciplines. tc(8) */
import type { PropertyDifference } from '../state/equal.ts'
import { qdiscDifferences } from '../state/qdisc-equal.ts'
import { qdiscKindText } from '../state/qdisc.ts'
import type { Qdisc, QdiscChain, QdiscOptions } from '../state/qdisc.ts'
import { causeOf } from './cause.ts'
import type { Operation } from './operation.ts'

/**
 * What makes one chain of another. Where the kinds are the same, each discipline is changed in place; a chain of another shape is made anew:
 * the kernel puts no discipline above one that stands, and takes none from below a tbf without leaving a black hole (tbf_graft).
 * A distribution, which the kernel does not tell, stands in the observed chain where netlab knows that it gave it (working.ts).
 */
export function chainOperations(
  netns: string,
  ifname: string,
  desired: QdiscChain,
  observed: QdiscChain | undefined,
  missing = 'not there',
): Operation[] {
  const there = observed?.qdiscs ?? []
  const operations: Operation[] = []
  const isAnew = observed !== undefined && !isSameShape(there, desired.qdiscs)
  if (isAnew) operations.push({ type: 'del qdisc', netns, cause: anewCause(desired, observed), ifname, chain: observed })
  desired.qdiscs.forEach((qdisc, index) => {
    const above = desired.qdiscs[index - 1]
    const place = { netns, ifname, qdisc, ...(above !== undefined && { parent: above.handle }), ...originOf(qdisc, desired) }
    const previous = isAnew ? undefined : there[index]
    if (previous === undefined) {
      operations.push({ ...place, type: 'add qdisc', cause: isAnew ? 'made anew' : missing })
      return
    }
    const found = [...qdiscDifferences(qdisc.options, previous.options), ...distributionDifferences(qdisc.options, previous.options)]
    const isOverwritten =
      found.length === 0 && isFifo(qdisc.options) && operations.at(-1)?.type === 'change qdisc' && above?.options.kind === 'tbf'
    if (isOverwritten) operations.push({ ...place, type: 'change qdisc', cause: 'the tbf above gives it its own limit', previous })
    const [first, ...others] = found
    if (first === undefined) return
    // What follows from the first (a burst, a limit) is told by its name alone.
    const cause = `${causeOf(first)}${others.length === 0 ? '' : `; ${others.map(({ property }) => property).join(', ')} too`}`
    operations.push({ ...place, type: 'change qdisc', cause, previous })
  })
  return operations
}

/** tbf_change sets the limit of a child that is a fifo, whoever made it (fifo_set_limit). */
function isFifo({ kind }: QdiscOptions): boolean {
  return kind === 'pfifo' || kind === 'bfifo'
}

function distributionDifferences(desired: QdiscOptions, observed: QdiscOptions): readonly PropertyDifference[] {
  if (desired.kind !== 'netem' || observed.kind !== 'netem' || desired.distribution === observed.distribution) return []
  return [{ property: 'distribution', desired: desired.distribution ?? 'uniform', observed: observed.distribution ?? 'uniform' }]
}

function originOf(qdisc: Qdisc, chain: QdiscChain): Pick<Qdisc, 'origin'> {
  const origin = qdisc.origin ?? chain.origin
  return origin === undefined ? {} : { origin }
}

function isSameShape(there: readonly Qdisc[], desired: readonly Qdisc[]): boolean {
  return there.length === desired.length && there.every((qdisc, index) => isChangeable(qdisc, desired[index]))
}

function isChangeable(there: Qdisc, desired: Qdisc | undefined): boolean {
  if (desired === undefined || there.handle !== desired.handle) return false
  return qdiscKindText(there.options) === qdiscKindText(desired.options) && !isFixed(desired.options, there.options)
}

/** What a discipline takes only when it is made: any number of sfq (it has no change), the flows of fq_codel. A netem gives no table back. */
function isFixed(desired: QdiscOptions, there: QdiscOptions): boolean {
  if (desired.kind === 'sfq') return qdiscDifferences(desired, there).length > 0
  if (desired.kind === 'fq_codel' && there.kind === 'fq_codel') return desired.parameters['flows'] !== there.parameters['flows']
  return desired.kind === 'netem' && there.kind === 'netem' && there.distribution !== undefined && desired.distribution === undefined
}

function anewCause(desired: QdiscChain, observed: QdiscChain): string {
  const kinds = (chain: QdiscChain): string => chain.qdiscs.map(({ options }) => qdiscKindText(options)).join(' and ')
  const [is, wanted] = [kinds(observed), kinds(desired)]
  if (is !== wanted) return `it is ${is}, the file says ${wanted}`
  const fixed = desired.qdiscs.flatMap(({ options }, index) => {
    const there = observed.qdiscs[index]?.options
    return there !== undefined && isFixed(options, there) ? [options] : []
  })
  return fixed.length === 0 ? 'another program made it' : `this of ${fixed.map(qdiscKindText).join(', ')} cannot be changed in place`
}
