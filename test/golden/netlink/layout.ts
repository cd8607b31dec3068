// How an rtnetlink request is laid out: the tables from which a message is pictured and compared. <linux/rtnetlink.h> and its like.
import * as common from '../../../src/linux/uapi.ts'
import * as ofKinds from '../../../src/linux/uapi-link.ts'

const uapi = { ...common, ...ofKinds }

/** A field of a struct: its name and how many bytes it has. */
export type Field = readonly [name: string, bytes: number]

export interface Attributes {
  /** Constants of `uapi.ts` that name the types. */
  readonly names: RegExp
  /** Attributes whose payload is more attributes, after `struct` where there is one. */
  readonly nests?: Readonly<Record<string, Nest>>
  /** Attributes whose payload is text, an address, or a number in network byte order. All others are host numbers. */
  readonly text?: RegExp
  readonly address?: RegExp
}

export interface Nest {
  readonly struct?: readonly Field[]
  readonly attributes: Attributes
  /** The payload is a list of these, each with its own length in its first two bytes (struct rtnexthop). */
  readonly isList?: boolean
}

const ifinfomsg: readonly Field[] = [
  ['ifi_family', 1],
  ['pad', 1],
  ['ifi_type', 2],
  ['ifi_index', 4],
  ['ifi_flags', 4],
  ['ifi_change', 4],
]

const bridge: Attributes = { names: /^IFLA_BR_/ }
const port: Attributes = { names: /^IFLA_BRPORT_/ }
const tunnel = (names: RegExp): Attributes => ({ names, address: /LOCAL|REMOTE/ })
/** IFLA_INFO_DATA by IFLA_INFO_KIND; of two that begin alike the longer one first. */
const KINDS: readonly (readonly [kind: string, data: Attributes])[] = [
  ['ip6gretap', tunnel(/^IFLA_GRE_/)],
  ['ip6gre', tunnel(/^IFLA_GRE_/)],
  ['gretap', tunnel(/^IFLA_GRE_/)],
  ['gre', tunnel(/^IFLA_GRE_/)],
  ['ipip', tunnel(/^IFLA_IPTUN_/)],
  ['sit', tunnel(/^IFLA_IPTUN_/)],
  ['macvlan', { names: /^IFLA_MACVLAN_/ }],
  ['ipvlan', { names: /^IFLA_IPVLAN_/ }],
  ['vxlan', { names: /^IFLA_VXLAN_/, address: /GROUP|LOCAL/ }],
  ['vlan', { names: /^IFLA_VLAN_/ }],
  ['vrf', { names: /^IFLA_VRF_/ }],
  ['bond', { names: /^IFLA_BOND_/ }],
]
const inet6: Attributes = { names: /^IFLA_INET6_/ }
const end: Attributes = { names: /^IFLA_(?!BR_|BRPORT_|BRIDGE_|INFO_|INET6_|GRE_|IPTUN_|MACVLAN_|IPVLAN_|VXLAN_|VLAN_|VRF_|BOND_|TUN_)/, text: /IFNAME|IFALIAS/, address: /IFLA_ADDRESS/ }
const veth: Attributes = { names: /^VETH_INFO_/, nests: { VETH_INFO_PEER: { struct: ifinfomsg, attributes: end } } }

/** IFLA_INFO_DATA means what IFLA_INFO_KIND says. */
function link(data: Attributes): Attributes {
  const nests = { IFLA_INFO_DATA: { attributes: data }, IFLA_INFO_SLAVE_DATA: { attributes: port } }
  const info: Attributes = { names: /^IFLA_INFO_/, text: /KIND/, nests }
  const families: Attributes = { names: /^AF_INET6$/, nests: { AF_INET6: { attributes: inet6 } } }
  return { ...end, nests: { IFLA_LINKINFO: { attributes: info }, IFLA_AF_SPEC: { attributes: families } } }
}

/** `encap mpls`; labels are bytes without a name. */
const encap: Nest = { attributes: { names: /^MPLS_IPTUNNEL_/ } }
const gateway: Attributes = { names: /^RTA_/, address: /GATEWAY|VIA/, nests: { RTA_ENCAP: encap } }
const nexthop: Nest = {
  struct: [
    ['rtnh_len', 2],
    ['rtnh_flags', 1],
    ['rtnh_hops', 1],
    ['rtnh_ifindex', 4],
  ],
  attributes: gateway,
  isList: true,
}

interface Family {
  readonly struct: readonly Field[]
  readonly attributes: Attributes
}

const addr: Family = {
  struct: [
    ['ifa_family', 1],
    ['ifa_prefixlen', 1],
    ['ifa_flags', 1],
    ['ifa_scope', 1],
    ['ifa_index', 4],
  ],
  attributes: { names: /^IFA_(?!F_)/, address: /LOCAL|ADDRESS|BROADCAST/ },
}
const route: Family = {
  struct: [
    ['rtm_family', 1],
    ['rtm_dst_len', 1],
    ['rtm_src_len', 1],
    ['rtm_tos', 1],
    ['rtm_table', 1],
    ['rtm_protocol', 1],
    ['rtm_scope', 1],
    ['rtm_type', 1],
    ['rtm_flags', 4],
  ],
  attributes: {
    names: /^RTA_/,
    address: /RTA_DST|GATEWAY|PREFSRC|VIA/,
    nests: { RTA_METRICS: { attributes: { names: /^RTAX_/ } }, RTA_MULTIPATH: nexthop, RTA_ENCAP: encap },
  },
}
const mplsRoute: Family = { ...route, attributes: { ...route.attributes, address: /VIA/ } }
const neigh: Family = {
  struct: [
    ['ndm_family', 1],
    ['ndm_pad1', 1],
    ['ndm_pad2', 2],
    ['ndm_ifindex', 4],
    ['ndm_state', 2],
    ['ndm_flags', 1],
    ['ndm_type', 1],
  ],
  attributes: { names: /^NDA_/, address: /DST|LLADDR/ },
}
const rule: Family = {
  struct: [
    ['family', 1],
    ['dst_len', 1],
    ['src_len', 1],
    ['tos', 1],
    ['table', 1],
    ['res1', 1],
    ['res2', 1],
    ['action', 1],
    ['flags', 4],
  ],
  attributes: { names: /^FRA_/, text: /IFNAME/, address: /DST|SRC/ },
}

/** TCA_OPTIONS means what TCA_KIND says; some kinds have a struct there, before their attributes or alone. */
const OPTIONS: readonly (readonly [kind: string, nest: Nest | undefined])[] = [
  ['tbf', { attributes: { names: /^TCA_TBF_/ } }],
  [
    'netem',
    {
      struct: ['latency', 'limit', 'loss', 'gap', 'duplicate', 'jitter'].map((name) => [name, 4] as const),
      attributes: { names: /^TCA_NETEM_/, nests: { TCA_NETEM_LOSS: { attributes: { names: /^NETEM_LOSS_/ } } } },
    },
  ],
  ['fq_codel', { attributes: { names: /^TCA_FQ_CODEL_/ } }],
  ['codel', { attributes: { names: /^TCA_CODEL_/ } }],
  ['red', { attributes: { names: /^TCA_RED_/ } }],
  ['cake', { attributes: { names: /^TCA_CAKE_/ } }],
]

function qdisc(message: Buffer): Family {
  const options = OPTIONS.find(([kind]) => message.includes(`${kind}\0`))?.[1]
  return {
    struct: [
      ['tcm_family', 1],
      ['tcm__pad1', 1],
      ['tcm__pad2', 2],
      ['tcm_ifindex', 4],
      ['tcm_handle', 4],
      ['tcm_parent', 4],
      ['tcm_info', 4],
    ],
    attributes: { names: /^TCA_(KIND|OPTIONS)$/, text: /KIND/, ...(options !== undefined && { nests: { TCA_OPTIONS: options } }) },
  }
}

/** VLANs of ports; RTM_*NEIGH of AF_BRIDGE has the layout of its own family. */
const ports: Family = {
  struct: ifinfomsg,
  attributes: { names: /^IFLA_AF_SPEC$/, nests: { IFLA_AF_SPEC: { attributes: { names: /^IFLA_BRIDGE_/ } } } },
}
const mdb: Family = {
  struct: [
    ['bpm_family', 1],
    ['pad1', 1],
    ['pad2', 2],
    ['bpm_ifindex', 4],
  ],
  attributes: { names: /^MDBA_SET_/ },
}

/** The layout of a message of this type; a link's options by kind share numbers, so its bytes decide. */
export function familyOf(type: number, message: Buffer): Family {
  switch (type & ~3) {
    case uapi.RTM_NEWLINK:
      if (message[16] === uapi.AF_BRIDGE) return ports
      return { struct: ifinfomsg, attributes: link(dataOf(message)) }
    case uapi.RTM_NEWMDB:
      return mdb
    case uapi.RTM_NEWADDR:
      return addr
    case uapi.RTM_NEWROUTE:
      return message[16] === uapi.AF_MPLS ? mplsRoute : route
    case uapi.RTM_NEWNEIGH:
      return neigh
    case uapi.RTM_NEWRULE:
      return rule
    case uapi.RTM_NEWQDISC:
      return qdisc(message)
    default:
      throw new Error(`No layout for messages of type ${type}`)
  }
}

function dataOf(message: Buffer): Attributes {
  if (message.includes('veth')) return veth
  return KINDS.find(([kind]) => message.includes(kind))?.[1] ?? bridge
}

/** The C name of a value among the constants that match, or the bare number. */
export function constantName(names: RegExp, value: number): string {
  return Object.entries(uapi).find(([name, number]) => number === value && names.test(name))?.[0] ?? String(value)
}
