// Mounts of a node: files and directories of the machine, and tmpfs of its own. They are in the node's mount namespace alone, and go with it.
import { chownSync, existsSync, mkdirSync, statSync, writeFileSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import type { MountState, TmpfsMount } from '../state/mount.ts'
import { readMounts, realTarget, type MountLine } from './cover.ts'
import { makeRoom } from './file.ts'
import { attachMount, close, MNT_DETACH, mountNew, MS_NODEV, MS_NOSUID, openTree, setReadOnly, umount } from './libc.ts'
import { readNotes, writeNotes, type NodeNotes } from './node-notes.ts'
import { within, type OpenNamespace, type World } from './world.ts'

/** Mounts over the path, which is made where it is missing. */
export function addMount(world: World, namespace: OpenNamespace, path: string, mount: MountState): void {
  const source = mount.kind === 'bind' ? { stat: statSync(mount.source), tree: openTree(mount.source, true) } : undefined
  try {
    if (mount.kind === 'bind' && mount.readOnly) setReadOnly(source!.tree)
    makeRoom(world, namespace, [path])
    within(world, namespace, () => {
      const target = realTarget(path)
      if (!existsSync(target)) makeTarget(target, source?.stat.isDirectory() !== false)
      if (mount.kind === 'tmpfs') mountTmpfs(target, mount)
      else attachMount(source!.tree, target)
    })
  } finally {
    if (source !== undefined) close(source.tree)
  }
  const notes = readNotes(world, namespace.name)
  writeNotes(world, namespace.name, { ...notes, mounts: { ...notes.mounts, [path]: mount } })
}

export function delMount(world: World, namespace: OpenNamespace, path: string): void {
  within(world, namespace, () => umount(realTarget(path), MNT_DETACH))
  const { mounts, ...notes } = readNotes(world, namespace.name)
  const { [path]: _, ...left } = mounts
  writeNotes(world, namespace.name, { ...notes, mounts: left })
}

/** Those of the node's mounts that are still there, and still show what they did. */
export function observeMounts(world: World, namespace: OpenNamespace, noted: NodeNotes['mounts']): Map<string, MountState> {
  const mounts = Object.entries(noted)
  if (mounts.length === 0) return new Map()
  const sources = mounts.map(([, mount]) => (mount.kind === 'bind' ? statSync(mount.source, { throwIfNoEntry: false }) : undefined))
  return within(world, namespace, () => {
    const lines = readMounts(world)
    const isThere = ([path, mount]: readonly [string, MountState], index: number): boolean => {
      const target = realTarget(path)
      return isShown(
        mount,
        sources[index],
        target,
        lines.findLast(({ point }) => point === target),
      )
    }
    return new Map(mounts.filter(isThere))
  })
}

function isShown(mount: MountState, source: Stats | undefined, target: string, line: MountLine | undefined): boolean {
  if (line === undefined) return false
  if (mount.kind === 'tmpfs') return line.type === 'tmpfs'
  const shown = statSync(target)
  return shown.dev === source?.dev && shown.ino === source.ino && line.isReadOnly === mount.readOnly
}

function makeTarget(target: string, isDirectory: boolean): void {
  mkdirSync(isDirectory ? target : dirname(target), { recursive: true })
  if (!isDirectory) writeFileSync(target, '', { flag: 'wx' })
}

/** What a user namespace shows for an id that it does not have: the machine's root, most likely. /proc/sys/kernel/overflowuid. */
const OVERFLOW_ID = 65534

function mountTmpfs(target: string, { sizeBytes }: TmpfsMount): void {
  const { mode, uid, gid } = statSync(target)
  const size = sizeBytes === undefined ? '' : `,size=${sizeBytes}`
  mountNew('tmpfs', target, MS_NOSUID | MS_NODEV, `mode=${(mode & 0o7777).toString(8)}${size}`)
  chownSync(target, uid === OVERFLOW_ID ? 0 : uid, gid === OVERFLOW_ID ? 0 : gid)
}
