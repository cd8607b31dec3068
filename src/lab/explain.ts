// A refusal of the kernel as a diagnostic: the one place where the two meet.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Refusal } from '../linux/apply.ts'
import type { AddMount, Operation, WriteFile } from '../plan/operation.ts'
import { describe, sameAs } from '../plan/words.ts'
import { MORE_FILES, NO_MORE_FILES } from './open-files.ts'

/** errno names whose message needs a fact about kernels beside it. */
const MISSING_FEATURE = new Set(['EOPNOTSUPP', 'ENOENT', 'EPROTONOSUPPORT', 'EAFNOSUPPORT'])

/** Names the object, the kernel's own words, the line and the command that would do the same. */
export function explainRefusal(lab: string, operations: readonly Operation[], refusal: Refusal, aftermath: string): Diagnostic {
  const operation = operations[refusal.index]!
  const words = refusal.extack ?? (refusal.syscall === undefined ? '(the kernel gave no further words)' : `(${refusal.syscall})`)
  const attribute = refusal.attribute === undefined ? '' : ` (${refusal.attribute})`
  return {
    code: 'KERNEL_REFUSED',
    severity: 'error',
    detail: `${reason(operation, refusal)}${aftermath}`,
    ...(operation.origin !== undefined && { origin: operation.origin }),
    facts: [
      ['doing', `${describe(operation)} in netns ${operation.netns}   (operation #${refusal.index + 1} of ${operations.length})`],
      ['kernel', `${refusal.code}: ${words}${attribute}`],
      ['same as', sameAs(operation, lab)],
    ],
    ...hint(operation, refusal),
    ...(MISSING_FEATURE.has(refusal.code) && isAddition(operation)
      ? { command: { sentence: 'The kernel may lack the feature. To see what it has, run:', line: 'netlab doctor' } }
      : {}),
  }
}

function hint(operation: Operation, refusal: Refusal): Pick<Diagnostic, 'hint'> {
  if (refusal.code === 'EMFILE') return { hint: MORE_FILES }
  return isClosed(operation, refusal)
    ? { hint: 'Take another path, e.g. under /etc, or have the tree of its `root` belong to you, or bring the lab up as root.' }
    : {}
}

function isClosed(operation: Operation, { code }: Pick<Refusal, 'code'>): operation is WriteFile | AddMount {
  return (operation.type === 'write file' || operation.type === 'add mount') && code === 'EACCES'
}

function isAddition({ type }: Operation): boolean {
  return ['add veth', 'add bridge', 'add link', 'add qdisc', 'add rule', 'set sysctl'].includes(type)
}

/** The plan was made from a fresh look at the kernel, so some answers mean that another hand was at work. */
function reason(operation: Operation, { code, extack, syscall }: Refusal): string {
  if (isClosed(operation, { code }))
    return `${operation.path} lies in a folder of another user of this machine, and root of a node may no more than you. `
  if (code === 'EMFILE') return `${NO_MORE_FILES} `
  if (operation.type === 'set sysctl' && code === 'ENOENT') {
    const { netns, name } = operation
    return `${netns} has no sysctl ${name}: it is the machine's alone. `
  }
  // The kernel's own entries are for addresses of the bridge and of its ports (fdb_add_local).
  if (operation.type === 'add fdb' && code === 'EEXIST')
    return `${operation.fdb.lladdr} is in the table already: the bridge has it, one of its ports has it, or another program put it there. `
  // Where there are words it may be something else that is there: another VXLAN of that VNI, a file in the place of a folder.
  if (code === 'EEXIST' && extack === undefined && syscall === undefined)
    return `It was not in ${operation.netns} when the plan was made, and netlab did not make it. `
  if (code === 'ESRCH' || code === 'ENODEV') return `It was in ${operation.netns} when the plan was made, and netlab did not take it away. `
  return ''
}
