// tun and tap devices, which stay when the descriptor that made them is closed. <linux/if_tun.h>, <net/if.h> struct ifreq; ip-tuntap(8).
import { openSync } from 'node:fs'
import type { AddLink } from '../plan/operation.ts'
import { close, ioctlBytes, ioctlNumber } from './libc.ts'
import { delLink, setLink } from './message/link.ts'
import { sendRequest } from './send-request.ts'
import { transact } from './transport.ts'
import { IFF_MULTI_QUEUE, IFF_NO_PI, IFF_TAP, IFF_TUN, TUNSETIFF, TUNSETIFINDEX, TUNSETOWNER, TUNSETPERSIST } from './uapi-link.ts'
import { withinNet, type OpenNamespace, type World } from './world.ts'

/** struct ifreq: the name in 16 bytes, then the flags. */
const IFREQ_BYTES = 40
const IFREQ_FLAGS = 16

/** The descriptor of a device that goes when it is closed, in this thread's network namespace. Errors: ENOENT, ENODEV without the module. */
export function openTun(ifname: string, flags: number, ifindex?: number): number {
  const fd = openSync('/dev/net/tun', 'r+')
  try {
    const request = Buffer.alloc(IFREQ_BYTES)
    request.write(ifname)
    request.writeInt16LE(flags | IFF_NO_PI, IFREQ_FLAGS)
    if (ifindex !== undefined) ioctlBytes(fd, 'TUNSETIFINDEX', TUNSETIFINDEX, Buffer.from(Int32Array.of(ifindex).buffer))
    ioctlBytes(fd, 'TUNSETIFF', TUNSETIFF, request)
    return fd
  } catch (error) {
    close(fd)
    throw error
  }
}

/**
 * Same as: ip tuntap add dev tap0 mode tap …, then its mtu and lladdr. Errors: ENOENT, ENODEV without the module tun; RequestRefused.
 */
export function addTun(world: World, namespace: OpenNamespace, { ifname, link }: AddLink, ifindex: number): void {
  withinNet(world, namespace, () => {
    const { user, multi_queue: isMultiQueue } = link.options
    const kind = (link.kind === 'tap' ? IFF_TAP : IFF_TUN) | (isMultiQueue === true ? IFF_MULTI_QUEUE : 0)
    const fd = openTun(ifname, kind, ifindex)
    try {
      if (typeof user === 'number') ioctlNumber(fd, 'TUNSETOWNER', TUNSETOWNER, user)
      ioctlNumber(fd, 'TUNSETPERSIST', TUNSETPERSIST, 1)
    } finally {
      close(fd)
    }
  })
  const { mtu, lladdr, alias } = link
  const set = { mtu, ...(lladdr !== undefined && { lladdr }), ...(alias !== undefined && { alias }) }
  try {
    sendRequest(namespace.netlink, setLink(ifindex, set, undefined))
  } catch (error) {
    transact(namespace.netlink, [delLink(ifindex)])
    throw error
  }
}
