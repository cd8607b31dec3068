// Makes a node with what the plan wants in it next. To enter a node again for each sysctl and file costs as much as its cable.
import type { AddNetns, Operation, SetSysctl, WriteFile } from '../plan/operation.ts'
import { bindNew, openSource } from './file.ts'
import { close } from './libc.ts'
import { addNode, makeNodeDirectory } from './namespace.ts'
import { writeSysctl } from './sysctl.ts'
import type { World } from './world.ts'

type Furnishing = SetSysctl | WriteFile

/**
 * Makes the node of the operation at `start`; then, while inside, carries out its sysctls and files that follow. Returns how many of these
 * are done. Where one cannot be done so, it is the next on the ordinary way, which lays an overlay or tells what is wrong.
 */
export function makeNode(world: World, node: AddNetns, operations: readonly Operation[], start: number): number {
  const { netns, root } = node
  makeNodeDirectory(world, netns)
  const sources = new Map<Operation, number>()
  let done = 0
  try {
    const wanted = furnishingsFrom(operations, netns, start + 1).filter(({ type }) => root === undefined || type === 'set sysctl') // files: their places are others there
    for (const operation of wanted)
      if (operation.type === 'write file' && !isDone(() => sources.set(operation, openSource(world, netns, operation)))) break
    addNode(world, node, () => {
      while (done < wanted.length && isDone(() => furnish(world, wanted[done]!, sources))) done++
    })
  } finally {
    for (const source of sources.values()) close(source)
  }
  return done
}

function furnishingsFrom(operations: readonly Operation[], netns: string, start: number): Furnishing[] {
  const wanted: Furnishing[] = []
  for (let index = start; index < operations.length; index++) {
    const operation = operations[index]!
    if (operation.netns !== netns || (operation.type !== 'set sysctl' && operation.type !== 'write file')) break
    wanted.push(operation)
  }
  return wanted
}

function furnish(world: World, operation: Furnishing, sources: ReadonlyMap<Operation, number>): void {
  if (operation.type === 'set sysctl') return writeSysctl(operation.name, operation.value)
  const source = sources.get(operation)
  if (source === undefined) throw new Error(`${operation.path} could not be written`)
  bindNew(world, operation.path, source)
}

/** Whether it was done without an error; where it was not, it is tried again, and its error is told then. */
function isDone(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
