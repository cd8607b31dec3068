// Files of a node. Each lies in the lab's tmpfs as DIRECTORY/<node>/<path, percent-encoded> and is bound over its path in the node's mount
// namespace (open_tree(2), move_mount(2)), so that the host's file is neither touched nor needed for writing.
// Where the path does not exist, the nearest directory that does is first covered by an overlay whose upper layer is in that tmpfs.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { FileState } from '../state/network.ts'
import { attachMount, close, MNT_DETACH, mountNew, openTree, SyscallError, umount } from './libc.ts'
import { nodeDirectory } from './namespace.ts'
import { isErrno } from './sysctl.ts'
import { within, type OpenNamespace, type World } from './world.ts'

/** One file to place. */
export interface PlacedFile {
  readonly path: string
  readonly file: FileState
}

/** Writes files, and binds those that are new to the node over their paths. */
export function writeFiles(world: World, namespace: OpenNamespace, files: readonly PlacedFile[]): void {
  const isNew = files.filter(({ path, file }) => writeSource(sourceOf(world, namespace.name, path), file))
  if (isNew.length === 0) return
  const paths = isNew.map(({ path }) => path)
  const bare = within(world, namespace, () => new Set(paths.map(uncoveredDirectory(world, namespace.name)).filter((d) => d !== undefined)))
  const again = [...bare].flatMap((directory) => cover(world, namespace, directory))
  bindAll(world, namespace, [...again.filter((path) => !paths.includes(path)), ...paths])
}

/** Takes the file away: what the host has at that path, or nothing, shows again. */
export function removeFile(world: World, namespace: OpenNamespace, path: string): void {
  within(world, namespace, () => {
    const target = followLinks(path)
    umount(target, MNT_DETACH)
    if (uncoveredDirectory(world, namespace.name)(target) === undefined && statSync(target).size === 0) rmSync(target) // our placeholder
  })
  rmSync(sourceOf(world, namespace.name, path))
}

/** Mode and digest of each file as the node sees it; those that are not there are left out. */
export function observeFiles(world: World, namespace: OpenNamespace, paths: readonly string[]): Map<string, FileState> {
  const files = new Map<string, FileState>()
  if (paths.length === 0) return files
  within(world, namespace, () => {
    for (const path of paths) {
      try {
        const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
        files.set(path, { mode: statSync(path).mode & 0o7777, sha256 })
      } catch (error) {
        if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR')) throw error
      }
    }
  })
  return files
}

function sourceOf(world: World, node: string, path: string): string {
  return `${nodeDirectory(world, node)}/${encodeURIComponent(path)}`
}

/** Returns whether the file is new. One that is there is written in place: it is bound already, and programs may hold it open. */
function writeSource(source: string, file: FileState): boolean {
  if (file.content === undefined) throw new Error(`${source} has no content in the plan`)
  let isNew = true
  try {
    writeFileSync(source, file.content, { flag: 'wx' })
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
    writeFileSync(source, file.content)
    isNew = false
  }
  chmodSync(source, file.mode) // writeFileSync heeds the umask
  return isNew
}

function bindAll(world: World, namespace: OpenNamespace, paths: readonly string[]): void {
  const trees = paths.map((path) => ({ path, tree: openTree(sourceOf(world, namespace.name, path)) }))
  try {
    within(world, namespace, () => {
      for (const { path, tree } of trees) {
        const target = followLinks(path)
        if (!existsSync(target)) {
          mkdirSync(dirname(target), { recursive: true })
          writeFileSync(target, '', { flag: 'wx' })
        }
        attachMount(tree, target)
      }
    })
  } finally {
    for (const { tree } of trees) close(tree)
  }
}

/** The path at the end of symbolic links, which may lead to a file that is not there (resolv.conf into /run). */
function followLinks(path: string): string {
  let target = path
  for (let hops = 0; hops < MAX_LINKS; hops++) {
    try {
      if (!lstatSync(target).isSymbolicLink()) return target
    } catch (error) {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return target
      throw error
    }
    target = resolve(dirname(target), readlinkSync(target))
  }
  throw new SyscallError(`readlink ${path}`, constants.errno.ELOOP)
}

const MAX_LINKS = 40 // as the kernel, <linux/namei.h> MAXSYMLINKS

/**
 * For a path that is not there: the directory that an overlay must cover before a file can be made, or undefined where the
 * node may write (its own /run and /tmp, what an overlay covers). Called inside the node.
 */
function uncoveredDirectory(world: World, node: string): (path: string) => string | undefined {
  const covered = ['/run', '/tmp', ...coveredDirectories(world, node)]
  return (path) => {
    const target = followLinks(path)
    let directory = dirname(target)
    while (!existsSync(directory)) directory = dirname(directory)
    const isOwn = covered.some((own) => target.startsWith(`${own}/`))
    return isOwn || existsSync(target) ? undefined : directory
  }
}

/** Overlays that were put over directories of this node, by this engine or an earlier one. */
function coveredDirectories(world: World, node: string): string[] {
  const marks = join(nodeDirectory(world, node), 'overlays')
  return existsSync(marks) ? readdirSync(marks).map(decodeURIComponent) : []
}

/**
 * Covers a directory of the node with an overlay of the host's, the upper layer in the lab's tmpfs. The overlay is made in the base,
 * where both are in reach, and moved into the node. Returns the paths of files that it now hides, to be bound again.
 */
function cover(world: World, namespace: OpenNamespace, directory: string): string[] {
  const place = join(nodeDirectory(world, namespace.name), 'overlays', encodeURIComponent(directory))
  const [upper, work, merged] = [join(place, 'upper'), join(place, 'work'), join(place, 'merged')]
  for (const made of [upper, work, merged]) mkdirSync(made, { recursive: true })
  mountNew('overlay', merged, 0, `lowerdir=${escapeOption(directory)},upperdir=${upper},workdir=${work}`)
  const tree = openTree(merged)
  try {
    umount(merged, MNT_DETACH)
    within(world, namespace, () => attachMount(tree, directory))
  } finally {
    close(tree)
  }
  const files = readdirSync(nodeDirectory(world, namespace.name)).map(decodeURIComponent)
  return files.filter((path) => path.startsWith(`${directory}/`))
}

/** overlayfs options are separated by commas, layers by colons. */
function escapeOption(path: string): string {
  return path.replace(/[\\:,]/g, '\\$&')
}
