/** Files that every node has: /etc/hosts, /etc/hostname and /etc/resolv.conf. hosts(5), hostname(5), resolv.conf(5). */
import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { INTERNET } from '../state/network.ts'
import type { FileState } from '../state/network.ts'
import { isLinkLocal6 } from '../unit/address.ts'
import { isOutsider } from './definitions.ts'
import { fileState } from './files.ts'
import type { InterfaceAddress, Node, Topology } from './topology.ts'

const MODE = 0o644
const LOCAL = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'

/** Files of a node by path, those of the file itself included, which win. */
export function createNodeFiles(topology: Topology): (node: Node) => Map<string, FileState> {
  const hostsFile = createHostsFiles([...nameLines(topology)].join(''))
  const emptyResolv = fileState('# The topology names no DNS servers for this node.\n')

  return (node) => {
    const { hosts, dns, dnsOrigin, files } = node.settings
    // Lines of the file itself come first: an address has the name of its first line.
    const before = LOCAL + hosts.map((line) => `${line.replace(' ', '\t')}\n`).join('')
    const after = nodeAddresses(node).length > 0 ? '' : `127.0.1.1\t${node.name}\n`
    return new Map<string, FileState>([
      ['/etc/hosts', hostsFile(before, after)],
      ['/etc/hostname', fileState(`${node.name}\n`, MODE, node.origin)],
      ['/etc/resolv.conf', dns.length === 0 ? emptyResolv : fileState(`${dns.join('\n')}\n`, MODE, dnsOrigin)],
      ...files,
    ])
  }
}

/** /etc/hosts with the lab's names between two texts. The names are hashed once: a thousand nodes with a thousand names each would be 30 MB. */
function createHostsFiles(names: string): (before: string, after: string) => FileState {
  const heads = new Map<string, Hash>()
  const made = new Map<string, FileState>()
  return (before, after) => {
    const key = `${before}\0${after}`
    const known = made.get(key)
    if (known !== undefined) return known
    const head = heads.get(before) ?? createHash('sha256').update(before + names)
    heads.set(before, head)
    const file = { mode: MODE, content: before + names + after, sha256: head.copy().update(after).digest('hex') }
    made.set(key, file)
    return file
  }
}

/**
 * A line for each address of each node, in the order of the file. getaddrinfo(3) returns all addresses of a name: first the one on a network of the
 * node's own, last those that it has no route to, RFC 6724. Looking for an address finds its first line: one that several nodes have (anycast, the
 * same private network twice) stands for no one's name, so it comes with itself as name first, and only for nodes that have no other.
 */
function* nameLines(topology: Topology): Generator<string> {
  const named = [...namedNodes(topology)].flatMap(({ name, addresses }) =>
    ([4, 6] as const).map((family) => ({ name, addresses: addressesOf(family, addresses) })),
  )
  const owners = new Map<string, number>()
  for (const address of named.flatMap(({ addresses }) => addresses)) owners.set(address, (owners.get(address) ?? 0) + 1)
  const shared = new Set<string>()
  for (const { name, addresses } of named) {
    const own = addresses.filter((address) => owners.get(address) === 1)
    for (const address of own) yield `${address}\t${name}\n`
    const [first] = addresses
    if (own.length > 0 || first === undefined) continue
    if (!shared.has(first)) yield `${first}\t${first} # of several nodes\n`
    shared.add(first)
    yield `${first}\t${name}\n`
  }
}

function* namedNodes(topology: Topology): Generator<{ readonly name: string; readonly addresses: readonly InterfaceAddress[] }> {
  for (const node of topology.nodes.values())
    if (node.name !== INTERNET && !isOutsider(node.name)) yield { name: node.name, addresses: nodeAddresses(node) }
  for (const { name, addresses } of topology.bridges.values()) yield { name, addresses: addresses.filter(isOfOneNode) }
}

/** Those of cables come before those of the loopback, to which others may have no route. */
function nodeAddresses({ interfaces, loopback }: Node): readonly InterfaceAddress[] {
  return [...[...interfaces.values()].flatMap(({ addresses }) => addresses), ...loopback].filter(isOfOneNode)
}

/** Each once. */
function addressesOf(family: 4 | 6, addresses: readonly InterfaceAddress[]): readonly string[] {
  return [...new Set(addresses.filter(({ prefix }) => prefix.family === family).map(({ prefix }) => prefix.address))]
}

/** Whether another node can mean this node by it: fe80::1 is nobody without a link, and 127.0.0.1 is each to itself. */
function isOfOneNode({ prefix: { address } }: InterfaceAddress): boolean {
  return !isLinkLocal6(address) && !address.startsWith('127.') && address !== '::1'
}
