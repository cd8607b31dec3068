// Makes a node with what the plan wants in it next. To enter a node again for each sysctl and file costs as much as its cable.
import type { AddNetns, Operation, SetSysctl } from '../plan/operation.ts'
import { makeInner, whileItGoes } from './inner.ts'
import { beginNode, completeNode } from './namespace.ts'
import { runOf } from './run-of.ts'
import { writeSysctl } from './sysctl.ts'
import { closeNamespace, withinNet, type OpenNamespace, type World } from './world.ts'

/**
 * Makes the node of the operation at `start` with its sysctls and files that follow. Returns how many of these are done, or are left to the
 * builder. One that cannot be done so is the next on the ordinary way, which lays an overlay or tells what is wrong.
 */
export function makeNode(world: World, node: AddNetns, operations: readonly Operation[], start: number): number {
  const namespace = beginNode(world, node.netns)
  try {
    const sysctls = runOf(operations, start + 1, node.netns, 'set sysctl')
    const written = writeSysctls(world, namespace, sysctls)
    const first = start + 1 + written
    const files = written < sysctls.length ? [] : runOf(operations, first, node.netns, 'write file')
    if (world.builder !== undefined) {
      world.builder.add({ node, index: start, files, firstFile: first })
      return written + files.length
    }
    const inner = makeInner(world, node, files)
    completeNode(world, node.netns, inner)
    return written + inner.placed
  } catch (error) {
    closeNamespace(world, namespace)
    throw error
  }
}

/** Returns how many could be written. */
function writeSysctls(world: World, namespace: OpenNamespace, sysctls: readonly SetSysctl[]): number {
  if (sysctls.length === 0) return 0
  return withinNet(world, namespace, () => whileItGoes(sysctls, ({ name, value }) => writeSysctl(name, value)).length)
}
