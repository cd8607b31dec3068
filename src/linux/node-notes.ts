// What was given to a node and cannot be read back from the kernel in the words of the file: its root directory and its mounts. The notes
// lie in the lab's tmpfs, beside the node's files; whether they still hold, the kernel tells.
import { existsSync, readFileSync } from 'node:fs'
import type { MountState, RootState } from '../state/mount.ts'
import { nodeDirectory, type World } from './world.ts'
import { writeWhole } from './write-whole.ts'

export interface NodeNotes {
  readonly root?: RootState & {
    /** st_dev of the node's root directory. */
    readonly device: number
  }
  /** By path, in the order in which they were mounted. */
  readonly mounts: Readonly<Record<string, MountState>>
}

const NOTHING: NodeNotes = { mounts: {} }

/** Called in the base: nodes do not see the lab's tmpfs. */
export function readNotes(world: Pick<World, 'directory'>, node: string): NodeNotes {
  const path = notesPath(world, node)
  // Most nodes have none, and an error that is thrown costs ten times the look.
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as NodeNotes) : NOTHING
}

export function writeNotes(world: Pick<World, 'directory'>, node: string, notes: NodeNotes): void {
  writeWhole(notesPath(world, node), JSON.stringify(notes))
}

function notesPath(world: Pick<World, 'directory'>, node: string): string {
  return `${nodeDirectory(world, node)}/notes.json`
}
