/** Why something is changed, in the words of a plan. */
import type { PropertyDifference } from '../state/equal.ts'

/** `mtu is 1400, the file says 1500` */
export function causeOf(difference: PropertyDifference): string {
  const { property, desired, observed } = difference
  if (property === 'up') return desired === true ? 'it is down, the file says up' : 'it is up, the file says down'
  // The new ones stand in the operation itself.
  if (property === 'nexthops') return `the nexthops are ${String(observed)}`
  return `${property} is ${String(observed ?? 'none')}, the file says ${String(desired ?? 'none')}`
}
