// Asks the kernel which way a packet would go. RTM_GETROUTE without NLM_F_DUMP; same as: ip route get.
import { parseAttributes, putU32 } from 'netlink/dist/structs.js'
import { ipBytes, ipText, addressFamily } from '../message/bytes.ts'
import { decodeLink, getLinks } from '../message/link.ts'
import { ask, dump, request } from '../transport.ts'
import {
  RTA_DST,
  RTA_GATEWAY,
  RTA_IIF,
  RTA_METRICS,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_SRC,
  RTA_VIA,
  RTAX_MTU,
  RTM_GETLINK,
  RTM_GETROUTE,
} from '../uapi.ts'
import { namespaceOf, type World } from '../world.ts'

export interface RouteQuery {
  /** Namespace that is asked. */
  readonly from: string
  readonly to: string
  /** Of a packet that it passes on: source address, and the interface by which it came in. */
  readonly src?: string
  readonly iif?: string
}

export interface RouteAnswer {
  /** errno name where there is no way: ENETUNREACH, EHOSTUNREACH (unreachable), EACCES (prohibit), EINVAL (blackhole). */
  readonly code?: string
  readonly dev?: string
  readonly via?: string
  readonly src?: string
  /** Path MTU that is known, where there is one. */
  readonly mtu?: number
  /** Whether the address is the node's own. */
  readonly isLocal?: boolean
}

const RTN_LOCAL = 2

/** Errors: those of the answer's `code`; Error where there is no such interface. */
export function lookupRoute(world: World, { from, to, src, iif }: RouteQuery): RouteAnswer {
  const { netlink } = namespaceOf(world, from)
  const names = new Map<number, string>()
  const eachLink = (body: Buffer): void => {
    const link = decodeLink(body, false)
    names.set(link.ifindex, link.ifname)
  }
  dump(netlink, RTM_GETLINK, getLinks(false), eachLink, () => names.clear())
  const header = Buffer.alloc(12)
  const isV6 = to.includes(':')
  header[0] = addressFamily(isV6 ? 6 : 4)
  header[1] = isV6 ? 128 : 32
  if (src !== undefined) header[2] = header[1]
  const iifIndex = iif === undefined ? undefined : [...names].find(([, name]) => name === iif)?.[0]
  const question = request(RTM_GETROUTE, 0, header, (out) => {
    out.push(RTA_DST, ipBytes(to))
    if (src !== undefined) out.push(RTA_SRC, ipBytes(src))
    if (iifIndex !== undefined) out.push(RTA_IIF, putU32(iifIndex))
  })
  let answer: RouteAnswer = {}
  const refusal = ask(netlink, question, (body) => (answer = decodeAnswer(body, names)))
  return refusal === undefined ? answer : { code: refusal.code }
}

function decodeAnswer(body: Buffer, names: ReadonlyMap<number, string>): RouteAnswer {
  const found: { dev?: string; via?: string; src?: string; mtu?: number; isLocal?: boolean } = {}
  if (body[7] === RTN_LOCAL) found.isLocal = true
  parseAttributes(body.subarray(12), ({ type, data }) => {
    if (type === RTA_OIF) found.dev = names.get(data.readUInt32LE(0)) ?? ''
    if (type === RTA_GATEWAY) found.via = ipText(data)
    if (type === RTA_VIA) found.via = ipText(data.subarray(2))
    if (type === RTA_PREFSRC) found.src = ipText(data)
    if (type === RTA_METRICS)
      parseAttributes(data, (metric) => void (metric.type === RTAX_MTU && (found.mtu = metric.data.readUInt32LE(0))))
  })
  return found
}
