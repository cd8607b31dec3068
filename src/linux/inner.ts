// What a node has besides its network: uts and mnt namespaces, with its own hostname, /run, /tmp and files.
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs'
import type { AddNetns, WriteFile } from '../plan/operation.ts'
import { bindNew, openSource } from './file.ts'
import { attachMount, close, CLONE_NEWNS, CLONE_NEWUTS, openat, openTree, sethostname, setns, unshare } from './libc.ts'
import { writeNotes } from './node-notes.ts'
import { changeRoot } from './root.ts'
import { isErrno } from './sysctl.ts'
import { nodeDirectory, type Site } from './world.ts'

/** Descriptors of the namespaces, which are the caller's to close, and how many of the files are in their places. */
export interface InnerNamespaces {
  readonly mnt: number
  readonly uts: number
  readonly placed: number
}

/**
 * Makes them on this thread, which comes home. The first file that cannot be placed so, and those behind it, are for `writeFiles`, which lays
 * an overlay or tells what is wrong. A /sys that shows the node's own links is mounted when the first command enters (native/isolate.c).
 */
export function makeInner(site: Site, { netns, hostname = netns, root }: AddNetns, files: readonly WriteFile[]): InnerNamespaces {
  const directory = nodeDirectory(site, netns)
  makeNodeDirectory(directory)
  const trees: number[] = []
  const open = (tree: number): number => {
    trees.push(tree)
    return tree
  }
  const opened: number[] = []
  try {
    const [run, tmp] = [open(openTree(`${directory}/run`)), open(openTree(`${directory}/tmp`))]
    // Of a node with a root of its own, the files have their places there.
    const sources = root === undefined ? whileItGoes(files, (file) => open(openSource(site, netns, file))) : []
    unshare(CLONE_NEWUTS | CLONE_NEWNS)
    sethostname(hostname)
    if (root !== undefined) changeRoot(site, directory, root)
    attachMount(tmp, '/tmp')
    attachMount(run, '/run')
    opened.push(openat(site.ownNs, 'mnt'), openat(site.ownNs, 'uts'))
    const placed = whileItGoes(sources, (source, index) => bindNew(site, files[index]!.path, source)).length
    const device = root === undefined ? undefined : statSync('/').dev
    goBack(site)
    if (root !== undefined) writeNotes(site, netns, { root: { ...root, device: device! }, mounts: {} })
    return { mnt: opened[0]!, uts: opened[1]!, placed }
  } catch (error) {
    goBack(site)
    for (const fd of opened) close(fd)
    throw error
  } finally {
    for (const tree of trees) close(tree)
  }
}

function goBack({ base }: Site): void {
  setns(base.mnt, CLONE_NEWNS)
  setns(base.uts, CLONE_NEWUTS)
}

/** The results up to the first item that fails: it is tried again, and its error is told then. */
export function whileItGoes<T, R>(items: readonly T[], work: (item: T, index: number) => R): R[] {
  const results: R[] = []
  try {
    for (const [index, item] of items.entries()) results.push(work(item, index))
  } catch {
    return results
  }
  return results
}

function makeNodeDirectory(directory: string): void {
  try {
    mkdirSync(directory)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
    rmSync(directory, { recursive: true }) // left by an engine that was killed halfway through this
    mkdirSync(directory)
  }
  mkdirSync(`${directory}/run`)
  mkdirSync(`${directory}/tmp`)
  chmodSync(`${directory}/tmp`, 0o1777) // mkdir heeds the umask, and a service of another user writes there
}
