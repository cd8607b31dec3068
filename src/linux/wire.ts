// Operations on their way to the engine: without what only readers need, and each text once (a thousand nodes have one /etc/hosts).
import type { Operation } from '../plan/operation.ts'
import type { FileState } from '../state/network.ts'

/** Operations and the file contents that they name by number. */
export interface PackedOperations {
  readonly operations: readonly Operation[]
  readonly contents: readonly NonNullable<FileState['content']>[]
  /** Index in `contents` of each operation that writes a file, by its index. */
  readonly contentOf: ReadonlyMap<number, number>
}

/** Where to part a plan at `index` or behind it, so that a node stays with its sysctls and files: they are made at one go. */
export function endOfNode(operations: readonly Operation[], index: number): number {
  let end = Math.min(index, operations.length)
  const isFurnishing = ({ type, netns }: Operation): boolean =>
    (type === 'set sysctl' || type === 'write file') && netns === operations[end - 1]?.netns
  while (end < operations.length && isFurnishing(operations[end]!)) end++
  return end
}

/** Ready to be cloned. */
export function packOperations(operations: readonly Operation[]): PackedOperations {
  const contents: NonNullable<FileState['content']>[] = []
  const numbers = new Map<NonNullable<FileState['content']>, number>()
  const contentOf = new Map<number, number>()
  const packed = operations.map((operation, index): Operation => {
    const bare = bareOf(operation)
    if (bare.type !== 'write file') return bare
    const { content, ...file } = bare.file
    if (content !== undefined) {
      const number = numbers.get(content) ?? contents.push(content) - 1
      numbers.set(content, number)
      contentOf.set(index, number)
    }
    return { ...bare, file }
  })
  return { operations: packed, contents, contentOf }
}

/** The operations with their contents again. */
export function unpackOperations({ operations, contents, contentOf }: PackedOperations): Operation[] {
  return operations.map((operation, index) => {
    const number = contentOf.get(index)
    return operation.type !== 'write file' || number === undefined
      ? operation
      : { ...operation, file: { ...operation.file, content: contents[number]! } }
  })
}

/** Without cause, origin and the way back: the engine reads none of them, and they are most of the bytes. */
function bareOf<O extends Operation>(operation: O): O {
  const bare: Record<string, unknown> = { cause: '' }
  for (const [key, value] of Object.entries(operation))
    if (!LEFT_OUT.has(key)) bare[key] = PARTS.has(key) && typeof value === 'object' ? withoutOrigin(value as object) : value
  return bare as O
}

const LEFT_OUT: ReadonlySet<string> = new Set(['cause', 'origin', 'undo', 'previous'])
const PARTS: ReadonlySet<string> = new Set(['link', 'peer', 'addr', 'route', 'rule', 'neigh', 'file', 'root', 'mount'])

function withoutOrigin<T extends object>(part: T): T {
  if (!('origin' in part)) return part
  const { origin: _, ...plain } = part
  return plain as T
}
