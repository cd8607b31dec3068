// RTM_*ADDR messages. <linux/if_addr.h> struct ifaddrmsg, 8 bytes; ip-address(8).
import { hasBroadcast } from '../../state/broadcast.ts'
import type { AddrState, Family } from '../../state/network.ts'
import { request, type Request } from '../transport.ts'
import {
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_F_DADFAILED,
  IFA_F_NODAD,
  IFA_F_PERMANENT,
  IFA_F_TENTATIVE,
  IFA_FLAGS,
  IFA_LOCAL,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RTM_DELADDR,
  RTM_NEWADDR,
} from '../uapi.ts'
import { eachAttribute } from './attributes.ts'
import { addressFamily, familyOf, ipBytes, ipText } from './bytes.ts'

function ifaddrmsg(addr: AddrState, ifindex: number, flags: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes[0] = addressFamily(addr.family)
  bytes[1] = addr.prefixlen
  bytes[2] = flags
  bytes[3] = scopeOf(addr)
  bytes.writeUInt32LE(ifindex, 4)
  return bytes
}

/** As `ip address add` sets it (ipaddress.c, default_scope): 127/8 is host, all else global; IPv6 scopes are the kernel's own affair. */
function scopeOf(addr: AddrState): number {
  return addr.local.startsWith('127.') ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE
}

/**
 * Same as: ip address add 10.0.0.1/24 brd + dev eth0 (no broadcast on /31, /32 and loopback); ip address add fd00::1/64 dev eth0 nodad.
 * Errors: EEXIST, ENODEV.
 */
export function newAddr(addr: AddrState, ifindex: number): Request {
  const local = ipBytes(addr.local)
  const flags = addr.family === 6 ? IFA_F_NODAD : 0
  return request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifaddrmsg(addr, ifindex, flags), (out) => {
    out.push(IFA_LOCAL, local)
    out.push(IFA_ADDRESS, local)
    if (hasBroadcast(addr)) out.push(IFA_BROADCAST, broadcastOf(local, addr.prefixlen))
  })
}

function broadcastOf(local: Buffer, prefixlen: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE((local.readUInt32BE(0) | (0xffffffff >>> prefixlen)) >>> 0)
  return bytes
}

/** Same as: ip address del 10.0.0.1/24 dev eth0. Errors: EADDRNOTAVAIL, ENODEV. */
export function delAddr(addr: AddrState, ifindex: number): Request {
  const local = ipBytes(addr.local)
  return request(RTM_DELADDR, 0, ifaddrmsg(addr, ifindex, 0), (out) => {
    out.push(IFA_LOCAL, local)
    out.push(IFA_ADDRESS, local)
  })
}

/** The address of an RTM_NEWADDR that the kernel has told, once more, on another link: its label, broadcast and lifetime with it. */
export function addrAgain(body: Buffer, ifindex: number): Request {
  const header = Buffer.from(body.subarray(0, 8))
  header.writeUInt32LE(ifindex, 4)
  return request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, header, (out) => out.emit(Buffer.from(body.subarray(8))))
}

/** An address as the kernel tells it. */
export interface AddrMessage {
  readonly ifindex: number
  readonly family: Family
  readonly local: string
  readonly prefixlen: number
  /** IFA_F_PERMANENT: set by hand; without it a lease or an advertisement made it. */
  readonly permanent: boolean
  /** Duplicate address detection is not over. */
  readonly tentative: boolean
  /** Duplicate address detection found another owner. */
  readonly dadFailed: boolean
  /** RT_SCOPE_LINK */
  readonly linkScope: boolean
}

const ADDR_ATTRIBUTES: ReadonlySet<number> = new Set([IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS])

/** Decodes the body of an RTM_NEWADDR; undefined for a family that is neither IPv4 nor IPv6. */
export function decodeAddr(body: Buffer): AddrMessage | undefined {
  const family = familyOf(body[0]!)
  if (family === undefined) return undefined
  let address: Buffer | undefined
  let local: Buffer | undefined
  let flags = body[2]!
  eachAttribute(body.subarray(8), ADDR_ATTRIBUTES, (type, data) => {
    if (type === IFA_ADDRESS) address = Buffer.from(data)
    else if (type === IFA_LOCAL) local = Buffer.from(data)
    else if (type === IFA_FLAGS) flags = data.readUInt32LE(0)
  })
  const own = local ?? address
  if (own === undefined) return undefined
  return {
    ifindex: body.readUInt32LE(4),
    family,
    local: ipText(own),
    prefixlen: body[1]!,
    permanent: (flags & IFA_F_PERMANENT) !== 0,
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    dadFailed: (flags & IFA_F_DADFAILED) !== 0,
    linkScope: body[3] === RT_SCOPE_LINK,
  }
}
