// Files of a node. Each lies in the lab's tmpfs as DIRECTORY/<node>/<path, percent-encoded> and is bound over its path in the node's mount
// namespace (open_tree(2), move_mount(2)), so that the host's file is neither touched nor needed for writing.
// Where the path does not exist, the nearest directory that does is first covered: by an overlay whose upper layer is in that tmpfs, or, where
// other things are mounted below it, by a mirror (mirror.ts).
import { createHash } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants as ACCESS,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { FileState } from '../state/network.ts'
import { attachMount, close, MNT_DETACH, mountNew, openat, openTree, SyscallError, umount } from './libc.ts'
import { mirror } from './mirror.ts'
import { nodeDirectory } from './namespace.ts'
import { isErrno } from './sysctl.ts'
import { within, type OpenNamespace, type World } from './world.ts'

/** One file to place. */
export interface PlacedFile {
  readonly path: string
  readonly file: FileState
}

/** Writes files, and binds those that are new to the node over their paths. When it throws, all are as before. */
export function writeFiles(world: World, namespace: OpenNamespace, files: readonly PlacedFile[]): void {
  const bound = boundPaths(
    world,
    namespace,
    files.map(({ path }) => path),
  )
  const fresh = files.map(({ path }) => path).filter((path) => !bound.has(path))
  const changed: string[] = []
  try {
    for (const { path, file } of files) {
      if (bound.has(path) && file.content !== undefined) {
        putAside(world, namespace.name, path)
        changed.push(path)
      }
      writeSource(world, namespace.name, path, file)
    }
    if (fresh.length === 0) return
    const covered = coveredDirectories(world, namespace.name)
    const bare = within(
      world,
      namespace,
      () => new Set(fresh.map((path) => uncoveredDirectory(ownGround(world, covered), path)).filter((d) => d !== undefined)),
    )
    const again = [...bare].flatMap((directory) => cover(world, namespace, directory))
    bindAll(
      world,
      namespace,
      again.filter((path) => !fresh.includes(path)),
    )
    bindAll(world, namespace, fresh)
  } catch (error) {
    for (const path of fresh) rmSync(sourceOf(world, namespace.name, path), { force: true })
    for (const path of changed) takeBack(world, namespace.name, path, statSync(asideOf(world, namespace.name, path)).mode)
    throw error
  }
}

/** Writes a file of a node that is about to be made. Returns what `bindNew` binds there, for the caller to close. */
export function openSource(world: World, node: string, { path, file }: PlacedFile): number {
  writeSource(world, node, path, file)
  return openTree(sourceOf(world, node, path))
}

/** Binds a source over its path in the new node that the thread is in. Errors: ENOENT where nothing is at the path: an overlay is needed. */
export function bindNew(world: World, path: string, tree: number): void {
  if (!world.freshPlaces.has(path)) {
    const target = realTarget(path)
    world.freshPlaces.set(path, existsSync(target) ? target : undefined)
  }
  const target = world.freshPlaces.get(path)
  if (target === undefined) throw new SyscallError(`move_mount to ${path}`, constants.errno.ENOENT)
  attachMount(tree, target)
}

/** Takes the file away: what the host has at that path, or nothing, shows again. */
export function removeFile(world: World, namespace: OpenNamespace, path: string): void {
  if (!boundPaths(world, namespace, [path]).has(path)) {
    rmSync(sourceOf(world, namespace.name, path), { force: true })
    return // never placed: the host's was the same, or the engine was killed before
  }
  const covered = coveredDirectories(world, namespace.name)
  within(world, namespace, () => {
    const target = realTarget(path)
    umount(target, MNT_DETACH)
    // Our placeholder. Outside the node's own directories the file would be the host's, which is nobody's to remove.
    if (isOwn(ownGround(world, covered), target) && statSync(target).size === 0) rmSync(target)
  })
  putAside(world, namespace.name, path)
  rmSync(sourceOf(world, namespace.name, path))
}

/** Keeps what all files of a node have, before its directory goes. */
export function putAllAside(world: World, node: string): void {
  if (!existsSync(nodeDirectory(world, node))) return
  for (const path of writtenPaths(world, node)) putAside(world, node, path)
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
        if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR') && !isErrno(error, 'EACCES')) throw error
      }
    }
  })
  return files
}

function sourceOf(world: World, node: string, path: string): string {
  return `${nodeDirectory(world, node)}/${encodeURIComponent(path)}`
}

/** Which of the paths show the node what was written for them. An engine may have been killed between the two. */
function boundPaths(world: World, namespace: OpenNamespace, paths: readonly string[]): Set<string> {
  const written = paths.flatMap((path) => {
    const source = statSync(sourceOf(world, namespace.name, path), { throwIfNoEntry: false })
    return source === undefined ? [] : [{ path, source }]
  })
  if (written.length === 0) return new Set()
  const isShown = (path: string, { dev, ino }: Stats): boolean => {
    const target = realTarget(path)
    const shown = existsSync(target) ? statSync(target) : undefined // existsSync: a closed directory shows nothing, either
    return shown?.dev === dev && shown.ino === ino
  }
  return within(world, namespace, () => new Set(written.filter(({ path, source }) => isShown(path, source)).map(({ path }) => path)))
}

/** Paths of the files that were written for a node. */
function writtenPaths(world: World, node: string): string[] {
  return readdirSync(nodeDirectory(world, node))
    .filter((name) => name.startsWith('%2F'))
    .map(decodeURIComponent)
}

/** Where a file's content before its last change lies, for an undo. `@` cannot occur in a node's name. */
function asideOf(world: World, node: string, path: string): string {
  return `${world.directory}/@aside/${node}/${encodeURIComponent(path)}`
}

/**
 * Each stands in the one before it, and the first in the lab's tmpfs. Where `down` has removed that under us, a recursive mkdir would
 * make the lab's directory anew, on the machine's own disk, for ever.
 */
function makeDirectories(...paths: readonly string[]): void {
  for (const path of paths) {
    try {
      mkdirSync(path)
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
  }
}

function putAside(world: World, node: string, path: string): void {
  makeDirectories(`${world.directory}/@aside`, `${world.directory}/@aside/${node}`)
  rmSync(asideOf(world, node, path), { force: true }) // or it would keep its own mode
  copyFileSync(sourceOf(world, node, path), asideOf(world, node, path))
}

/** One that is there is written in place: it is bound already, and programs may hold it open. */
function writeSource(world: World, node: string, path: string, file: FileState): void {
  if (file.content === undefined) return takeBack(world, node, path, file.mode)
  const source = sourceOf(world, node, path)
  writeFileSync(source, file.content)
  chmodSync(source, file.mode) // writeFileSync heeds the umask
}

function takeBack(world: World, node: string, path: string, mode: number): void {
  copyFileSync(asideOf(world, node, path), sourceOf(world, node, path))
  chmodSync(sourceOf(world, node, path), mode & 0o7777)
}

/** Binds all or none. */
function bindAll(world: World, namespace: OpenNamespace, paths: readonly string[]): void {
  const trees = paths.map((path) => ({ path, tree: openTree(sourceOf(world, namespace.name, path)) }))
  const bound: string[] = []
  try {
    within(world, namespace, () => {
      try {
        for (const { path, tree } of trees) {
          const target = realTarget(path)
          if (!existsSync(target)) {
            mkdirSync(dirname(target), { recursive: true })
            writeFileSync(target, '', { flag: 'wx' })
          }
          attachMount(tree, target)
          bound.push(target)
        }
      } catch (error) {
        for (const target of bound) umount(target, MNT_DETACH)
        throw error
      }
    })
  } finally {
    for (const { tree } of trees) close(tree)
  }
}

/** The path without symbolic links, in its directories or at its end, as far as it is there. Called inside the node. */
function realTarget(path: string): string {
  const target = followLinks(path)
  const directory = nearestDirectory(target)
  return join(realpathSync(directory), target.slice(directory.length))
}

function nearestDirectory(path: string): string {
  let directory = dirname(path)
  while (!existsSync(directory)) directory = dirname(directory)
  if (!statSync(directory).isDirectory()) throw new SyscallError(`mkdir ${dirname(path)}`, constants.errno.ENOTDIR)
  return directory
}

/** The path at the end of symbolic links, which may lead to a file that is not there (resolv.conf into /run). */
function followLinks(path: string): string {
  let target = path
  for (let hops = 0; hops < MAX_LINKS; hops++) {
    try {
      if (!lstatSync(target).isSymbolicLink()) return target
    } catch (error) {
      // EACCES: in a directory that is closed to this user, and that will be covered.
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR') || isErrno(error, 'EACCES')) return target
      throw error
    }
    target = resolve(dirname(target), readlinkSync(target))
  }
  throw new SyscallError(`readlink ${path}`, constants.errno.ELOOP)
}

const MAX_LINKS = 40 // as the kernel, <linux/namei.h> MAXSYMLINKS

/**
 * For a path that is not there: the directory that an overlay must cover before a file can be made, or undefined where the
 * node may write. Called inside the node.
 */
function uncoveredDirectory(own: OwnGround, path: string): string | undefined {
  const target = realTarget(path)
  return isOwn(own, target) || existsSync(target) ? undefined : nearestDirectory(target)
}

/** Where a node may write. */
interface OwnGround {
  /** st_dev of the lab's tmpfs, in which its /run, /tmp and mirrors lie. */
  readonly device: number
  /** What overlays cover by now. */
  readonly overlaid: readonly string[]
}

/** Whether a file at the real path is the node's own to make and to remove. Called inside the node. */
function isOwn({ device, overlaid }: OwnGround, target: string): boolean {
  return overlaid.some((directory) => target.startsWith(`${directory}/`)) || statSync(nearestDirectory(target)).dev === device
}

/** Called inside the node. */
function ownGround(world: World, covered: readonly Covered[]): OwnGround {
  const overlaid = covered.filter(
    ({ directory, hostDevice }) => ![undefined, hostDevice].includes(statSync(directory, { throwIfNoEntry: false })?.dev),
  )
  return { device: world.device, overlaid: overlaid.map(({ directory }) => directory) }
}

/** A directory for which an overlay was made. Whether it came to lie over the directory, only the node can tell. */
interface Covered {
  readonly directory: string
  /** st_dev of the host's own. */
  readonly hostDevice: number
}

/** Directories of this node that lie under overlays, of this engine or an earlier one. Called in the base: nodes do not see the lab's tmpfs. */
function coveredDirectories(world: World, node: string): Covered[] {
  const marks = join(nodeDirectory(world, node), 'overlays')
  if (!existsSync(marks)) return []
  return readdirSync(marks)
    .map(decodeURIComponent)
    .map((directory) => ({ directory, hostDevice: statSync(directory).dev }))
}

/**
 * Covers a directory of the node, so that a file can be made in it. Returns the paths of files that are now hidden, to be bound again.
 */
function cover(world: World, namespace: OpenNamespace, directory: string): string[] {
  if (hasMountsBelow(world, directory)) {
    const mirrors = join(nodeDirectory(world, namespace.name), 'mirrors')
    makeDirectories(mirrors)
    mirror(world, namespace, directory, join(mirrors, encodeURIComponent(directory)))
    return []
  }
  overlay(world, namespace, directory)
  const files = writtenPaths(world, namespace.name)
  return within(world, namespace, () => files.filter((path) => realTarget(path).startsWith(`${directory}/`)))
}

/** An overlay of the host's directory. It is made in the base, where both layers are in reach, and moved into the node. */
function overlay(world: World, namespace: OpenNamespace, directory: string): void {
  const place = join(nodeDirectory(world, namespace.name), 'overlays', encodeURIComponent(directory))
  const [upper, work, merged] = [join(place, 'upper'), join(place, 'work'), join(place, 'merged')]
  makeDirectories(dirname(place), place, upper, work, merged)
  if (statSync(merged).dev !== statSync(place).dev) umount(merged, MNT_DETACH) // left by an engine that was killed right below
  // What this user may not look into has nothing to show, and no overlay can be made of it.
  const hasLower = isOpen(directory)
  if (hasLower) mountNew('overlay', merged, 0, `lowerdir=${escapeOption(directory)},upperdir=${upper},workdir=${work}`)
  const tree = openTree(merged)
  try {
    if (hasLower) umount(merged, MNT_DETACH)
    within(world, namespace, () => attachMount(tree, directory))
  } finally {
    close(tree)
  }
}

function isOpen(directory: string): boolean {
  try {
    accessSync(directory, ACCESS.R_OK | ACCESS.X_OK)
    return true
  } catch {
    return false
  }
}

/** Whether anything is mounted below a directory: an overlay does not show it. */
function hasMountsBelow(world: World, directory: string): boolean {
  const fd = openat(world.hostProc, 'thread-self/mountinfo')
  try {
    const prefix = directory === '/' ? '/' : `${directory}/`
    const points = readFileSync(fd, 'utf8')
      .split('\n')
      .flatMap((line) => line.split(' ')[4] ?? [])
      .map((point) => point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))) // proc(5): space is \040
    return points.some((point) => point !== '/' && point.startsWith(prefix))
  } finally {
    close(fd)
  }
}

/** overlayfs options are separated by commas, layers by colons. */
function escapeOption(path: string): string {
  return path.replace(/[\\:,]/g, '\\$&')
}
