import type { Operation } from '../plan/operation.ts'

/** The operations of one type in one namespace that follow each other from `start` on. */
export function runOf<Type extends Operation['type']>(
  operations: readonly Operation[],
  start: number,
  netns: string,
  type: Type,
): Extract<Operation, { type: Type }>[] {
  const isOne = (operation: Operation): operation is Extract<Operation, { type: Type }> =>
    operation.type === type && operation.netns === netns
  const run: Extract<Operation, { type: Type }>[] = []
  for (let index = start; index < operations.length; index++) {
    const operation = operations[index]!
    if (!isOne(operation)) break
    run.push(operation)
  }
  return run
}
