// Makes a node's or a bridge's namespaces: unshare(2) on the main thread, held by descriptors that the holder gets a copy of.
import { chmodSync, mkdirSync, rmSync, statSync } from 'node:fs'
import type { AddNetns } from '../plan/operation.ts'
import { dropNamespaces, putNamespaces } from './holder.ts'
import { attachMount, close, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUTS, openat, openTree, sethostname, setns, unshare } from './libc.ts'
import { writeNotes, type NodeNotes } from './node-notes.ts'
import { changeRoot } from './root.ts'
import { takeSpareNetns, type SpareNetns } from './spare-netns.ts'
import { isErrno } from './sysctl.ts'
import { openNetlink } from './transport.ts'
import { closeNamespace, goHome, inNet, namespaceOf, nodeDirectory, type World } from './world.ts'
import { readIfindexes } from './observe.ts'

/**
 * A node: net, uts and mnt namespaces; its own hostname, /run and /tmp. A /sys that shows its own links is mounted when the first command
 * enters (native/isolate.c). Its directory must be there.
 * `furnish` is called inside it, before the thread goes home.
 */
export function addNode(world: World, { netns: name, hostname = name, root }: AddNetns, furnish: () => void): void {
  const directory = nodeDirectory(world, name)
  let rooted: NodeNotes['root']
  const run = openTree(`${directory}/run`)
  const tmp = openTree(`${directory}/tmp`)
  try {
    const spare = takeSpareNetns()
    if (spare !== undefined) setns(spare.net, CLONE_NEWNET)
    unshare((spare === undefined ? CLONE_NEWNET : 0) | CLONE_NEWUTS | CLONE_NEWNS)
    sethostname(hostname)
    if (root !== undefined) changeRoot(world, directory, root)
    attachMount(tmp, '/tmp')
    attachMount(run, '/run')
    keep(world, name, true, spare)
    furnish()
    if (root !== undefined) rooted = { ...root, device: statSync('/').dev }
  } finally {
    goHome(world)
    close(run)
    close(tmp)
  }
  if (rooted !== undefined) writeNotes(world, name, { root: rooted, mounts: {} })
}

/** The directory of a node that is about to be made. */
export function makeNodeDirectory(world: World, name: string): void {
  const directory = nodeDirectory(world, name)
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

/** A network namespace alone: the fabric, a bridge with an address of its own, or the machine's, which is there. */
export function addNetns(world: World, { netns: name, kind }: AddNetns): void {
  if (kind === 'host') return openHost(world, name)
  try {
    unshare(CLONE_NEWNET)
    keep(world, name, false)
  } finally {
    goHome(world)
  }
}

/**
 * The machine's own network, which the holder keeps like one of the lab's: whoever enters the lab later may come from another one.
 * Nothing of it is changed; the numbers of the lab's links must be free there.
 */
function openHost(world: World, name: string): void {
  const net = openat(world.hostProc, `thread-self/fd/${world.hostNet}`)
  const netlink = inNet(world, net, openNetlink)
  putNamespaces(world.holder, name, [net])
  const namespace = { name, net, netlink, ifindexes: new Map<string, number>() }
  world.namespaces.set(name, namespace)
  readIfindexes(world, namespace)
}

/** Opens the namespaces that this thread is in, of which `spare` is open already, and gives them to the holder. */
function keep(world: World, name: string, isNode: boolean, spare?: SpareNetns): void {
  const { net, netlink } = spare ?? { net: openat(world.ownNs, 'net'), netlink: openNetlink() }
  const inner = isNode ? { mnt: openat(world.ownNs, 'mnt'), uts: openat(world.ownNs, 'uts') } : {}
  putNamespaces(world.holder, name, isNode ? [net, inner.mnt!, inner.uts!] : [net])
  world.namespaces.set(name, { name, net, ...inner, netlink, ifindexes: new Map() })
}

/** Lets go of a namespace here and in the holder. What still runs in it keeps it alive until it ends. */
export function delNetns(world: World, name: string): void {
  const namespace = namespaceOf(world, name)
  dropNamespaces(world.holder, name)
  closeNamespace(world, namespace)
  rmSync(nodeDirectory(world, name), { recursive: true, force: true })
}
