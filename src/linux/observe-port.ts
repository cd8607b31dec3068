// What bridges of one namespace tell of their ports beside the links themselves: VLANs, static entries, multicast memberships; and what VXLANs
// have in tables of their own.
import type { FdbEntry, MdbEntry, PortVlan } from '../state/network.ts'
import { decodeFdb, decodeMdbs, decodeRemote, decodeVlans, getFdbs, getMdbs, getVlans } from './message/bridge.ts'
import type { LinkMessage } from './message/link.ts'
import { dump } from './transport.ts'
import { RTM_GETLINK, RTM_GETNEIGH } from './uapi.ts'
import { RTM_GETMDB } from './uapi-link.ts'
import type { OpenNamespace } from './world.ts'

/** By ifindex of the port; `vlans` also by that of a bridge, for its own interface. */
export interface PortTables {
  readonly vlans: ReadonlyMap<number, ReadonlyMap<number, PortVlan>>
  readonly fdbs: ReadonlyMap<number, readonly FdbEntry[]>
  readonly mdbs: ReadonlyMap<number, readonly MdbEntry[]>
  /** By ifindex of a VXLAN. */
  readonly remotes: ReadonlyMap<number, readonly FdbEntry[]>
}

/** Asks only for what the bridges here can have. */
export function readPorts(namespace: OpenNamespace, links: readonly LinkMessage[]): PortTables {
  const bridges = links.filter(({ bridge }) => bridge !== undefined)
  const vlans = new Map<number, ReadonlyMap<number, PortVlan>>()
  const fdbs = new Map<number, FdbEntry[]>()
  const mdbs = new Map<number, MdbEntry[]>()
  const remotes = new Map<number, FdbEntry[]>()
  if (bridges.some(({ bridge }) => bridge?.vlan !== undefined)) {
    each(namespace, RTM_GETLINK, getVlans(), vlans, (body) => {
      const message = decodeVlans(body)
      if (message !== undefined) vlans.set(message.ifindex, message.vlans)
    })
  }
  if (bridges.length > 0 || links.some(({ kind }) => kind === 'vxlan')) {
    const clear = (): void => [fdbs, remotes].forEach((table) => table.clear())
    const take = (body: Buffer): void => {
      const [ofPort, ofVxlan] = [decodeFdb(body), decodeRemote(body)]
      if (ofPort !== undefined) push(fdbs, ofPort.ifindex, ofPort.fdb)
      if (ofVxlan !== undefined) push(remotes, ofVxlan.ifindex, ofVxlan.fdb)
    }
    dump(namespace.netlink, RTM_GETNEIGH, getFdbs(), take, clear)
  }
  if (bridges.some(({ bridge }) => bridge?.mcastSnooping === true)) {
    each(namespace, RTM_GETMDB, getMdbs(), mdbs, (body) => {
      for (const { port, mdb } of decodeMdbs(body)) push(mdbs, port, mdb)
    })
  }
  return { vlans, fdbs, mdbs, remotes }
}

function each(namespace: OpenNamespace, type: number, header: Buffer, into: Map<number, unknown>, take: (body: Buffer) => void): void {
  dump(namespace.netlink, type, header, take, () => into.clear())
}

function push<V>(map: Map<number, V[]>, key: number, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
