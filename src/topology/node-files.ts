/** Files that every node has: /etc/hosts, /etc/hostname and /etc/resolv.conf. hosts(5), hostname(5), resolv.conf(5). */
import { createHash } from 'node:crypto'
import { INTERNET } from '../state/network.ts'
import type { FileState } from '../state/network.ts'
import { isOutsider } from './definitions.ts'
import { fileState } from './files.ts'
import type { Interface, InterfaceAddress, Node, Topology } from './topology.ts'

const MODE = 0o644
const LOCAL = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n'

/** Files of a node by path, those of the file itself included, which win. */
export function createNodeFiles(topology: Topology): (node: Node) => Map<string, FileState> {
  const shared = LOCAL + [...entries(topology)].join('')
  // The part with all names is hashed once: a thousand nodes with a thousand names each would be 30 MB.
  const sharedHash = createHash('sha256').update(shared)
  const hostsFiles = new Map<string, FileState>()
  const emptyResolv = fileState('# The topology names no DNS servers for this node.\n')

  const hostsFile = (node: Node): FileState => {
    const self = hasAddress(node) ? '' : `127.0.1.1\t${node.name}\n`
    const own = self + node.settings.hosts.map((line) => `${line.replace(' ', '\t')}\n`).join('')
    const before = hostsFiles.get(own)
    if (before !== undefined) return before
    const made = { mode: MODE, content: shared + own, sha256: sharedHash.copy().update(own).digest('hex') }
    hostsFiles.set(own, made)
    return made
  }

  return (node) => {
    const { dns, dnsOrigin, files } = node.settings
    return new Map<string, FileState>([
      ['/etc/hosts', hostsFile(node)],
      ['/etc/hostname', fileState(`${node.name}\n`, MODE, node.origin)],
      ['/etc/resolv.conf', dns.length === 0 ? emptyResolv : fileState(`${dns.join('\n')}\n`, MODE, dnsOrigin)],
      ...files,
    ])
  }
}

/** Each name with its first IPv4 and IPv6 address; those of cables come before those of the loopback, which may have no route to it. */
function* entries(topology: Topology): Generator<string> {
  for (const node of topology.nodes.values()) {
    if (node.name !== INTERNET && !isOutsider(node.name))
      yield* entriesOf(node.name, [...[...node.interfaces.values()].flatMap((link: Interface) => link.addresses), ...node.loopback])
  }
  for (const bridge of topology.bridges.values()) yield* entriesOf(bridge.name, bridge.addresses)
}

function* entriesOf(name: string, addresses: readonly InterfaceAddress[]): Generator<string> {
  for (const family of [4, 6] as const) {
    const first = addresses.find(({ prefix }) => prefix.family === family)
    if (first !== undefined) yield `${first.prefix.address}\t${name}\n`
  }
}

function hasAddress(node: Node): boolean {
  return node.loopback.length > 0 || [...node.interfaces.values()].some((link) => link.addresses.length > 0)
}
