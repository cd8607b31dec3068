// RTM_*ROUTE messages of IPv4, IPv6 and MPLS. <linux/rtnetlink.h> struct rtmsg (12 bytes), struct rtnexthop (8 bytes), struct rtvia; ip-route(8).
import { AttrStream, countLength, pad, parseAttributes, putU32 } from 'netlink/dist/structs.js'
import type { LiveRoute } from '../../state/live.ts'
import { ROUTE_METRICS } from '../../state/network.ts'
import type { Family, Nexthop, RouteFamily, RouteMetric, RouteState, RouteType } from '../../state/network.ts'
import { KERNEL_PROTOCOLS, nameOfNumber, ROUTE_PROTOCOLS } from '../../unit/route-names.ts'
import { request, type Request } from '../transport.ts'
import {
  AF_MPLS,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_UNSPEC,
  RTA_DST,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_NEWDST,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_TABLE,
  RTA_VIA,
  RTAX_ADVMSS,
  RTAX_HOPLIMIT,
  RTAX_INITCWND,
  RTAX_INITRWND,
  RTAX_MTU,
  RTAX_QUICKACK,
  RTAX_REORDERING,
  RTAX_WINDOW,
  RTM_DELROUTE,
  RTM_F_CLONED,
  RTM_NEWROUTE,
  RTN_BLACKHOLE,
  RTN_PROHIBIT,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTNH_F_ONLINK,
  RTPROT_BOOT,
  RT_TABLE_LOCAL,
  RTPROT_KERNEL,
  RTPROT_RA,
  RTPROT_REDIRECT,
  RTPROT_UNSPEC,
} from '../uapi.ts'
import { addressFamily, familyOf, ipBytes, ipText } from './bytes.ts'
import { decodeEncap, labelBytes, labelsOf, putEncap } from './mpls.ts'

const TYPES: Record<RouteType, number> = {
  unicast: RTN_UNICAST,
  blackhole: RTN_BLACKHOLE,
  unreachable: RTN_UNREACHABLE,
  prohibit: RTN_PROHIBIT,
}
const TYPE_NAMES = new Map(Object.entries(TYPES).map(([name, number]) => [number, name as RouteType]))

const RTAX: Record<RouteMetric, number> = {
  mtu: RTAX_MTU,
  window: RTAX_WINDOW,
  advmss: RTAX_ADVMSS,
  reordering: RTAX_REORDERING,
  hoplimit: RTAX_HOPLIMIT,
  initcwnd: RTAX_INITCWND,
  initrwnd: RTAX_INITRWND,
  quickack: RTAX_QUICKACK,
}

/** All of a label: rtm_dst_len of MPLS takes no other. */
const LABEL_BITS = 20

/** ifindex of a link of the namespace; throws where there is none. */
export type IfindexOf = (ifname: string) => number

/** struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags. */
function rtmsg(route: RouteState, protocol: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes[0] = route.family === 'mpls' ? AF_MPLS : addressFamily(route.family)
  bytes[1] = route.family === 'mpls' ? LABEL_BITS : Number(route.dst.slice(route.dst.indexOf('/') + 1))
  bytes[4] = route.table < 256 ? route.table : RT_TABLE_UNSPEC
  bytes[5] = protocol
  bytes[6] = route.scope ?? scopeOf(route)
  bytes[7] = TYPES[route.type]
  const only = route.nexthops.length === 1 ? route.nexthops[0] : undefined
  if (only?.onlink) bytes.writeUInt32LE(RTNH_F_ONLINK, 8)
  return bytes
}

/** As iproute2 sets it (iproute.c, iproute_modify): link where there is no gateway; IPv6 and MPLS have no scopes. */
function scopeOf(route: Pick<RouteState, 'family' | 'type' | 'nexthops'>): number {
  const direct = route.type === 'unicast' && route.nexthops.every((nexthop) => nexthop.via === undefined)
  return route.family === 4 && direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE
}

function putRoute(out: AttrStream, route: RouteState, ifindexOf: IfindexOf): void {
  putDst(out, route)
  if (route.table >= 256) out.push(RTA_TABLE, putU32(route.table))
  if (route.metric !== 0) out.push(RTA_PRIORITY, putU32(route.metric))
  if (route.src !== undefined) out.push(RTA_PREFSRC, ipBytes(route.src))
  const metrics = ROUTE_METRICS.filter((metric) => route[metric] !== undefined)
  if (metrics.length > 0) {
    out.push(RTA_METRICS, (nest: AttrStream) => {
      for (const metric of metrics) nest.push(RTAX[metric], putU32(route[metric]!))
    })
  }
  const [first] = route.nexthops
  if (route.nexthops.length > 1) out.push(RTA_MULTIPATH, (paths: AttrStream) => putNexthops(paths, route, ifindexOf))
  else if (first !== undefined) {
    putGateway(out, first, route.family)
    out.push(RTA_OIF, putU32(ifindexOf(first.dev)))
  }
}

function putDst(out: AttrStream, { family, dst }: RouteState): void {
  if (family === 'mpls') {
    out.push(RTA_DST, labelBytes([Number(dst)]))
    return
  }
  const [address, length] = dst.split('/') as [string, string]
  if (length !== '0') out.push(RTA_DST, ipBytes(address))
}

function putNexthops(out: AttrStream, route: RouteState, ifindexOf: IfindexOf): void {
  for (const nexthop of route.nexthops) {
    const header = Buffer.alloc(8)
    header[2] = nexthop.onlink ? RTNH_F_ONLINK : 0
    header[3] = nexthop.weight - 1
    header.writeInt32LE(ifindexOf(nexthop.dev), 4)
    const path = new AttrStream()
    path.emit(header)
    putGateway(path, nexthop, route.family)
    header.writeUInt16LE(countLength(path.bufs), 0)
    out.emit(pad(path.bufs)) // RTNH_NEXT: the next begins on a boundary of four, and struct rtvia ends between two
  }
}

function putGateway(out: AttrStream, nexthop: Nexthop, family: RouteFamily): void {
  if (nexthop.labels !== undefined) {
    if (family === 'mpls') out.push(RTA_NEWDST, labelBytes(nexthop.labels))
    else putEncap(out, nexthop.labels)
  }
  if (nexthop.via === undefined) return
  const viaFamily: Family = nexthop.via.includes(':') ? 6 : 4
  if (viaFamily === family) {
    out.push(RTA_GATEWAY, ipBytes(nexthop.via))
    return
  }
  const header = Buffer.alloc(2) // struct rtvia: rtvia_family, then the address
  header.writeUInt16LE(addressFamily(viaFamily), 0)
  out.push(RTA_VIA, Buffer.concat([header, ipBytes(nexthop.via)]))
}

/** Same as: ip route add … Errors: EEXIST, ENETUNREACH (gateway off-link), EINVAL. */
export function newRoute(route: RouteState, ifindexOf: IfindexOf): Request {
  return request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, rtmsg(route, route.protocol ?? RTPROT_BOOT), (out) =>
    putRoute(out, route, ifindexOf),
  )
}

/** Same as: ip route replace … */
export function replaceRoute(route: RouteState, ifindexOf: IfindexOf): Request {
  return request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, rtmsg(route, route.protocol ?? RTPROT_BOOT), (out) =>
    putRoute(out, route, ifindexOf),
  )
}

/** Same as: ip route del … Errors: ESRCH where there is none. */
export function delRoute(route: RouteState, ifindexOf: IfindexOf): Request {
  const header = rtmsg(route, RTPROT_UNSPEC)
  if (route.family === 4) header[6] = RT_SCOPE_NOWHERE // any scope, fib_table_delete()
  return request(RTM_DELROUTE, 0, header, (out) => putRoute(out, route, ifindexOf))
}

/**
 * Decodes the body of an RTM_NEWROUTE; undefined for the kernel's own and those of advertisements (told by RTPROT_*), for types that netlab does not know and for cached clones.
 */
export function decodeRoute(body: Buffer, ifnameOf: (ifindex: number) => string): RouteState | undefined {
  if (isKernels(body[5]!)) return undefined
  const route = decode(body, ifnameOf)
  if (route?.protocol !== RTPROT_BOOT) return route
  const { protocol: _, ...usual } = route
  return usual
}

/** Whether it is of the kernel's own table of its addresses. */
export function isLocalRoute(body: Buffer): boolean {
  return body[4] === RT_TABLE_LOCAL
}

/** As `decodeRoute`, whoever set it. */
export function decodeAnyRoute(body: Buffer, ifnameOf: (ifindex: number) => string): LiveRoute | undefined {
  const route = decode(body, ifnameOf)
  return route && { ...route, protocol: nameOfNumber(ALL_PROTOCOLS, route.protocol) }
}

const ALL_PROTOCOLS = new Map([...ROUTE_PROTOCOLS, ...KERNEL_PROTOCOLS])

function decode(body: Buffer, ifnameOf: (ifindex: number) => string): (RouteState & { readonly protocol: number }) | undefined {
  const family = body[0] === AF_MPLS ? 'mpls' : familyOf(body[0]!)
  const type = TYPE_NAMES.get(body[7]!)
  const flags = body.readUInt32LE(8)
  if (family === undefined || type === undefined || flags & RTM_F_CLONED) return undefined
  const values = new Map<number, Buffer>()
  parseAttributes(body.subarray(12), (attribute) => values.set(attribute.type, attribute.data))
  const src = values.get(RTA_PREFSRC)
  const nexthops = type === 'unicast' ? decodeNexthops(values, flags, ifnameOf) : []
  const scope = body[6]!
  return {
    family,
    type,
    dst: decodeDst(values.get(RTA_DST), family, body[1]!),
    table: values.get(RTA_TABLE)?.readUInt32LE(0) ?? body[4]!,
    metric: values.get(RTA_PRIORITY)?.readUInt32LE(0) ?? 0,
    nexthops,
    ...(src !== undefined && { src: ipText(src) }),
    protocol: body[5]!,
    ...(scope !== scopeOf({ family, type, nexthops }) && { scope }),
    ...decodeMetrics(values.get(RTA_METRICS)),
  }
}

function isKernels(protocol: number): boolean {
  return [RTPROT_UNSPEC, RTPROT_REDIRECT, RTPROT_KERNEL, RTPROT_RA].includes(protocol)
}

/** A default route has no RTA_DST. */
function decodeDst(dst: Buffer | undefined, family: RouteFamily, prefixlen: number): string {
  if (family === 'mpls') return String(labelsOf(dst ?? Buffer.alloc(0))[0])
  const address = dst === undefined ? (family === 4 ? '0.0.0.0' : '::') : ipText(dst)
  return `${address}/${prefixlen}`
}

function decodeMetrics(nest: Buffer | undefined): Partial<Record<RouteMetric, number>> {
  const found = new Map<number, number>()
  if (nest !== undefined)
    parseAttributes(nest, ({ type, data }) => {
      if (data.length === 4) found.set(type, data.readUInt32LE(0)) // RTAX_CC_ALGO is a text
    })
  const metrics: Partial<Record<RouteMetric, number>> = {}
  for (const metric of ROUTE_METRICS) {
    const value = found.get(RTAX[metric])
    if (value !== undefined) metrics[metric] = value
  }
  return metrics
}

function decodeNexthops(values: Map<number, Buffer>, flags: number, ifnameOf: (ifindex: number) => string): Nexthop[] {
  const multipath = values.get(RTA_MULTIPATH)
  if (multipath === undefined) {
    const oif = values.get(RTA_OIF)?.readUInt32LE(0)
    return oif === undefined
      ? []
      : [{ ...decodeGateway(values), ...decodeLabels(values), dev: ifnameOf(oif), weight: 1, onlink: (flags & RTNH_F_ONLINK) !== 0 }]
  }
  const nexthops: Nexthop[] = []
  for (let at = 0; at + 8 <= multipath.length;) {
    const length = multipath.readUInt16LE(at)
    if (length < 8) throw new RangeError(`rtnh_len ${length}`) // it would be read for ever
    const inner = new Map<number, Buffer>()
    parseAttributes(multipath.subarray(at + 8, at + length), ({ type, data }) => inner.set(type, data))
    nexthops.push({
      ...decodeGateway(inner),
      ...decodeLabels(inner),
      dev: ifnameOf(multipath.readInt32LE(at + 4)),
      weight: multipath[at + 3]! + 1,
      onlink: (multipath[at + 2]! & RTNH_F_ONLINK) !== 0,
    })
    at += (length + 3) & ~3
  }
  return nexthops
}

function decodeLabels(values: ReadonlyMap<number, Buffer>): { labels?: readonly number[] } {
  const stack = values.get(RTA_NEWDST)
  const labels = stack === undefined ? decodeEncap(values) : labelsOf(stack)
  return labels === undefined ? {} : { labels }
}

function decodeGateway(values: Map<number, Buffer>): { via?: string } {
  const via = values.get(RTA_VIA)
  // Of MPLS also a link-layer address, AF_PACKET: netlab makes none such.
  const gateway =
    values.get(RTA_GATEWAY) ?? (via === undefined || familyOf(via.readUInt16LE(0)) === undefined ? undefined : via.subarray(2))
  return gateway === undefined ? {} : { via: ipText(gateway) }
}
