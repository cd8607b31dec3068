// A node's own root directory: what lies below is seen through overlayfs, and the node's writes go into a layer of its own. What every node
// has (its /proc, /dev and /sys, /run and /tmp) is put into it, then pivot_root(2) leaves the machine's tree behind.
import {
  accessSync,
  chmodSync,
  constants as ACCESS,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { isWithin, type RootState } from '../state/mount.ts'
import { escapeOption, isOpen, mountPoints } from './cover.ts'
import {
  attachMount,
  chdir,
  close,
  MNT_DETACH,
  mountDetached,
  mountNew,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  openTree,
  pivotRoot,
  setReadOnly,
  umount,
} from './libc.ts'
import { isErrno } from './sysctl.ts'
import type { Site } from './world.ts'

/** Where a node has something of its own in any case. */
const OWN = ['/proc', '/dev', '/sys', '/run', '/tmp']
/** Of a file that stands beside mounts: it is copied, so that the node may write to it. A larger one can only be read. */
const COPIED_BYTES = 1024 * 1024

/**
 * Gives the node that the thread is in, and that was made a moment ago, its root directory. `directory` is the node's in the lab's tmpfs.
 */
export function changeRoot(world: Site, directory: string, root: RootState): void {
  const place = join(directory, 'root')
  const layers = root.save ?? join(directory, 'layers')
  for (const path of [place, layers]) mkdirSync(path, { recursive: true })
  if (root.kind === 'machine') layMachine(world, place, layers)
  else layOver(world, root.kind === 'image' ? `${root.tree}${world.idMapKey}` : root.tree, place, layers)
  const trees = [
    { path: '/proc', tree: openTree('/proc', true) },
    { path: '/dev', tree: openTree('/dev', true) },
    { path: '/sys', tree: mountDetached('sysfs', MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY) }, // much of it is the machine's
  ]
  try {
    chdir(place)
    pivotRoot('.', '.') // the old root comes to lie over the new one, pivot_root(2)
    umount('.', MNT_DETACH)
    chdir('/')
    // From here on a symbolic link of the tree leads nowhere but into the tree.
    for (const path of OWN) mkdirSync(path, { recursive: true })
    for (const { path, tree } of trees) attachMount(tree, path)
  } finally {
    for (const { tree } of trees) close(tree)
  }
}

/**
 * An overlay at `place` over what lies at `lower`; the layer that is written to is made in `home`, or found there. In a user namespace
 * it keeps its notes in attributes that everybody may write: Linux 5.11.
 */
function layOver(world: Site, lower: string, place: string, home: string): void {
  const [upper, work] = [join(home, 'upper'), join(home, 'work')]
  for (const path of [upper, work]) mkdirSync(path, { recursive: true })
  if (readdirSync(upper).length === 0) chmodSync(upper, statSync(lower).mode & 0o7777) // the overlay shows the mode of its upper layer
  const options = `lowerdir=${escapeOption(lower)},upperdir=${escapeOption(upper)},workdir=${escapeOption(work)}`
  mountNew('overlay', place, MS_NODEV, world.idMapKey !== '' ? `${options},userxattr` : options)
}

/**
 * The machine's own tree. An overlay does not show what is mounted below its lower layer, and in a user namespace the kernel refuses one
 * over it (clone_private_mount): so directories that have mounts in them are made anew, with an overlay over each of their entries.
 */
function layMachine(world: Site, place: string, layers: string): void {
  const tree = join(layers, 'tree')
  mkdirSync(tree, { recursive: true })
  attachAt(tree, place)
  const left = [...OWN, world.directory]
  // The layers themselves cannot lie in what they are laid over (ELOOP): what they lie in is a mirror, too.
  const points = [...mountPoints(world), layers].filter((point) => point !== '/' && !left.some((other) => isWithin(other, point)))
  layDirectory({ world, points, left: new Set([...left, layers]), layers }, '/', place)
}

interface Laying {
  readonly world: Site
  /** Where something is mounted. */
  readonly points: readonly string[]
  /** What is left out. */
  readonly left: ReadonlySet<string>
  readonly layers: string
}

function layDirectory(laying: Laying, directory: string, place: string): void {
  if (!isOpen(directory)) return // what this user may not look into has nothing to show
  const isMirrored = directory === '/' || laying.points.some((point) => point !== directory && isWithin(directory, point))
  if (!isMirrored) return layOverOrBind(laying, directory, place)
  for (const name of readdirSync(directory)) {
    const [path, target] = [join(directory, name), join(place, name)]
    const stat = lstatSync(path)
    // Not by existsSync: a link of a layer that was kept may lead to where nothing lies yet.
    const isNew = lstatSync(target, { throwIfNoEntry: false }) === undefined
    if (stat.isSymbolicLink()) {
      if (isNew) symlinkSync(readlinkSync(path), target)
    } else if (stat.isDirectory()) {
      if (isNew) mkdirSync(target)
      if (isNew) chmodSync(target, stat.mode & 0o7777)
      if (!laying.left.has(path)) layDirectory(laying, path, target)
    } else if (stat.isFile() && stat.size <= COPIED_BYTES && isReadable(path)) {
      if (isNew) copyFileSync(path, target)
    } else bindReadOnly(path, target)
  }
}

/** A file system that overlayfs does not take (vfat, autofs, one overlay too many) can be read, and not written to. */
function layOverOrBind({ world, layers }: Laying, directory: string, place: string): void {
  try {
    layOver(world, directory, place, join(layers, encodeURIComponent(directory)))
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error
    bindReadOnly(directory, place)
  }
}

function bindReadOnly(path: string, place: string): void {
  if (!existsSync(place)) writeFileSync(place, '')
  const tree = openTree(path, true)
  try {
    setReadOnly(tree)
    attachMount(tree, place)
  } finally {
    close(tree)
  }
}

function attachAt(path: string, place: string): void {
  const tree = openTree(path)
  try {
    attachMount(tree, place)
  } finally {
    close(tree)
  }
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, ACCESS.R_OK)
    return true
  } catch {
    return false
  }
}
