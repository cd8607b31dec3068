// A directory in which a node may make files though other things are mounted below it: / itself, or /etc in a container, where /etc/hosts is
// a mount. An overlay would hide these, and in a user namespace the kernel refuses it (clone_private_mount, EINVAL). So: a directory of
// the lab's tmpfs lies over the node's, in which every entry of the old one is bound, with all that is mounted below it.
import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attachMount, close, MNT_DETACH, openTree, umount } from './libc.ts'
import { within, type OpenNamespace, type World } from './world.ts'

interface Entry {
  readonly name: string
  readonly kind: 'directory' | 'file' | 'link'
  /** Where a symbolic link leads. */
  readonly target: string
}

/**
 * Covers a directory of the node by its mirror, which lies at `place` in the lab's tmpfs. A process that runs in the node already and
 * whose root directory is covered sees the old one for as long as it lives.
 */
export function mirror(world: World, namespace: OpenNamespace, directory: string, place: string): void {
  const entries = within(world, namespace, () => entriesOf(directory))
  rmSync(place, { recursive: true, force: true }) // left by an engine that was killed right below
  mkdirSync(place)
  for (const entry of entries) makePlace(join(place, entry.name), entry)
  const opened: number[] = []
  const open = (path: string, recursive: boolean): number => {
    const tree = openTree(path, recursive)
    opened.push(tree)
    return tree
  }
  try {
    const cover = open(place, false)
    const trees = within(world, namespace, () => {
      const bound = entries.filter(({ kind }) => kind !== 'link').map(({ name }) => ({ name, tree: open(join(directory, name), true) }))
      attachMount(cover, directory)
      return bound
    })
    // Entered once more: a thread that covers / stands on what is below.
    within(world, namespace, () => attachAll(directory, trees))
  } finally {
    for (const tree of opened) close(tree)
  }
}

function entriesOf(directory: string): Entry[] {
  return readdirSync(directory).map((name) => {
    const stat = lstatSync(join(directory, name))
    if (stat.isSymbolicLink()) return { name, kind: 'link', target: readlinkSync(join(directory, name)) }
    return { name, kind: stat.isDirectory() ? 'directory' : 'file', target: '' }
  })
}

function makePlace(path: string, { kind, target }: Entry): void {
  if (kind === 'directory') mkdirSync(path)
  else if (kind === 'link') symlinkSync(target, path)
  else writeFileSync(path, '')
}

function attachAll(directory: string, trees: readonly { readonly name: string; readonly tree: number }[]): void {
  try {
    for (const { name, tree } of trees) attachMount(tree, join(directory, name))
  } catch (error) {
    umount(directory, MNT_DETACH)
    throw error
  }
}
