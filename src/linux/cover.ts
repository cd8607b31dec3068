// Where a node may write, and what is laid over the machine's directories so that it may: an overlay whose upper layer is in the lab's tmpfs,
// or, where other things are mounted below, a mirror (mirror.ts).
import {
  accessSync,
  constants as ACCESS,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { isWithin, type MountState } from '../state/mount.ts'
import { attachMount, close, MNT_DETACH, mountNew, openat, openTree, SyscallError, umount } from './libc.ts'
import { mirror } from './mirror.ts'
import { readNotes } from './node-notes.ts'
import { isErrno } from './sysctl.ts'
import { nodeDirectory, within, type OpenNamespace, type World } from './world.ts'

/**
 * Each stands in the one before it, and the first in the lab's tmpfs. Where `down` has removed that under us, a recursive mkdir would
 * make the lab's directory anew, on the machine's own disk, for ever.
 */
export function makeDirectories(...paths: readonly string[]): void {
  for (const path of paths) {
    try {
      mkdirSync(path)
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
  }
}

/** The path without symbolic links, in its directories or at its end, as far as it is there. Called inside the node. */
export function realTarget(path: string): string {
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
export function uncoveredDirectory(ground: Ground, path: string): string | undefined {
  const target = realTarget(path)
  if (existsSync(target)) return undefined
  const directory = nearestDirectory(target)
  if (!isOwn(ground, target)) return directory
  // In an ordinary user's overlay, directories of others stay closed to root of a node. A root of its own is covered by nothing: what would
  // show is the machine's.
  return ground.isRooted || mayDo(directory, ACCESS.W_OK | ACCESS.X_OK) ? undefined : directory
}

/** What of a node's tree is its own to write, as far as the base can tell. */
export interface Ground {
  /** st_dev of the lab's tmpfs, in which its /run, /tmp and mirrors lie. */
  readonly device: number
  /** What overlays have been made for. */
  readonly covered: readonly Covered[]
  /** It has a root directory of its own. */
  readonly isRooted: boolean
  /** By path, the innermost first. */
  readonly mounts: readonly (readonly [path: string, mount: MountState])[]
}

/** Called in the base: nodes do not see the lab's tmpfs. */
export function groundOf(world: World, node: string): Ground {
  const { root, mounts } = readNotes(world, node)
  return {
    device: world.device,
    covered: coveredDirectories(world, node),
    isRooted: root !== undefined,
    mounts: Object.entries(mounts).reverse(),
  }
}

/** Whether a file at the real path is the node's own to make and to remove. Called inside the node. */
export function isOwn({ device, covered, isRooted, mounts }: Ground, target: string): boolean {
  const mount = mounts.find(([path]) => isWithin(path, target))?.[1]
  if (mount !== undefined) return mount.kind === 'tmpfs'
  return isRooted || covered.some((each) => liesOver(each, target)) || statSync(nearestDirectory(target)).dev === device
}

function liesOver({ directory, hostDevice }: Covered, target: string): boolean {
  return target.startsWith(`${directory}/`) && ![undefined, hostDevice].includes(statSync(directory, { throwIfNoEntry: false })?.dev)
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

/** Covers a directory of the node, so that a file can be made in it. Returns whether that hides files that were bound in it. */
export function cover(world: World, namespace: OpenNamespace, directory: string): boolean {
  const own = Object.keys(readNotes(world, namespace.name).mounts)
  const covered = coveredDirectories(world, namespace.name).map((each) => each.directory)
  if (![...own, ...covered, ...mountPoints(world)].some((point) => point !== directory && isWithin(directory, point))) {
    overlay(world, namespace, directory)
    return true
  }
  const mirrors = join(nodeDirectory(world, namespace.name), 'mirrors')
  makeDirectories(mirrors)
  mirror(world, namespace, directory, join(mirrors, encodeURIComponent(directory)))
  return false
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

export function isOpen(directory: string): boolean {
  return mayDo(directory, ACCESS.R_OK | ACCESS.X_OK)
}

function mayDo(directory: string, mode: number): boolean {
  try {
    accessSync(directory, mode)
    return true
  } catch {
    return false
  }
}

/** Where anything is mounted, as the thread sees it. */
export function mountPoints(world: Pick<World, 'hostProc'>): string[] {
  return readMounts(world).map(({ point }) => point)
}

export interface MountLine {
  readonly point: string
  readonly isReadOnly: boolean
  readonly type: string
}

/** What is mounted in the thread's namespace, in the order in which it was; proc_pid_mountinfo(5). */
export function readMounts(world: Pick<World, 'hostProc'>): MountLine[] {
  const fd = openat(world.hostProc, 'thread-self/mountinfo')
  try {
    return readFileSync(fd, 'utf8').split('\n').filter(Boolean).map(mountLine)
  } finally {
    close(fd)
  }
}

/** `36 35 98:0 /in /point rw,noatime shared:1 - ext3 /dev/root rw`, a space in a path as \\040. */
function mountLine(line: string): MountLine {
  const words = line.split(' ')
  const point = (words[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
  return { point, isReadOnly: (words[5] ?? '').split(',').includes('ro'), type: words[words.indexOf('-') + 1] ?? '' }
}

/** overlayfs options are separated by commas, layers by colons. */
export function escapeOption(path: string): string {
  return path.replace(/[\\:,]/g, '\\$&')
}
