// Makes a node's or a bridge's namespaces: unshare(2) on the main thread, held by descriptors that the holder gets a copy of.
import { mkdirSync, rmSync } from 'node:fs'
import { dropNamespaces, putNamespaces } from './holder.ts'
import {
  attachMount,
  close,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWUTS,
  mountNew,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  openat,
  openTree,
  sethostname,
  setns,
  unshare,
} from './libc.ts'
import { takeSpareNetns, type SpareNetns } from './spare-netns.ts'
import { isErrno } from './sysctl.ts'
import { openNetlink } from './transport.ts'
import { closeNamespace, goHome, namespaceOf, type World } from './world.ts'

/** Where the node's own things lie in the lab's tmpfs. */
export function nodeDirectory(world: World, node: string): string {
  return `${world.directory}/${node}`
}

/**
 * A node: net, uts and mnt namespaces; its own hostname, /run, /tmp, and a /sys that shows its own links. Its directory must be there.
 * `furnish` is called inside it, before the thread goes home.
 */
export function addNode(world: World, name: string, hostname: string, furnish: () => void): void {
  const directory = nodeDirectory(world, name)
  const run = openTree(`${directory}/run`)
  const tmp = openTree(`${directory}/tmp`)
  try {
    const spare = takeSpareNetns()
    if (spare !== undefined) setns(spare.net, CLONE_NEWNET)
    unshare((spare === undefined ? CLONE_NEWNET : 0) | CLONE_NEWUTS | CLONE_NEWNS)
    sethostname(hostname)
    attachMount(tmp, '/tmp')
    attachMount(run, '/run')
    mountNew('sysfs', '/sys', MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, '') // much of it is the machine's
    keep(world, name, true, spare)
    furnish()
  } finally {
    goHome(world)
    close(run)
    close(tmp)
  }
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
  mkdirSync(`${directory}/tmp`, { mode: 0o1777 })
}

/** A network namespace alone: the fabric, or a bridge with an address of its own. */
export function addNetns(world: World, name: string): void {
  try {
    unshare(CLONE_NEWNET)
    keep(world, name, false)
  } finally {
    goHome(world)
  }
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
