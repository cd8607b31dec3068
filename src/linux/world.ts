// What the engine knows of one lab while it works in it: the holder, and a netlink socket in every namespace.
// The engine's main thread lives in the lab's base (the holder's net and mnt namespaces) and leaves it only inside `within`.
import { openSync, statSync } from 'node:fs'
import { connectHolder, getNamespaces, holderEnded, listNamespaces, openProc, type HeldName, type Holder } from './holder.ts'
import { close, CLONE_FS, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUTS, openat, setns, unshare } from './libc.ts'
import { idMapKey } from './id-map.ts'
import { FABRIC, HOST } from '../state/network.ts'
import type { NamespaceState } from '../state/network.ts'
import type { Builder } from './builder.ts'
import { isErrno, takeProcFrom } from './sysctl.ts'
import { openNetlink, type NetlinkSocket } from './transport.ts'

/** A namespace of the lab, opened. `mnt` and `uts` are absent where it is net only. */
export interface OpenNamespace {
  readonly name: string
  readonly net: number
  readonly mnt?: number
  readonly uts?: number
  readonly netlink: NetlinkSocket
  /** Generic netlink, opened when it is first wanted: generic.ts. */
  generic?: NetlinkSocket
  /** ifindex by ifname, as far as the engine has seen or made them. */
  readonly ifindexes: Map<string, number>
}

/** One lab, from the engine's side. */
export interface World {
  /** The lab's own tmpfs, seen only from the lab's mount namespaces: the nodes' files lie here. */
  readonly directory: string
  /** st_dev of that tmpfs. */
  device: number
  readonly holder: Holder
  /** /proc of the machine: that of the lab's pid namespace does not know this process. */
  readonly hostProc: number
  /** The machine's network namespace, or whichever the engine was started in. */
  readonly hostNet: number
  /** The machine's mount namespace: there the lab's directory is as every command sees it. */
  readonly hostMnt: number
  /** What names the trees of images that have this user namespace's owners; empty where root here is the machine's. */
  readonly idMapKey: string
  /** /proc/thread-self/ns of the engine's main thread: the namespaces it is in, whichever these are at the moment. */
  readonly ownNs: number
  readonly base: { readonly net: number; readonly mnt: number; readonly uts: number }
  readonly namespaces: Map<string, OpenNamespace>
  /** Where a file's path leads in a node that is new, or undefined where nothing is there: the same in all of them. */
  readonly freshPlaces: Map<string, string | undefined>
  /** Every link of the lab gets a number of its own, so that IFLA_LINK of a veth names its peer without doubt. */
  nextIfindex: number
  /** Numbers of generic netlink families, by name. */
  readonly families: Map<string, number>
  /** Makes nodes, where many are to be made. */
  readonly builder?: Builder
}

/** What a thread needs that makes nodes: the lab's tmpfs, the base to come home to, and how it sees the two. */
export type Site = Pick<World, 'directory' | 'idMapKey' | 'hostProc' | 'ownNs' | 'base' | 'freshPlaces'>

/**
 * The kernel numbers from 2 on what it makes of its own accord: a module for tunnels puts a fallback device (tunl0, gre0, …) into every
 * namespace, those that stand too. Numbers of ours begin where it never gets.
 */
const FIRST_IFINDEX = 1001

/** Where the node's own things lie in the lab's tmpfs. */
export function nodeDirectory({ directory }: Pick<World, 'directory'>, node: string): string {
  return `${directory}/${node}`
}

/** Where the engine was started. */
export interface HostNamespaces {
  readonly net: number
  readonly mnt: number
}

/**
 * Enters the base of the lab whose holder is `holderPid`, and opens every namespace that the holder keeps. `host`: see `World`.
 * Errors: HOLDER_ENDED.
 */
export function enterWorld(directory: string, holderPid: number, host: HostNamespaces, builder?: Builder): World {
  const hostProc = openSync('/proc', 'r')
  const holder = connectHolder(directory, holderPid)
  const base = openBase(hostProc, holderPid)
  unshare(CLONE_FS) // setns(2) into a mount namespace wants a root directory that no other thread shares
  const ownNs = openat(hostProc, 'thread-self/ns')
  const world: World = {
    directory,
    device: 0,
    holder,
    hostProc,
    hostNet: host.net,
    hostMnt: host.mnt,
    idMapKey: idMapKey(),
    ownNs,
    base,
    namespaces: new Map(),
    freshPlaces: new Map(),
    nextIfindex: FIRST_IFINDEX,
    families: new Map(),
    ...(builder !== undefined && { builder }),
  }
  goHome(world)
  world.device = statSync(directory).dev
  for (const { name, hasMnt } of listNamespaces(holder)) openHeld(world, name, hasMnt)
  setns(base.net, CLONE_NEWNET)
  builder?.enter(world)
  takeProcFrom(() => openProc(holder))
  return world
}

/** Errors: HOLDER_ENDED: a process that ends has no namespaces any more. */
function openBase(hostProc: number, holderPid: number): World['base'] {
  const open = (kind: string): number => openat(hostProc, `${holderPid}/ns/${kind}`)
  try {
    return { net: open('net'), mnt: open('mnt'), uts: open('uts') }
  } catch (error) {
    throw isErrno(error, 'ENOENT') ? holderEnded() : error
  }
}

/** Opens a namespace that the holder keeps. Leaves this thread in it. */
function openHeld(world: World, name: string, hasMnt: boolean): OpenNamespace {
  const held = getNamespaces(world.holder, name)
  setns(held.net, CLONE_NEWNET)
  const netlink = openNetlink()
  if (!hasMnt) {
    close(held.mnt)
    close(held.uts)
  }
  const inner = hasMnt ? { mnt: held.mnt, uts: held.uts } : {}
  const namespace: OpenNamespace = { name, net: held.net, ...inner, netlink, ifindexes: new Map() }
  world.namespaces.set(name, namespace)
  return namespace
}

/** Opens a namespace that another engine has given to the holder since. */
export function openNew(world: World, { name, hasMnt }: HeldName): OpenNamespace {
  try {
    return openHeld(world, name, hasMnt)
  } finally {
    setns(world.base.net, CLONE_NEWNET)
  }
}

/** Lets go of a namespace that the holder has let go of. */
export function closeNamespace(world: World, { name, net, mnt, uts, netlink }: OpenNamespace): void {
  netlink.close()
  for (const fd of [net, mnt, uts]) if (fd !== undefined) close(fd)
  world.namespaces.delete(name)
}

/** Back to the lab's base: net, uts and mnt. */
export function goHome({ base }: Pick<World, 'base'>): void {
  setns(base.mnt, CLONE_NEWNS)
  setns(base.uts, CLONE_NEWUTS)
  setns(base.net, CLONE_NEWNET)
}

/**
 * Runs `work` with this thread inside the namespace (net, and mnt and uts where it has them), then comes home.
 * `work` must not await: until `finally` the thread is in another network.
 */
export function within<T>(world: World, namespace: OpenNamespace, work: () => T): T {
  try {
    setns(namespace.net, CLONE_NEWNET)
    if (namespace.uts !== undefined) setns(namespace.uts, CLONE_NEWUTS)
    if (namespace.mnt !== undefined) setns(namespace.mnt, CLONE_NEWNS)
    return work()
  } finally {
    goHome(world)
  }
}

/** As `within`, for work that concerns the network namespace alone: entering the others costs ten times as much. */
export function withinNet<T>(world: World, namespace: OpenNamespace, work: () => T): T {
  return inNet(world, namespace.net, work)
}

/** As `withinNet`, in the network namespace that a descriptor stands for. */
export function inNet<T>(world: World, net: number, work: () => T): T {
  try {
    setns(net, CLONE_NEWNET)
    return work()
  } finally {
    setns(world.base.net, CLONE_NEWNET)
  }
}

/** As `within`, in the machine's mount namespace. */
export function inHostMounts<T>(world: World, work: () => T): T {
  try {
    setns(world.hostMnt, CLONE_NEWNS)
    return work()
  } finally {
    goHome(world)
  }
}

/** The namespace of that name; a name that is not there is a bug of the plan. */
export function namespaceOf(world: World, name: string): OpenNamespace {
  const namespace = world.namespaces.get(name)
  if (namespace === undefined) throw new Error(`The lab has no namespace ${name}`)
  return namespace
}

/** What a namespace is, by its name and by what it has. */
export function kindOf({ name, mnt }: OpenNamespace): NamespaceState['kind'] {
  if (name === FABRIC) return 'fabric'
  if (name === HOST) return 'host'
  return mnt === undefined ? 'bridge' : 'node'
}
