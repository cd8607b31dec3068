// What this kernel can do, found by trying: in a scratch network namespace, with the smallest request that tells a missing kind from one
// that is there but wants more. Runs in an engine that was started by `nsexec scratch`.
import { qdiscsOf } from '../state/impairment.ts'
import { CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUTS, close, SyscallError, unshare } from './libc.ts'
import { decodeLink, getLinks, ifinfomsg } from './message/link.ts'
import { zString } from './message/bytes.ts'
import { addQdisc, decodeQdisc, delRootQdisc, tcmsg } from './message/qdisc.ts'
import { MPLS_FEATURES, probeMpls } from './probe-mpls.ts'
import { probeOverlay } from './probe-overlay.ts'
import { inScratchNetns } from './scratch-netns.ts'
import { dump, openNetlink, request, transact, type NetlinkSocket } from './transport.ts'
import { openTun } from './tun.ts'
import {
  IFLA_BR_MCAST_SNOOPING,
  IFLA_BR_VLAN_FILTERING,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM_GETQDISC,
  RTM_GETLINK,
  RTM_NEWLINK,
  RTM_NEWQDISC,
  TC_H_ROOT,
  TCA_KIND,
} from './uapi.ts'
import { IFF_TUN } from './uapi-link.ts'

/** One thing that was tried. `words` are the kernel's own where it said no. */
export interface Probe {
  readonly group: 'namespace' | 'link kind' | 'route' | 'queueing discipline' | 'file system'
  readonly name: string
  readonly ok: boolean
  readonly words: string
}

// <linux/sched.h>
const NAMESPACES: readonly (readonly [name: string, flag: number])[] = [
  ['net', CLONE_NEWNET],
  ['uts', CLONE_NEWUTS],
  ['mnt', CLONE_NEWNS],
  ['ipc', 0x08000000],
  ['cgroup', 0x02000000],
  ['pid', 0x20000000],
  ['time', 0x00000080],
]

/** Link kinds that say no in one word when they are there: they want a parent, an id, a table … */
const LINK_KINDS = [
  ...[
    'veth',
    'bridge',
    'dummy',
    'vlan',
    'bond',
    'vrf',
    'macvlan',
    'ipvlan',
    'vxlan',
    'gre',
    'gretap',
    'ip6gre',
    'ip6gretap',
    'ipip',
    'sit',
  ],
  ...['wireguard', 'ifb'],
]

const QDISCS = ['tbf', 'htb', 'netem', 'fq_codel', 'codel', 'fq', 'sfq', 'red', 'cake', 'prio', 'ingress', 'clsact']

/** Tries everything, or namespaces, kinds of links and routes and their features by name. */
export function probe(names?: readonly string[]): Probe[] {
  const netlink = openNetlink()
  const isWanted = (name: string): boolean => names?.includes(name) !== false
  try {
    return [
      ...LINK_KINDS.filter(isWanted).map((kind) => probeLink(netlink, kind)),
      ...(isWanted('tun') ? [probeTun()] : []),
      ...(isWanted('overlay') ? [probeOverlay()] : []),
      ...BRIDGE_FEATURES.filter(([name]) => isWanted(name)).map((feature) => probeBridge(netlink, feature)),
      ...MPLS_FEATURES.filter(isWanted).map((name) => probeMpls(netlink, name)),
      ...(names === undefined ? QDISCS.map((kind) => probeQdisc(netlink, kind)) : []),
      ...NAMESPACES.filter(([name]) => isWanted(name)).map(probeNamespace),
    ]
  } finally {
    netlink.close()
  }
}

/** Tries disciplines alone, from within a lab: `proc` leads back to it. `netem seed` is netem with TCA_NETEM_PRNG_SEED. */
export function probeQdiscs(proc: number | undefined, names: readonly string[]): Probe[] {
  return inScratchNetns(proc, () => {
    const netlink = openNetlink()
    try {
      return names.map((name) => (name === NETEM_SEED ? probeSeed(netlink) : probeQdisc(netlink, name)))
    } finally {
      netlink.close()
    }
  })
}

/** Name of a feature: netem that takes the start of its random numbers. */
export const NETEM_SEED = 'netem seed'

/** A kernel that does not know the attribute passes over it, and tells none. */
function probeSeed(netlink: NetlinkSocket): Probe {
  const chain = qdiscsOf({ delay: 1, seed: 1 }, 1500)
  const seed = { group: 'queueing discipline', name: NETEM_SEED } as const
  transact(netlink, [delRootQdisc(1), addQdisc(1, chain!.qdiscs[0]!, undefined)])
  let ok = false
  const each = (body: Buffer): void => {
    const options = decodeQdisc(body)?.options
    if (options?.kind === 'netem' && options.seed === 1) ok = true
  }
  dump(netlink, RTM_GETQDISC, Buffer.alloc(20), each, () => undefined)
  return { ...seed, ok, words: ok ? 'there' : 'the kernel takes no TCA_NETEM_PRNG_SEED' }
}

/** Parts of the bridge that a kernel may be built without; then it takes the attribute and does nothing (br_changelink). */
const BRIDGE_FEATURES = [
  ['bridge vlan_filtering', IFLA_BR_VLAN_FILTERING],
  ['bridge mcast_snooping', IFLA_BR_MCAST_SNOOPING],
] as const

function probeBridge(netlink: NetlinkSocket, [name, attribute]: (typeof BRIDGE_FEATURES)[number]): Probe {
  const ifname = `p-${attribute}`
  const [refusal] = transact(netlink, [
    request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg(0), (out) => {
      out.push(IFLA_IFNAME, zString(ifname))
      out.push(IFLA_LINKINFO, (info: typeof out) => {
        info.push(IFLA_INFO_KIND, zString('bridge'))
        info.push(IFLA_INFO_DATA, (data: typeof out) => data.push(attribute, Buffer.from([1])))
      })
    }),
  ])
  let isSet = false
  const take = (body: Buffer): void => {
    const link = decodeLink(body, false)
    if (link.ifname === ifname)
      isSet = attribute === IFLA_BR_VLAN_FILTERING ? link.bridge?.vlan !== undefined : link.bridge?.mcastSnooping === true
  }
  dump(netlink, RTM_GETLINK, getLinks(false), take, () => undefined)
  const words = refusal === undefined ? 'the kernel took the request and did nothing' : said(refusal)
  return { group: 'link kind', name, ok: isSet, words: isSet ? 'there' : words }
}

/** Made by ioctl(2): rtnetlink makes none. It goes when its descriptor is closed. */
function probeTun(): Probe {
  const base = { group: 'link kind', name: 'tun' } as const
  try {
    close(openTun('p-tun', IFF_TUN))
    return { ...base, ok: true, words: 'there' }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    return { ...base, ok: false, words: `${String(error.code)}: /dev/net/tun` }
  }
}

function probeLink(netlink: NetlinkSocket, kind: string): Probe {
  const [refusal] = transact(netlink, [
    request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifinfomsg(0), (out) => {
      out.push(IFLA_IFNAME, zString(`p-${kind}`))
      out.push(IFLA_LINKINFO, (info: typeof out) => info.push(IFLA_INFO_KIND, zString(kind)))
    }),
  ])
  // EOPNOTSUPP: Unknown device type. Any other answer comes from the kind itself, which wants a parent, an id, a table …
  const ok = refusal?.code !== 'EOPNOTSUPP'
  return { group: 'link kind', name: kind, ok, words: ok ? 'there' : said(refusal) }
}

function probeQdisc(netlink: NetlinkSocket, kind: string): Probe {
  const header = tcmsg(1, 0x00010000, TC_H_ROOT)
  const [refusal] = transact(netlink, [
    request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, header, (out) => out.push(TCA_KIND, zString(kind))),
  ])
  const ok = refusal?.code !== 'ENOENT'
  if (refusal === undefined) transact(netlink, [delRootQdisc(1)]) // makes room for the next
  return { group: 'queueing discipline', name: kind, ok, words: ok ? 'there' : said(refusal) }
}

function said(refusal: { readonly code: string; readonly extack?: string } | undefined): string {
  return refusal === undefined ? '' : `${refusal.code}: ${refusal.extack ?? '(the kernel gave no further words)'}`
}

/** Last of all: this process is in another namespace afterwards. */
function probeNamespace([name, flag]: (typeof NAMESPACES)[number]): Probe {
  try {
    unshare(flag)
    return { group: 'namespace', name, ok: true, words: 'there' }
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error
    return { group: 'namespace', name, ok: false, words: error.code }
  }
}
