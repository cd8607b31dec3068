// RTM_*NEIGH messages. <linux/neighbour.h> struct ndmsg, 12 bytes; ip-neighbour(8).
import { parseAttributes } from 'netlink/dist/structs.js'
import type { LiveNeigh } from '../../state/live.ts'
import type { NeighState } from '../../state/network.ts'
import { request, type Request } from '../transport.ts'
import {
  NDA_DST,
  NDA_LLADDR,
  NDA_PROTOCOL,
  NLM_F_CREATE,
  NLM_F_REPLACE,
  NUD_DELAY,
  NUD_FAILED,
  NUD_INCOMPLETE,
  NUD_NOARP,
  NUD_PERMANENT,
  NUD_PROBE,
  NUD_REACHABLE,
  NUD_STALE,
  RTM_DELNEIGH,
  RTM_NEWNEIGH,
} from '../uapi.ts'
import { addressFamily, familyOf, ipBytes, ipText, lladdrBytes, lladdrText } from './bytes.ts'

function ndmsg(neigh: NeighState, ifindex: number, state: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes[0] = addressFamily(neigh.family)
  bytes.writeInt32LE(ifindex, 4)
  bytes.writeUInt16LE(state, 8)
  return bytes
}

/** Same as: ip neighbour replace 10.0.0.9 lladdr 02:… dev eth0 nud permanent */
export function replaceNeigh(neigh: NeighState, ifindex: number): Request {
  return request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ndmsg(neigh, ifindex, NUD_PERMANENT), (out) => {
    out.push(NDA_DST, ipBytes(neigh.dst))
    out.push(NDA_LLADDR, lladdrBytes(neigh.lladdr))
    if (neigh.protocol !== undefined) out.push(NDA_PROTOCOL, Buffer.of(neigh.protocol))
  })
}

/** Same as: ip neighbour del 10.0.0.9 dev eth0. Errors: ENOENT. */
export function delNeigh(neigh: NeighState, ifindex: number): Request {
  return request(RTM_DELNEIGH, 0, ndmsg(neigh, ifindex, 0), (out) => out.push(NDA_DST, ipBytes(neigh.dst)))
}

/** Decodes the body of an RTM_NEWNEIGH; undefined unless it is permanent and of IPv4 or IPv6. */
export function decodeNeigh(body: Buffer, ifnameOf: (ifindex: number) => string): NeighState | undefined {
  if (!(body.readUInt16LE(8) & NUD_PERMANENT)) return undefined
  const { ifname, family, dst, lladdr } = decodeAnyNeigh(body, ifnameOf) ?? {}
  if (ifname === undefined || family === undefined || dst === undefined || lladdr === undefined) return undefined
  let protocol: number | undefined
  parseAttributes(body.subarray(12), ({ type, data }) => {
    if (type === NDA_PROTOCOL) protocol = data[0]
  })
  return { ifname, family, dst, lladdr, ...(protocol !== undefined && { protocol }) }
}

/** As /usr/include/linux/neighbour.h has them, in ip-neighbour(8)'s spelling. */
const STATE_NAMES: ReadonlyMap<number, string> = new Map([
  [NUD_INCOMPLETE, 'INCOMPLETE'],
  [NUD_REACHABLE, 'REACHABLE'],
  [NUD_STALE, 'STALE'],
  [NUD_DELAY, 'DELAY'],
  [NUD_PROBE, 'PROBE'],
  [NUD_FAILED, 'FAILED'],
  [NUD_NOARP, 'NOARP'],
  [NUD_PERMANENT, 'PERMANENT'],
])

/** As `decodeNeigh`, in any state, learnt ones too; undefined for a bridge's forwarding table. */
export function decodeAnyNeigh(body: Buffer, ifnameOf: (ifindex: number) => string): LiveNeigh | undefined {
  const family = familyOf(body[0]!)
  if (family === undefined) return undefined
  let dst: string | undefined
  let lladdr: string | undefined
  parseAttributes(body.subarray(12), ({ type, data }) => {
    if (type === NDA_DST) dst = ipText(data)
    if (type === NDA_LLADDR) lladdr = lladdrText(data)
  })
  if (dst === undefined) return undefined
  const state = body.readUInt16LE(8)
  return {
    ifname: ifnameOf(body.readInt32LE(4)),
    family,
    dst,
    ...(lladdr !== undefined && { lladdr }),
    state: STATE_NAMES.get(state) ?? String(state),
  }
}

/** An entry of the neighbour table in whatever state, as `ip neigh` shows it. */
export interface NeighEntry {
  readonly ifindex: number
  readonly family: 4 | 6
  readonly dst: string
  /** NUD_* */
  readonly state: number
  readonly lladdr?: string
}

/** Header of a dump of all entries. */
export function getNeighs(): Buffer {
  return Buffer.alloc(12)
}

/** Decodes the body of an RTM_NEWNEIGH of IPv4 or IPv6. */
export function decodeNeighEntry(body: Buffer): NeighEntry | undefined {
  const family = familyOf(body[0]!)
  let dst: string | undefined
  let lladdr: string | undefined
  parseAttributes(body.subarray(12), ({ type, data }) => {
    if (type === NDA_DST) dst = ipText(data)
    if (type === NDA_LLADDR) lladdr = lladdrText(data)
  })
  if (family === undefined || dst === undefined) return undefined
  return { ifindex: body.readInt32LE(4), family, dst, state: body.readUInt16LE(8), ...(lladdr !== undefined && { lladdr }) }
}

/** Same as: ip neighbour del 10.0.0.9 dev eth0. Errors: ENOENT. */
export function delNeighEntry({ ifindex, family, dst }: NeighEntry): Request {
  const header = Buffer.alloc(12)
  header[0] = addressFamily(family)
  header.writeInt32LE(ifindex, 4)
  return request(RTM_DELNEIGH, 0, header, (out) => out.push(NDA_DST, ipBytes(dst)))
}
