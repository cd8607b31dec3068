// Requests leave many at a time, so those that need what the kernel has just refused are refused, too: one cause, one diagnostic.
import type { Refusal } from '../linux/apply.ts'
import type { AddBridge, AddLink, AddVeth, Operation } from '../plan/operation.ts'

/** What a refusal leaves of a link: it is not there, not in its bridge, not ready for routes; or the bridge takes no more groups. */
type Lack = 'unmade' | 'unjoined' | 'unready' | 'full'

/** The refusals without those that only say what an earlier one has lacking. `refusals` in order. */
export function withoutConsequences(operations: readonly Operation[], refusals: readonly Refusal[]): Refusal[] {
  const lacking = new Set<string>()
  return refusals.filter(({ index, code }) => {
    const operation = operations[index]!
    const lacks = lacksThatRefuse(operation, code)
    const isConsequence = linksOf(operation).some((link) => lacks.some((lack) => lacking.has(`${link} ${lack}`)))
    for (const [link, lack] of lacksAfter(operation, code)) lacking.add(`${link} ${lack}`)
    return !isConsequence
  })
}

/** What of its links may be why an operation is refused. */
function lacksThatRefuse(operation: Operation, code: string): readonly Lack[] {
  const missing: readonly Lack[] = code === 'ENODEV' ? ['unmade'] : []
  switch (operation.type) {
    case 'set link':
      return operation.set.port === undefined && operation.set.up !== true ? missing : [...missing, 'unjoined']
    case 'add fdb':
      return operation.fdb.dst === undefined ? [...missing, 'unjoined'] : missing
    case 'add vlan':
      return operation.isSelf ? missing : [...missing, 'unjoined']
    case 'add mdb':
      return [...missing, 'unjoined', 'full']
    case 'add route':
    case 'replace route':
      return [...missing, 'unready']
    default:
      return missing
  }
}

/** What the refusal of an operation has lacking, by link. */
function lacksAfter(operation: Operation, code: string): (readonly [link: string, lack: Lack])[] {
  const [own = ''] = linksOf(operation)
  switch (operation.type) {
    case 'add veth':
    case 'add link':
    case 'add bridge':
      return madeBy(operation).map((link) => [link, 'unmade'] as const)
    case 'set link':
      if (typeof operation.set.master === 'string') return [[own, 'unjoined']]
      return operation.set.up === true ? [[own, 'unready']] : []
    case 'add addr':
      return [[own, 'unready']]
    case 'add mdb':
      // It stops snooping (br_multicast_new_group).
      return code === 'E2BIG' ? [[`${operation.netns} ${operation.bridge}`, 'full']] : []
    default:
      return []
  }
}

function madeBy(operation: AddVeth | AddLink | AddBridge): string[] {
  const near = `${operation.netns} ${operation.ifname}`
  if (operation.type !== 'add veth') return [near]
  const { peer } = operation.link
  return [near, `${peer.netns} ${peer.ifname}`]
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
