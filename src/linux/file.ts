// Files of a node. Each lies in the lab's tmpfs as DIRECTORY/<node>/<path, percent-encoded> and is bound over its path in the node's mount
// namespace (open_tree(2), move_mount(2)), so that the host's file is neither touched nor needed for writing.
// Where the path does not exist, the nearest directory that does is first covered: cover.ts.
import { hash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import type { FileState } from '../state/network.ts'
import { cover, groundOf, isOwn, makeDirectories, realTarget, uncoveredDirectory } from './cover.ts'
import { attachMount, close, MNT_DETACH, openTree, SyscallError, umount } from './libc.ts'
import { isErrno } from './sysctl.ts'
import { nodeDirectory, within, type OpenNamespace, type Site, type World } from './world.ts'

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
    makeRoom(world, namespace, fresh)
    bindAll(world, namespace, fresh)
  } catch (error) {
    for (const path of fresh) rmSync(sourceOf(world, namespace.name, path), { force: true })
    for (const path of changed) takeBack(world, namespace.name, path, statSync(asideOf(world, namespace.name, path)).mode)
    throw error
  }
}

/** Lays over the node's directories what it takes to make the paths that are not there. */
export function makeRoom(world: World, namespace: OpenNamespace, paths: readonly string[]): void {
  const ground = groundOf(world, namespace.name)
  const bare = within(
    world,
    namespace,
    () => new Set(paths.map((path) => uncoveredDirectory(ground, path)).filter((directory) => directory !== undefined)),
  )
  for (const directory of bare) {
    if (!cover(world, namespace, directory)) continue
    const files = writtenPaths(world, namespace.name).filter((path) => !paths.includes(path))
    const hidden = within(world, namespace, () => files.filter((path) => realTarget(path).startsWith(`${directory}/`)))
    bindAll(world, namespace, hidden)
  }
}

/** Writes a file of a node that is about to be made. Returns what `bindNew` binds there, for the caller to close. */
export function openSource(site: Site, node: string, { path, file }: PlacedFile): number {
  writeSource(site, node, path, file)
  return openTree(sourceOf(site, node, path))
}

/** Binds a source over its path in the new node that the thread is in. Errors: ENOENT where nothing is at the path: an overlay is needed. */
export function bindNew({ freshPlaces }: Site, path: string, tree: number): void {
  if (!freshPlaces.has(path)) {
    const target = realTarget(path)
    freshPlaces.set(path, existsSync(target) ? target : undefined)
  }
  const target = freshPlaces.get(path)
  if (target === undefined) throw new SyscallError(`move_mount to ${path}`, constants.errno.ENOENT)
  attachMount(tree, target)
}

/** Takes the file away: what the host has at that path, or nothing, shows again. */
export function removeFile(world: World, namespace: OpenNamespace, path: string): void {
  if (!boundPaths(world, namespace, [path]).has(path)) {
    rmSync(sourceOf(world, namespace.name, path), { force: true })
    return // never placed: the host's was the same, or the engine was killed before
  }
  const ground = groundOf(world, namespace.name)
  within(world, namespace, () => {
    const target = realTarget(path)
    umount(target, MNT_DETACH)
    // Our placeholder. Outside the node's own directories the file would be the host's, which is nobody's to remove.
    if (isOwn(ground, target) && statSync(target).size === 0) rmSync(target)
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
        files.set(path, { mode: statSync(path).mode & 0o7777, sha256: digestOf(path, readFileSync(path)) })
      } catch (error) {
        if (!isErrno(error, 'ENOENT') && !isErrno(error, 'ENOTDIR') && !isErrno(error, 'EACCES')) throw error
      }
    }
  })
  return files
}

/** What was read last at a path, in whatever node. */
const lastRead = new Map<string, { readonly bytes: Buffer; readonly sha256: string }>()
const KEPT_BYTES = 1 << 20

/** A thousand nodes have one /etc/hosts, and comparing takes a fifth of the time that a digest takes. */
function digestOf(path: string, bytes: Buffer): string {
  const last = lastRead.get(path)
  if (last?.bytes.equals(bytes) === true) return last.sha256
  const sha256 = hash('sha256', bytes)
  if (bytes.length <= KEPT_BYTES) lastRead.set(path, { bytes, sha256 })
  return sha256
}

function sourceOf(world: Pick<World, 'directory'>, node: string, path: string): string {
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
function asideOf(world: Pick<World, 'directory'>, node: string, path: string): string {
  return `${world.directory}/@aside/${node}/${encodeURIComponent(path)}`
}

function putAside(world: World, node: string, path: string): void {
  makeDirectories(`${world.directory}/@aside`, `${world.directory}/@aside/${node}`)
  rmSync(asideOf(world, node, path), { force: true }) // or it would keep its own mode
  copyFileSync(sourceOf(world, node, path), asideOf(world, node, path))
}

/** One that is there is written in place: it is bound already, and programs may hold it open. */
function writeSource(world: Pick<World, 'directory'>, node: string, path: string, file: FileState): void {
  if (file.content === undefined) return takeBack(world, node, path, file.mode)
  const source = sourceOf(world, node, path)
  writeFileSync(source, file.content)
  chmodSync(source, file.mode) // writeFileSync heeds the umask
}

function takeBack(world: Pick<World, 'directory'>, node: string, path: string, mode: number): void {
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
