// What a namespace counts, its addresses, and what it knows of its neighbours: where packets got lost, and for want of what. proc(5), /proc/net/snmp, netstat, snmp6.
import { closeSync, readFileSync } from 'node:fs'
import type { AddrState } from '../../state/network.ts'
import { openat } from '../libc.ts'
import { decodeAddr } from '../message/addr.ts'
import { decodeLink, getLinks } from '../message/link.ts'
import { decodeNeighEntry, getNeighs } from '../message/neigh.ts'
import { dump } from '../transport.ts'
import { RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH, NUD_FAILED, NUD_INCOMPLETE, NUD_PERMANENT } from '../uapi.ts'
import { namespaceOf, withinNet, type World } from '../world.ts'

export interface NamespaceFacts {
  /** Counters by group and name: `Ip.OutNoRoutes`, `TcpExt.IPReversePathFilter`, `Ip6InNoRoutes`. Those that are 0 are left out. */
  readonly counters: Readonly<Record<string, number>>
  readonly neighs: readonly NeighFact[]
  /** All that the kernel has: those of leases and router advertisements, too, which observation leaves out. */
  readonly addrs: readonly AddrState[]
}

export interface NeighFact {
  readonly ifname: string
  readonly dst: string
  readonly lladdr?: string
  /** `waiting`: nobody has answered yet. `failed`: nobody did. */
  readonly state: 'known' | 'permanent' | 'waiting' | 'failed'
}

/** Reads the facts of the namespaces. */
export function readFacts(world: World, names: readonly string[]): Map<string, NamespaceFacts> {
  return new Map(names.map((name) => [name, { counters: countersOf(world, name), ...entriesOf(world, name) }]))
}

function countersOf(world: World, name: string): Record<string, number> {
  const texts = withinNet(world, namespaceOf(world, name), () => ['snmp', 'netstat', 'snmp6'].map((file) => readNet(world, file)))
  const counters: Record<string, number> = {}
  const [snmp = '', netstat = '', snmp6 = ''] = texts
  const lines = `${snmp}${netstat}`.split('\n')
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [group, ...keys] = lines[at]!.split(' ')
    const values = lines[at + 1]!.split(' ').slice(1)
    keys.forEach((key, index) => add(counters, `${group!.replace(':', '')}.${key}`, values[index]))
  }
  for (const line of snmp6.split('\n')) {
    const [key = '', value] = line.split(/\s+/)
    add(counters, key, value)
  }
  return counters
}

function add(counters: Record<string, number>, key: string, value: string | undefined): void {
  const number = Number(value)
  if (key !== '' && number > 0) counters[key] = number
}

/** Of the namespace that this thread is in. The lab's own /proc does not know this process. */
function readNet(world: World, file: string): string {
  let fd: number
  try {
    fd = openat(world.hostProc, `thread-self/net/${file}`)
  } catch {
    return '' // snmp6, where the machine has no IPv6
  }
  try {
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

function entriesOf(world: World, name: string): Pick<NamespaceFacts, 'neighs' | 'addrs'> {
  const { netlink } = namespaceOf(world, name)
  const ifnames = new Map<number, string>()
  const neighs: NeighFact[] = []
  const addrs: AddrState[] = []
  const eachLink = (body: Buffer): void => {
    const link = decodeLink(body, false)
    ifnames.set(link.ifindex, link.ifname)
  }
  dump(netlink, RTM_GETLINK, getLinks(false), eachLink, () => ifnames.clear())
  const ifnameOf = (ifindex: number): string => ifnames.get(ifindex) ?? ''
  const eachNeigh = (body: Buffer): void => {
    const entry = decodeNeighEntry(body)
    if (entry === undefined) return
    const { dst, lladdr, state } = entry
    neighs.push({ ifname: ifnameOf(entry.ifindex), dst, state: stateOf(state), ...(lladdr !== undefined && { lladdr }) })
  }
  dump(netlink, RTM_GETNEIGH, getNeighs(), eachNeigh, () => (neighs.length = 0))
  const eachAddr = (body: Buffer): void => {
    const addr = decodeAddr(body)
    if (addr !== undefined)
      addrs.push({ ifname: ifnameOf(addr.ifindex), family: addr.family, local: addr.local, prefixlen: addr.prefixlen })
  }
  dump(netlink, RTM_GETADDR, Buffer.alloc(8), eachAddr, () => (addrs.length = 0))
  return { neighs, addrs }
}

function stateOf(state: number): NeighFact['state'] {
  if (state & NUD_PERMANENT) return 'permanent'
  if (state & NUD_FAILED) return 'failed'
  return state & NUD_INCOMPLETE ? 'waiting' : 'known'
}
