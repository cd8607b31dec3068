/** A lab of another tool, as far as it has been understood: what the readers make and the writer prints. */
import type { Findings } from '../topology/findings.ts'

export interface ForeignLab {
  readonly name?: string
  readonly nodes: ReadonlyMap<string, ForeignNode>
  /** Names of bridges; what they are connected to is in `links`. */
  readonly bridges: ReadonlySet<string>
  readonly links: readonly ForeignLink[]
}

export interface ForeignLink {
  /** `node:ifname`, or the name of a bridge. */
  readonly endpoints: readonly [string, string]
  readonly mtu?: number
}

/** Written while the lab is read. */
export interface ForeignNode {
  readonly interfaces: Map<string, ForeignInterface>
  readonly loopback: string[]
  readonly routes: string[]
  readonly rules: string[]
  readonly sysctls: Map<string, string>
  readonly iptables: string[]
  readonly ip6tables: string[]
  readonly env: Map<string, string>
  /** By path in the node: a file, or a directory that is mounted. Relative to where the program was started. */
  readonly files: Map<string, { readonly from: string; readonly mode?: string }>
  readonly mounts: Map<string, { readonly from: string; readonly ro: boolean }>
  readonly ports: string[]
  readonly setup: string[]
  /** Texts by daemon, or the integrated one as `frr`. */
  readonly frr: Map<string, string>
  /** What a reader of the new file ought to know of the node. */
  readonly notes: string[]
  forwarding: boolean
}

export interface ForeignInterface {
  readonly addresses: string[]
  mac?: string
  mtu?: number
  isDown?: boolean
}

/** What a reader is given. */
export interface ReadOptions {
  /** Path of the file that describes the lab. */
  readonly file: string
  readonly text: string
  readonly findings: Findings
}

export function newNode(): ForeignNode {
  return {
    interfaces: new Map(),
    loopback: [],
    routes: [],
    rules: [],
    sysctls: new Map(),
    iptables: [],
    ip6tables: [],
    env: new Map(),
    files: new Map(),
    mounts: new Map(),
    ports: [],
    setup: [],
    frr: new Map(),
    notes: [],
    forwarding: false,
  }
}

export function interfaceOf(node: ForeignNode, ifname: string): ForeignInterface {
  const there = node.interfaces.get(ifname)
  if (there !== undefined) return there
  const made: ForeignInterface = { addresses: [] }
  node.interfaces.set(ifname, made)
  return made
}
