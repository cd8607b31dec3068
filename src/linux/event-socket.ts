// The kernel's notifications of one network namespace: a rtnetlink socket in the multicast groups of what a watcher shows.
// netlink(7), rtnetlink(7). It stays in the namespace in which it was opened.
import { AF_NETLINK, bindNetlink, close, receiveNow, setsockoptInt, SO_RCVBUF, SOCK_RAW, socket, SOL_SOCKET, SyscallError } from './libc.ts'
import {
  NETLINK_ROUTE,
  NLMSG_HDRLEN,
  RTMGRP_IPV4_IFADDR,
  RTMGRP_IPV4_ROUTE,
  RTMGRP_IPV6_IFADDR,
  RTMGRP_IPV6_ROUTE,
  RTMGRP_LINK,
  RTMGRP_NEIGH,
  RTMGRP_TC,
  RTNLGRP_MPLS_ROUTE,
} from './uapi.ts'

/** Groups without a mask of their own have the bit of their number. */
const RTMGRP_MPLS_ROUTE = 1 << (RTNLGRP_MPLS_ROUTE - 1)
const GROUPS =
  RTMGRP_LINK |
  RTMGRP_NEIGH |
  RTMGRP_TC |
  RTMGRP_IPV4_IFADDR |
  RTMGRP_IPV6_IFADDR |
  RTMGRP_IPV4_ROUTE |
  RTMGRP_IPV6_ROUTE |
  RTMGRP_MPLS_ROUTE

/** Asked for; the kernel gives net.core.rmem_max at most. Memory is taken only while messages wait. */
const RECEIVE_BYTES = 4 * 1024 * 1024

/** A notification is some 1.5 KiB; a datagram has one. */
const incoming = Buffer.alloc(64 * 1024)

/** Messages that are read in one go: a storm in one namespace must not keep the others waiting. */
const MAX_AT_ONCE = 2048

/** Opens the socket in this thread's network namespace; its descriptor. Whoever opens it closes it. */
export function openEvents(): number {
  const fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE)
  try {
    setsockoptInt(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BYTES)
    bindNetlink(fd, GROUPS)
    return fd
  } catch (error) {
    close(fd)
    throw error
  }
}

/**
 * Reads what waits: calls `each` with type and body of every message; the body lives until `each` returns.
 * Returns false where messages were lost (ENOBUFS): the tables must be read again, and what `each` has heard is older than they.
 */
export function readEvents(fd: number, each: (type: number, body: Buffer) => void): boolean {
  let complete = true
  for (let count = 0; count < MAX_AT_ONCE; count++) {
    let end: number | undefined
    try {
      end = receiveNow(fd, incoming)
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code !== 'ENOBUFS') throw error
      complete = false
      continue
    }
    if (end === undefined) break
    for (let at = 0; at + NLMSG_HDRLEN <= end;) {
      const length = incoming.readUInt32LE(at)
      if (length < NLMSG_HDRLEN || at + length > end) return false
      each(incoming.readUInt16LE(at + 4), incoming.subarray(at + NLMSG_HDRLEN, at + length))
      at += (length + 3) & ~3
    }
  }
  return complete
}
