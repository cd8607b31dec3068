/** Links, disciplines and addresses of a namespace, as netlink told them, in the model that the desired state has too. */
import { FALLBACK_LINKS } from '../state/kind.ts'
import { addrKey, fdbKey, mdbKey } from '../state/key.ts'
import type {
  AddrState,
  BridgeLink,
  BridgePort,
  FdbEntry,
  LinkEnd,
  LinkState,
  MdbEntry,
  NamespaceState,
  PortVlan,
} from '../state/network.ts'
import { HOST } from '../state/network.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import type { WireguardConfig } from '../state/wireguard.ts'
import type { AddrMessage } from './message/addr.ts'
import { decodeKindData, decodePortData } from './message/kind.ts'
import type { LinkMessage } from './message/link.ts'
import { chainsOf, type QdiscMessage } from './message/qdisc.ts'
import type { PortTables } from './observe-port.ts'
import { IFF_LOOPBACK, IFF_UP } from './uapi.ts'
import type { OpenNamespace } from './world.ts'

/** What netlink says of a namespace. */
export interface RawNamespace {
  readonly namespace: OpenNamespace
  readonly links: readonly LinkMessage[]
  /** The same, by ifindex. */
  readonly byIndex: ReadonlyMap<number, LinkMessage>
  readonly addrs: readonly AddrMessage[]
  readonly qdiscs: readonly QdiscMessage[]
  readonly ports: PortTables
  /** By ifindex. */
  readonly wireguards: ReadonlyMap<number, WireguardConfig>
}

/** A veth as its peer may see it. */
interface End {
  readonly netns: string
  readonly link: LinkMessage
}

/** Veths by the ifindex of their peers. */
export type Ends = ReadonlyMap<number, readonly End[]>

export function vethEnds(raw: readonly RawNamespace[]): Ends {
  const ends = new Map<number, End[]>()
  for (const { namespace, links } of raw)
    for (const link of links) {
      if (link.kind !== 'veth') continue
      const others = ends.get(link.ifindex)
      if (others === undefined) ends.set(link.ifindex, [{ netns: namespace.name, link }])
      else others.push({ netns: namespace.name, link })
    }
  return ends
}

/**
 * The peer of a veth: the one that points back. Numbers of netlab's links are unique in the lab, those of links made by hand are not;
 * where several point back, or none does because the peer left the lab, there is no telling.
 */
function peerOf(netns: string, link: LinkMessage, ends: Ends): LinkEnd | undefined {
  const pointingBack = (ends.get(link.linkIfindex ?? 0) ?? []).filter(
    (end) =>
      end.link.linkIfindex === link.ifindex &&
      end.link !== link &&
      (end.netns !== netns) === link.isLinkElsewhere &&
      end.link.isLinkElsewhere === link.isLinkElsewhere,
  )
  const [only] = pointingBack
  return only !== undefined && pointingBack.length === 1 ? { netns: only.netns, ifname: only.link.ifname } : undefined
}

export function nameOf({ byIndex }: Pick<RawNamespace, 'byIndex'>, ifindex: number): string {
  return byIndex.get(ifindex)?.ifname ?? String(ifindex)
}

type LinksAndAddrs = Pick<NamespaceState, 'links' | 'qdiscs' | 'addrs'>

export function linksAndAddrs(raw: RawNamespace, ends: Ends): LinksAndAddrs {
  return { links: linkStates(raw, ends), qdiscs: qdiscStates(raw), addrs: addrStates(raw) }
}

/** Of the machine's network what is the lab's: ends of its cables. Whether one is in a bridge of the machine is not the lab's business. */
export function cableEnds(raw: RawNamespace, ends: Ends): LinksAndAddrs {
  const { links, qdiscs, addrs } = linksAndAddrs(raw, ends)
  const own = new Map<string, LinkState>()
  for (const [ifname, { master: _, port: _port, ...link }] of links)
    if (link.kind === 'veth' && link.peer.netns !== HOST) own.set(ifname, link)
  return {
    links: own,
    qdiscs: new Map([...qdiscs].filter(([ifname]) => own.has(ifname))),
    addrs: new Map([...addrs].filter(([, { ifname }]) => own.has(ifname))),
  }
}

function linkStates(raw: RawNamespace, ends: Ends): Map<string, LinkState> {
  const states = new Map<string, LinkState>()
  for (const link of raw.links) {
    const common = {
      up: (link.flags & IFF_UP) !== 0,
      mtu: link.mtu,
      ...(link.lladdr !== undefined && (link.flags & IFF_LOOPBACK) === 0 && { lladdr: link.lladdr }),
      ...(link.masterIfindex !== undefined && { master: nameOf(raw, link.masterIfindex) }),
      ...(link.addrGenMode !== undefined && { addrGenMode: link.addrGenMode }),
      ...(link.alias !== undefined && { alias: link.alias }),
      ...portOf(raw, link),
      ...(link.facts !== undefined && { facts: link.facts }),
    }
    states.set(link.ifname, linkState(raw, link, common, ends))
  }
  return states
}

type LinkCommon = Pick<BridgeLink, 'up' | 'mtu' | 'lladdr' | 'addrGenMode' | 'master' | 'port' | 'alias' | 'facts'>

function linkState(raw: RawNamespace, link: LinkMessage, common: LinkCommon, ends: Ends): LinkState {
  if (link.flags & IFF_LOOPBACK) return { kind: 'loopback', ...common }
  if (link.kind === 'bridge' && link.bridge !== undefined) {
    const selfVlans = link.bridge.vlan === undefined ? undefined : raw.ports.vlans.get(link.ifindex)
    return { kind: 'bridge', ...common, ...link.bridge, ...(selfVlans !== undefined && { selfVlans }) }
  }
  if (link.kind === 'veth') {
    const peer = peerOf(raw.namespace.name, link, ends)
    return peer === undefined ? { kind: 'other', infoKind: link.kind, ...common } : { kind: 'veth', peer, ...common }
  }
  return virtualState(raw, link, common) ?? { kind: 'other', infoKind: link.kind, ...common }
}

/** Undefined for a kind that netlab does not make, and for one whose parent is in another namespace: netlab makes none such. */
function virtualState(raw: RawNamespace, link: LinkMessage, common: LinkCommon): LinkState | undefined {
  const data = decodeKindData(link.kind, link.data, { ifnameOf: (ifindex) => nameOf(raw, ifindex) })
  if (data === undefined || link.isLinkElsewhere || FALLBACK_LINKS.has(link.ifname)) return undefined
  const below = link.linkIfindex !== undefined && link.linkIfindex !== 0 && link.linkIfindex !== link.ifindex ? link.linkIfindex : undefined
  const parent = data.parent ?? (below === undefined ? undefined : nameOf(raw, below))
  const wireguard = raw.wireguards.get(link.ifindex)
  return {
    ...common,
    ...data,
    ...(parent !== undefined && { parent }),
    ...(data.kind === 'vxlan' && { fdbs: byKey(raw.ports.remotes.get(link.ifindex) ?? []) }),
    ...(wireguard !== undefined && { wireguard }),
  }
}

function byKey(entries: readonly FdbEntry[]): Map<string, FdbEntry> {
  return new Map(entries.map((fdb) => [fdbKey(fdb), fdb]))
}

function portOf(raw: RawNamespace, link: LinkMessage): { port?: BridgePort } {
  if (link.portData === undefined) return {}
  const { vlans, fdbs, mdbs } = raw.ports
  const master = link.masterIfindex === undefined ? undefined : raw.byIndex.get(link.masterIfindex)
  const hasVlans = master?.bridge?.vlan !== undefined
  return {
    port: {
      options: decodePortData(link.portData, { ifnameOf: String }),
      // A bridge that takes no notice of VLANs has them all the same: 1 on each port, and each entry once more in it (br_fdb_add).
      vlans: (hasVlans ? vlans.get(link.ifindex) : undefined) ?? new Map<number, PortVlan>(),
      fdbs: byKey((fdbs.get(link.ifindex) ?? []).filter(({ vlan }) => hasVlans || vlan === undefined)),
      mdbs: new Map<string, MdbEntry>((mdbs.get(link.ifindex) ?? []).map((mdb) => [mdbKey(mdb), mdb])),
    },
  }
}

function qdiscStates(raw: RawNamespace): Map<string, QdiscChain> {
  return new Map([...chainsOf(raw.qdiscs)].map(([ifindex, chain]) => [nameOf(raw, ifindex), chain]))
}

/** Addresses set by hand. Those that a lease or an advertisement made, and link-local ones, come and go by themselves. */
function addrStates(raw: RawNamespace): Map<string, AddrState> {
  const states = new Map<string, AddrState>()
  for (const addr of raw.addrs) {
    const isLoopbackOwn = addr.ifindex === 1 && (addr.local === '127.0.0.1' || addr.local === '::1')
    if (!addr.permanent || isLoopbackOwn) continue
    const state = { ifname: nameOf(raw, addr.ifindex), family: addr.family, local: addr.local, prefixlen: addr.prefixlen }
    states.set(addrKey(state), state)
  }
  return states
}
