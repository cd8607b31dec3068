/** Operations on queueing disciplines, in words. tc(8) */
import { qdiscText } from '../state/qdisc-words.ts'
import type { AddQdisc, ChangeQdisc, DelQdisc } from './operation.ts'
import { quote } from './quote.ts'

type QdiscOperation = AddQdisc | ChangeQdisc | DelQdisc

/** `add qdisc dev eth0 root handle 1: tbf rate 10mbit …` */
export function describeQdisc(operation: QdiscOperation): string {
  return `${operation.type} dev ${operation.ifname} ${placeText(operation)}`
}

/** What follows `tc -n NETNS`. */
export function tcCommand(operation: QdiscOperation): string {
  const [verb = ''] = operation.type.split(' ')
  return `qdisc ${verb} dev ${quote(operation.ifname)} ${placeText(operation)}`
}

/** `root handle 1:`, `parent 1:1 handle 2:`, and the options; handles are hexadecimal. */
function placeText(operation: QdiscOperation): string {
  if (operation.type === 'del qdisc') return 'root'
  const { parent, qdisc } = operation
  const place = parent === undefined ? 'root' : `parent ${parent.toString(16)}:1`
  return `${place} handle ${qdisc.handle.toString(16)}: ${qdiscText(qdisc.options)}`
}
