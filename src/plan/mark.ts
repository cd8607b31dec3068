/** The mark of an operation in a plan. */
import type { Operation } from './operation.ts'

export type Mark = '+' | '~' | '-'

/** Whether the operation adds, changes or removes something. */
export function markOf(operation: Operation): Mark {
  switch (operation.type) {
    case 'add netns':
    case 'add bridge':
    case 'add veth':
    case 'add qdisc':
    case 'take link':
    case 'add link':
    case 'add fdb':
    case 'add mdb':
    case 'add addr':
    case 'add mount':
    case 'add route':
    case 'add rule':
    case 'run setup':
      return '+'
    case 'del netns':
    case 'del link':
    case 'del qdisc':
    case 'del vlan':
    case 'del fdb':
    case 'del mdb':
    case 'del addr':
    case 'del route':
    case 'del rule':
    case 'del mount':
    case 'del neigh':
    case 'remove file':
    case 'stop service':
      return '-'
    case 'add vlan':
      return operation.previous === undefined ? '+' : '~'
    case 'set wireguard':
      return operation.cause === 'not there' ? '+' : '~'
    case 'replace neigh':
    case 'write file':
    case 'start service':
      return operation.previous === undefined ? '+' : '~'
    case 'set ruleset':
      return operation.cause === 'not there' ? '+' : '~'
    case 'set hostname':
    case 'set isolation':
    case 'set limits':
    case 'set link':
    case 'change qdisc':
    case 'replace route':
    case 'set sysctl':
      return '~'
  }
}
