/**
 * The kinds of links that stand in one namespace, beside veths and bridges: one row a kind, with its options under iproute2's names.
 * ip-link(8); the numbers of choices are those of <linux/if_link.h>, <linux/if_bonding.h>, <linux/if_ether.h>.
 */
import type { Option, Options, OptionType } from './option.ts'

export interface KindRow {
  readonly options: readonly Option[]
  /** Whether it stands on another link (IFLA_LINK): `needed`, `possible`, or `none`. */
  readonly parent: 'needed' | 'possible' | 'none'
  /** The kernel deletes it with its parent. */
  readonly goesWithParent: boolean
  /** Its link-layer address: one of its own, that of its parent, or none at all. */
  readonly lladdr: 'own' | 'parent' | 'none'
  /** Bytes that it puts around a packet on its parent, for the MTU: with IPv4 and with IPv6 outside. */
  readonly overhead: { readonly 4: number; readonly 6: number }
}

type Extra = Pick<Option, 'default' | 'isChangeable' | 'isElseNone'>
const CHANGEABLE = { isChangeable: true } as const
const ELSE_NONE = { isElseNone: true } as const

function option(name: string, type: OptionType, extra: Extra = {}): Option {
  return { name, ...type, ...extra }
}
function number(name: string, min: number, max: number, extra: Extra = {}): Option {
  return option(name, { type: 'number', min, max }, extra)
}
function toggle(name: string, words: 'on/off' | '1/0' | 'no', extra: Extra = {}): Option {
  return option(name, { type: 'switch', words }, extra)
}
function choice(name: string, of: Readonly<Record<string, number>>, extra: Extra = {}): Option {
  return option(name, { type: 'choice', of }, extra)
}
function address(name: string, family: 4 | 6 | 'any', extra: Extra = {}): Option {
  return option(name, { type: 'address', family }, extra)
}

const U32 = 0xffffffff
const NO_OVERHEAD = { 4: 0, 6: 0 }
/** In the table of a VXLAN: all addresses that have no entry of their own. */
export const ANY_LLADDR = '00:00:00:00:00:00'
/** ETH_P_8021Q and ETH_P_8021AD. */
export const VLAN_PROTOCOLS = { '802.1Q': 0x8100, '802.1ad': 0x88a8 }

const ALONE = { parent: 'none', goesWithParent: false, lladdr: 'own', overhead: NO_OVERHEAD } as const
const ON_PARENT = { parent: 'needed', goesWithParent: true, lladdr: 'own', overhead: NO_OVERHEAD } as const
/** A tunnel only remembers the number of its parent, and outlives it. */
const TUNNEL = { parent: 'possible', goesWithParent: false, lladdr: 'none' } as const

/** Of all tunnels of ip_tunnel.c. `ttl 0` is `inherit`. */
const IPV4_TUNNEL = [
  address('remote', 4, { default: '0.0.0.0' }),
  address('local', 4, { default: '0.0.0.0' }),
  number('ttl', 0, 255, { default: 0 }),
  toggle('pmtudisc', 'no', { default: true }),
]
/** Of all tunnels of ip6_tunnel.c. */
const IPV6_TUNNEL = [address('remote', 6, { default: '::' }), address('local', 6, { default: '::' }), number('hoplimit', 0, 255)]
/** <linux/if_tunnel.h> GRE_KEY, GRE_CSUM, GRE_SEQ: the same in both directions. */
const GRE = [number('key', 0, U32, ELSE_NONE), toggle('csum', 'no', { default: false }), toggle('seq', 'no', { default: false })]

/** The uid that may open it without being root of the node; the last number is nobody's (make_kuid). */
const TUN = [number('user', 0, U32 - 1, ELSE_NONE), toggle('multi_queue', 'no', { default: false })]
const BOND_MODES = { 'balance-rr': 0, 'active-backup': 1, 'balance-xor': 2, broadcast: 3, '802.3ad': 4, 'balance-tlb': 5, 'balance-alb': 6 }
const BOND_HASHES = { layer2: 0, 'layer3+4': 1, 'layer2+3': 2, 'encap2+3': 3, 'encap3+4': 4, 'vlan+srcmac': 5 }

const ROWS = {
  dummy: { ...ALONE, options: [] },
  vlan: {
    ...ON_PARENT,
    lladdr: 'parent',
    options: [
      choice('protocol', VLAN_PROTOCOLS, { default: '802.1Q' }),
      // VLAN_VID_MASK is nobody's.
      number('id', 0, 4094),
      toggle('reorder_hdr', 'on/off', { default: true, ...CHANGEABLE }),
    ],
  },
  vrf: { ...ALONE, options: [number('table', 1, U32)] },
  bond: {
    ...ALONE,
    options: [
      choice('mode', BOND_MODES, { default: 'balance-rr' }),
      number('miimon', 0, U32, { default: 0, ...CHANGEABLE }),
      number('updelay', 0, U32, { default: 0, ...CHANGEABLE }),
      number('downdelay', 0, U32, { default: 0, ...CHANGEABLE }),
      option('primary', { type: 'link' }, { ...CHANGEABLE, ...ELSE_NONE }),
      choice('fail_over_mac', { none: 0, active: 1, follow: 2 }, { default: 'none' }),
      choice('xmit_hash_policy', BOND_HASHES, { default: 'layer2', ...CHANGEABLE }),
      number('num_grat_arp', 0, 255, { default: 1, ...CHANGEABLE }),
      number('min_links', 0, U32, { default: 0, ...CHANGEABLE }),
      choice('lacp_rate', { slow: 0, fast: 1 }, { default: 'slow' }),
      choice('ad_select', { stable: 0, bandwidth: 1, count: 2 }, { default: 'stable' }),
    ],
  },
  macvlan: { ...ON_PARENT, options: [choice('mode', { private: 1, vepa: 2, bridge: 4, passthru: 8 }, { default: 'vepa' })] },
  ipvlan: {
    ...ON_PARENT,
    lladdr: 'parent',
    options: [choice('mode', { l2: 0, l3: 1, l3s: 2 }, { default: 'l3' })],
  },
  vxlan: {
    ...TUNNEL,
    goesWithParent: true,
    lladdr: 'own',
    // Ethernet, VXLAN, UDP and the outer IP header.
    overhead: { 4: 50, 6: 70 },
    options: [
      number('id', 0, 0xffffff),
      address('remote', 'any'),
      address('group', 'any'),
      address('local', 'any', ELSE_NONE),
      number('ttl', 0, 255, { default: 0 }),
      toggle('learning', 'no', { default: true }),
      number('ageing', 0, U32, { default: 300 }),
      number('dstport', 1, 65535, { default: 4789 }),
      toggle('udpcsum', 'no', { default: true }),
    ],
  },
  gre: { ...TUNNEL, overhead: { 4: 24, 6: 44 }, options: [...IPV4_TUNNEL, ...GRE] },
  gretap: { ...TUNNEL, lladdr: 'own', overhead: { 4: 38, 6: 58 }, options: [...IPV4_TUNNEL, ...GRE] },
  // The destination option with the encapsulation limit takes 8 bytes more.
  ip6gre: { ...TUNNEL, overhead: { 4: 52, 6: 52 }, options: [...IPV6_TUNNEL, ...GRE] },
  ip6gretap: { ...TUNNEL, lladdr: 'own', overhead: { 4: 66, 6: 66 }, options: [...IPV6_TUNNEL, ...GRE] },
  ipip: { ...TUNNEL, overhead: { 4: 20, 6: 20 }, options: IPV4_TUNNEL },
  sit: { ...TUNNEL, overhead: { 4: 20, 6: 20 }, options: IPV4_TUNNEL },
  // What `wg-quick` and the kernel take off 1500, whatever is outside. Its keys and peers are in WireguardConfig.
  wireguard: { ...ALONE, lladdr: 'none', overhead: { 4: 80, 6: 80 }, options: [] },
  tun: { ...ALONE, lladdr: 'none', options: TUN },
  tap: { ...ALONE, options: TUN },
} satisfies Readonly<Record<string, KindRow>>

export type VirtualKind = keyof typeof ROWS
export const KINDS: Readonly<Record<VirtualKind, KindRow>> = ROWS

/** Whether it has the link-layer address of its parent: macvlan_common_newlink gives it to one that passes all through. */
export function hasParentLladdr(kind: VirtualKind, options: Options): boolean {
  return KINDS[kind].lladdr === 'parent' || (kind === 'macvlan' && options['mode'] === 'passthru')
}

export function isVirtualKind(kind: string): kind is VirtualKind {
  return Object.hasOwn(KINDS, kind)
}

/** Devices that a module for tunnels puts into every namespace when it is loaded, for packets that no tunnel wants. They are the kernel's. */
export const FALLBACK_LINKS: ReadonlySet<string> = new Set([
  ...['tunl0', 'gre0', 'gretap0', 'erspan0', 'sit0', 'ip_vti0', 'ip6tnl0', 'ip6gre0', 'ip6_vti0'],
])

/** Options of a bridge's port: `ip link set dev PORT type bridge_slave …`. */
export const PORT_OPTIONS: readonly Option[] = [
  number('priority', 0, 63, { default: 32, ...CHANGEABLE }),
  // The kernel's own depends on the speed of the port (port_cost).
  number('cost', 1, 65535, CHANGEABLE),
  toggle('hairpin', 'on/off', { default: false, ...CHANGEABLE }),
  toggle('guard', 'on/off', { default: false, ...CHANGEABLE }),
  toggle('root_block', 'on/off', { default: false, ...CHANGEABLE }),
  toggle('fastleave', 'on/off', { default: false, ...CHANGEABLE }),
  toggle('learning', 'on/off', { default: true, ...CHANGEABLE }),
  toggle('flood', 'on/off', { default: true, ...CHANGEABLE }),
  toggle('mcast_flood', 'on/off', { default: true, ...CHANGEABLE }),
  toggle('isolated', 'on/off', { default: false, ...CHANGEABLE }),
]
