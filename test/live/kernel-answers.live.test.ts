/**
 * What the kernel says to requests that are wrong, through our own transport: the words that users will read. Where kernels differ,
 * a row says so; everything else must be as it stands here.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { attributeAt } from '../../src/linux/extack.ts'
import { close, CLONE_NEWNET, openat, setns, unshare } from '../../src/linux/libc.ts'
import { newAddr } from '../../src/linux/message/addr.ts'
import { zString } from '../../src/linux/message/bytes.ts'
import { delLink, ifinfomsg, newBridge, setLink } from '../../src/linux/message/link.ts'
import { delNeigh } from '../../src/linux/message/neigh.ts'
import { delRoute, newRoute } from '../../src/linux/message/route.ts'
import { delRule, newRule } from '../../src/linux/message/rule.ts'
import { dump, openNetlink, request, transact, type NetlinkSocket, type Request } from '../../src/linux/transport.ts'
import {
  IFLA_IFNAME,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM_GETLINK,
  RTM_NEWLINK,
  RTM_NEWQDISC,
  TC_H_ROOT,
  TCA_KIND,
} from '../../src/linux/uapi.ts'
import type { AddrState, BridgeLink, RouteState, RuleState } from '../../src/state/network.ts'
import { missingRequirement, needs } from '../support/needs.ts'

const BRIDGE: BridgeLink = {
  kind: 'bridge',
  up: false,
  mtu: 1500,
  stp: false,
  priority: 32768,
  ageingCs: 30000,
  forwardDelayCs: 1500,
  helloCs: 200,
  maxAgeCs: 2000,
  mcastSnooping: false,
}
const ADDR: AddrState = { ifname: 'br0', family: 4, local: '10.0.0.1', prefixlen: 24 }
const ROUTE: RouteState = { family: 4, type: 'unicast', dst: '10.9.0.0/16', table: 254, metric: 0, nexthops: [] }
const RULE: RuleState = { family: 4, priority: 7, action: 'lookup', table: 100, not: false }
const NOWHERE = 4711
const BR0 = 1001 // tunnel modules put devices of theirs into every namespace, at the lowest numbers
const BR1 = 1002
const IFLA_NET_NS_PID = 19

function newLink(ifname: string, kind: string): Request {
  return request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg(0), (out) => {
    out.push(IFLA_IFNAME, zString(ifname))
    out.push(IFLA_LINKINFO, (info: typeof out) => info.push(IFLA_INFO_KIND, Buffer.from(kind)))
  })
}

function newQdisc(kind: string): Request {
  const tcmsg = Buffer.alloc(20) // struct tcmsg: family, pad, ifindex, handle, parent, info
  tcmsg.writeInt32LE(BR0, 4)
  tcmsg.writeUInt32LE(0x00010000, 8)
  tcmsg.writeUInt32LE(TC_H_ROOT, 12)
  return request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, tcmsg, (out) => out.push(TCA_KIND, zString(kind)))
}

const via = (gateway: string): RouteState => ({ ...ROUTE, nexthops: [{ dev: 'br0', via: gateway, weight: 1, onlink: false }] })
const ifindexOf = (): number => BR0

interface Row {
  readonly what: string
  /** Sent one after the other; the last is the one that is refused. */
  readonly requests: readonly Request[]
  readonly code: string
  /** The kernel's words; a row without them is one that the kernel refuses without words. */
  readonly extack?: string
  readonly attribute?: string
  /** Before this release the kernel had no words for it. */
  readonly since?: string
}

const ROWS: readonly Row[] = [
  {
    what: 'a link of a kind that is not there',
    requests: [newLink('x0', 'nosuchkind')],
    code: 'EOPNOTSUPP',
    extack: 'Unknown device type',
  },
  { what: 'a link whose name is taken', requests: [newBridge('br0', 9, BRIDGE)], code: 'EEXIST' },
  {
    what: 'a link with a name of 28 characters',
    requests: [newLink('x'.repeat(28), 'bridge')],
    code: 'ERANGE',
    extack: 'Attribute failed policy validation',
    attribute: 'IFLA_IFNAME',
  },
  { what: 'a link with a slash in its name', requests: [newBridge('a/b', 9, BRIDGE)], code: 'EINVAL' },
  {
    what: 'a bridge with an mtu of 10',
    requests: [setLink(BR0, { mtu: 10 }, undefined)],
    code: 'EINVAL',
    extack: 'mtu less than device minimum',
  },
  {
    what: 'a qdisc of a kind that is not there',
    requests: [newQdisc('nosuch')],
    code: 'ENOENT',
    extack: 'Specified qdisc kind is unknown',
  },
  { what: 'a qdisc twice', requests: [newQdisc('pfifo'), newQdisc('pfifo')], code: 'EEXIST', extack: 'Exclusivity flag on, cannot modify' },
  {
    what: 'an address twice',
    requests: [newAddr(ADDR, BR0), newAddr(ADDR, BR0)],
    code: 'EEXIST',
    extack: 'ipv4: Address already assigned',
    since: '6.7',
  },
  {
    what: 'an address on a link that is gone',
    requests: [newAddr(ADDR, NOWHERE)],
    code: 'ENODEV',
    extack: 'ipv4: Device not found',
    since: '6.7',
  },
  {
    what: 'a gateway off the link',
    requests: [newRoute(via('192.0.2.1'), ifindexOf)],
    code: 'ENETUNREACH',
    extack: 'Nexthop has invalid gateway',
  },
  {
    what: 'a destination with host bits',
    requests: [newRoute({ ...via('10.0.0.2'), dst: '10.9.0.1/16' }, ifindexOf)],
    code: 'EINVAL',
    extack: 'Invalid prefix for given prefix length',
  },
  {
    what: 'a bridge as a port of a bridge',
    requests: [setLink(BR1, {}, BR0)],
    code: 'ELOOP',
    extack: 'Can not enslave a bridge to a bridge',
  },
  { what: 'the deletion of a link that is not there', requests: [delLink(NOWHERE)], code: 'ENODEV' },
  {
    what: 'a link into the namespace of a process that has ended',
    requests: [request(RTM_NEWLINK, 0, ifinfomsg(BR0), (out) => out.push(IFLA_NET_NS_PID, Buffer.from([0xff, 0xff, 0xff, 0x7f])))],
    code: 'ESRCH',
  },
  { what: 'the deletion of a route that is not there', requests: [delRoute(via('10.0.0.2'), ifindexOf)], code: 'ESRCH' },
  { what: 'a rule twice', requests: [newRule(RULE), newRule(RULE)], code: 'EEXIST' },
  { what: 'the deletion of a rule that is not there', requests: [delRule({ ...RULE, priority: 8 })], code: 'ENOENT' },
  {
    what: 'the deletion of a neighbour that is not there',
    requests: [delNeigh({ ifname: 'br0', family: 4, dst: '10.0.0.9', lladdr: '02:00:00:00:00:09' }, BR0)],
    code: 'ENOENT',
  },
]

describe('the kernel refuses', () => {
  let home: number | undefined
  let netlink: NetlinkSocket

  beforeAll(() => {
    if (missingRequirement('root') !== undefined) return
    home = openat(-1, '/proc/thread-self/ns/net')
  })
  beforeEach((context) => {
    needs(context, 'root')
    unshare(CLONE_NEWNET)
    netlink = openNetlink()
    const world = [newBridge('br0', BR0, BRIDGE), newBridge('br1', BR1, BRIDGE), setLink(BR0, { up: true }, undefined)]
    expect(transact(netlink, world)).toEqual([])
    return () => {
      netlink.close()
      setns(home!, CLONE_NEWNET)
    }
  })
  afterAll(() => {
    if (home !== undefined) close(home)
  })

  test.each(ROWS)('$what', ({ requests, code, extack, attribute, since }) => {
    const refusals = transact(netlink, requests)
    expect(refusals.map(({ index }) => index)).toEqual([requests.length - 1])
    const [refusal] = refusals
    expect(refusal!.code).toBe(code)
    if (extack === undefined) return // a kernel to come may have words for it
    if (since === undefined || refusal!.extack !== undefined) expect(refusal!.extack).toBe(extack)
    if (attribute !== undefined) expect(attributeAt(requests.at(-1)!, refusal!.offset!)).toBe(attribute)
  })

  test('one in the middle of many, and does the others', () => {
    const many = Array.from({ length: 150 }, (_, index) => newAddr({ ...ADDR, local: `10.0.0.${index === 100 ? 1 : index + 1}` }, BR0))
    expect(transact(netlink, many).map(({ index, code }) => [index, code])).toEqual([[100, 'EEXIST']])
  })

  test('each of a thousand, and loses no answer', () => {
    const many = Array.from({ length: 1000 }, () => newRoute({ ...via('10.0.0.2'), dst: '10.9.0.1/16' }, ifindexOf))
    expect(transact(netlink, many)).toHaveLength(1000)
  })

  test('nothing of a dump, which tells all', () => {
    const found: number[] = []
    const header = ifinfomsg(0)
    dump(
      netlink,
      RTM_GETLINK,
      header,
      (body) => found.push(body.readInt32LE(4)),
      () => (found.length = 0),
    )
    expect(found).toEqual(expect.arrayContaining([1, BR0, BR1]))
  })
})
