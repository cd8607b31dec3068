// Requests leave many at a time, so those about a link that the kernel has just refused to make are refused, too: one cause, one diagnostic.
import type { Refusal } from '../linux/apply.ts'
import type { Operation } from '../plan/operation.ts'

/** The refusals without those that only say that a link is not there which an earlier one has refused to make. `refusals` in order. */
export function withoutConsequences(operations: readonly Operation[], refusals: readonly Refusal[]): Refusal[] {
  const unmade = new Set<string>()
  return refusals.filter(({ index, code }) => {
    const operation = operations[index]!
    const isConsequence = code === 'ENODEV' && linksOf(operation).some((link) => unmade.has(link))
    for (const link of madeBy(operation)) unmade.add(link)
    return !isConsequence
  })
}

function madeBy(operation: Operation): string[] {
  const { type, netns } = operation
  if (type === 'add veth') {
    const { peer } = operation.link
    return [`${netns} ${operation.ifname}`, `${peer.netns} ${peer.ifname}`]
  }
  return type === 'add link' || type === 'add bridge' ? [`${netns} ${operation.ifname}`] : []
}

/** The links that must be there for an operation, as `madeBy` names them. */
function linksOf(operation: Operation): string[] {
  return ifnamesOf(operation).map((ifname) => `${operation.netns} ${ifname}`)
}

function ifnamesOf(operation: Operation): readonly string[] {
  switch (operation.type) {
    case 'add addr':
      return [operation.addr.ifname]
    case 'replace neigh':
      return [operation.neigh.ifname]
    case 'add route':
    case 'replace route':
      return operation.route.nexthops.map(({ dev }) => dev)
    case 'add link':
      return operation.link.parent === undefined ? [] : [operation.link.parent]
    case 'set link': {
      const { master } = operation.set
      return typeof master === 'string' ? [operation.ifname, master] : [operation.ifname]
    }
    case 'add mdb':
      return [operation.ifname, operation.bridge]
    default:
      return 'ifname' in operation ? [operation.ifname] : []
  }
}
