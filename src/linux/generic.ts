// Generic netlink: a socket for each namespace that needs one, and the numbers of families. <linux/genetlink.h>
import { CLONE_NEWNET, setns, SyscallError } from './libc.ts'
import { decodeFamily, getFamily } from './message/wireguard.ts'
import { ask, openNetlink, type NetlinkSocket } from './transport.ts'
import { NETLINK_GENERIC } from './uapi-genl.ts'
import type { OpenNamespace, World } from './world.ts'

/** The namespace's socket, opened at the first call; it lives as long as the engine. */
export function genericSocket(world: World, namespace: OpenNamespace): NetlinkSocket {
  if (namespace.generic !== undefined) return namespace.generic
  try {
    setns(namespace.net, CLONE_NEWNET)
    return (namespace.generic = openNetlink(NETLINK_GENERIC))
  } finally {
    setns(world.base.net, CLONE_NEWNET)
  }
}

/** Errors: SyscallError ENOENT where the kernel has no such family, nor a module that brings it. */
export function familyNumber(world: World, namespace: OpenNamespace, name: string): number {
  const known = world.families.get(name)
  if (known !== undefined) return known
  let id: number | undefined
  const refusal = ask(genericSocket(world, namespace), getFamily(name), (body) => (id = decodeFamily(body)))
  if (id === undefined) throw new SyscallError(`generic netlink family ${name}`, refusal?.errno ?? 2)
  world.families.set(name, id)
  return id
}
