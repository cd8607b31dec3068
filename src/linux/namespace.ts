// A node's or a bridge's namespaces: made by unshare(2), held by descriptors that the holder gets a copy of.
import { rmSync } from 'node:fs'
import type { AddNetns } from '../plan/operation.ts'
import { dropNamespaces, putNamespaces } from './holder.ts'
import type { InnerNamespaces } from './inner.ts'
import { CLONE_NEWNET, openat, setns, unshare } from './libc.ts'
import { takeSpareNetns, type SpareNetns } from './spare-netns.ts'
import { openNetlink } from './transport.ts'
import { closeNamespace, inNet, namespaceOf, nodeDirectory, type OpenNamespace, type World } from './world.ts'
import { readIfindexes } from './observe.ts'

/** A network namespace alone: the fabric, a bridge with an address of its own, or the machine's, which is there. */
export function addNetns(world: World, { netns: name, kind }: AddNetns): void {
  const { net } = kind === 'host' ? openHost(world, name) : open(world, name, newNetns(world))
  putNamespaces(world.holder, name, [net])
}

/** Makes a node's network. The node is whole, and the holder's to keep, with `completeNode`. */
export function beginNode(world: World, name: string): OpenNamespace {
  return open(world, name, takeSpareNetns() ?? newNetns(world))
}

/** Gives a node what it has besides its network. */
export function completeNode(world: World, name: string, { mnt, uts }: Pick<InnerNamespaces, 'mnt' | 'uts'>): void {
  const namespace = { ...namespaceOf(world, name), mnt, uts }
  world.namespaces.set(name, namespace)
  putNamespaces(world.holder, name, [namespace.net, mnt, uts])
}

/**
 * The machine's own network, which the holder keeps like one of the lab's: whoever enters the lab later may come from another one.
 * Nothing of it is changed; the numbers of the lab's links must be free there.
 */
function openHost(world: World, name: string): OpenNamespace {
  const net = openat(world.hostProc, `thread-self/fd/${world.hostNet}`)
  const namespace = open(world, name, { net, netlink: inNet(world, net, openNetlink) })
  readIfindexes(world, namespace)
  return namespace
}

function newNetns(world: World): SpareNetns {
  try {
    unshare(CLONE_NEWNET)
    return { net: openat(world.ownNs, 'net'), netlink: openNetlink() }
  } finally {
    setns(world.base.net, CLONE_NEWNET)
  }
}

function open(world: World, name: string, network: SpareNetns): OpenNamespace {
  const namespace = { name, ...network, ifindexes: new Map<string, number>() }
  world.namespaces.set(name, namespace)
  return namespace
}

/** Lets go of a namespace here and in the holder. What still runs in it keeps it alive until it ends. */
export function delNetns(world: World, name: string): void {
  const namespace = namespaceOf(world, name)
  dropNamespaces(world.holder, name)
  closeNamespace(world, namespace)
  rmSync(nodeDirectory(world, name), { recursive: true, force: true })
}
