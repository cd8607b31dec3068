/**
 * A lab as a topology of containerlab: a container for each node and each bridge, and in `exec` the commands of the plan, in iproute2's
 * words. https://containerlab.dev/manual/topo-def-file/
 */
import { Document, isSeq, visit } from 'yaml'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { AddMount, AddVeth, Operation, WriteFile } from '../plan/operation.ts'
import type { StartService } from '../plan/client-operation.ts'
import { mountCommand } from '../plan/mount-words.ts'
import { quote, quoteAll } from '../plan/quote.ts'
import { planChanges } from '../plan/reconcile.ts'
import { rulesetCommand } from '../plan/ruleset-input.ts'
import { serviceCommand } from '../plan/service-command.ts'
import { wireguardCommand } from '../plan/wireguard-words.ts'
import { describe, ipCommand, ipWords } from '../plan/words.ts'
import { CPU_PERIOD_US, type Limits } from '../state/limits.ts'
import type { NetworkState, VethLink } from '../state/network.ts'
import { FABRIC, HOST } from '../state/network.ts'
import { FRR_START } from '../topology/frr.ts'

/** What lies beside the topology, and is bound into containers. */
export interface BoundFile {
  readonly content: string | Uint8Array
  readonly mode: number
}

export interface ContainerlabLab {
  readonly text: string
  /** By path, from where the topology lies. */
  readonly files: ReadonlyMap<string, BoundFile>
  /** What could not be carried over. */
  readonly warnings: readonly Diagnostic[]
}

/** With iproute2, iptables, nft, wg and tcpdump. */
const IMAGE = 'nicolaka/netshoot'
/** Of nodes with daemons of FRR; with iproute2. */
const FRR_IMAGE = 'frrouting/frr'

interface Container {
  image?: string
  readonly binds: string[]
  readonly exec: string[]
  cpu?: number
  memory?: string
}

/** Where packet filters lie in a container until they are loaded. */
const RULES = '/etc/netlab-rules'
/** Docker gives a container its name, and this file of it. */
const OWN_FILE = '/etc/hostname'

/** What is written. */
export interface Source {
  readonly lab: string
  readonly desired: NetworkState
  /** What the commands of each node find in their environment. */
  readonly env: ReadonlyMap<string, Readonly<Record<string, string>>>
}

/** `folder` is where the files will lie, as seen from the topology. */
export function formatContainerlab({ lab, desired, env }: Source, folder: string): ContainerlabLab {
  const containers = new Map<string, Container>()
  const links: { endpoints: string[]; mtu: number }[] = []
  const files = new Map<string, BoundFile>()
  const warnings: Diagnostic[] = []
  const homeOf = createHomes(desired)
  const containerAt = (netns: string, ifname: string): Container => {
    const name = homeOf(netns, ifname)
    const container = containers.get(name) ?? { binds: [], exec: [] }
    containers.set(name, container)
    return container
  }
  const connect = ({ netns, ifname, link, peer }: AddVeth): void => {
    const ends = [
      { netns, ifname, link },
      { ...link.peer, link: peer },
    ]
    links.push({
      endpoints: ends.map((end) => `${end.netns === HOST ? 'host' : homeOf(end.netns, end.ifname)}:${end.ifname}`),
      mtu: link.mtu,
    })
    for (const end of ends) if (end.netns !== HOST) containerAt(end.netns, end.ifname).exec.push(endCommand(end.ifname, end.link, link.mtu))
  }

  const give = (container: Container, netns: string, { bound, binds = [], exec = [], ...settings }: Carried): void => {
    Object.assign(container, settings)
    container.exec.push(...exec)
    container.binds.push(...binds)
    if (bound === undefined) return
    const source = `${folder}/${netns}${bound.path}`
    files.set(source, bound)
    container.binds.push(`${source}:${bound.path}`)
  }

  for (const operation of planChanges(lab, withInputs(desired)).operations) {
    const { netns, type } = operation
    const ifname = 'ifname' in operation ? operation.ifname : ''
    if (type === 'add veth') connect(operation)
    // What all bridges share in netlab is a namespace; each has its own here. The machine's own is there, and containerlab sets up what it puts into it.
    else if ((netns === FABRIC && ifname === '') || (netns === HOST && (type === 'add netns' || type === 'set link'))) continue
    else {
      const carried = netns === HOST ? undefined : carry(operation, lab)
      if (carried !== undefined) give(containerAt(netns, ifname), netns, carried)
      else warnings.push(notCarried(operation))
    }
  }

  const nodes = Object.fromEntries([...containers].map(([name, container]) => [name, nodeOf(container, env.get(name) ?? {})]))
  // Without containerlab's network for management, whose interface would be eth0, and whose route the default one.
  const topology = { defaults: { kind: 'linux', image: IMAGE, 'network-mode': 'none' }, nodes, ...(links.length > 0 && { links }) }
  const document = new Document({ name: lab, topology })
  document.commentBefore = ' Made by netlab export. To deploy it: containerlab deploy -t THIS-FILE'
  visit(document, {
    Pair: (_key, { key, value }) => {
      if (String(key) === 'endpoints' && isSeq(value)) value.flow = true
    },
  })
  return { text: document.toString({ lineWidth: 0 }), files, warnings }
}

function notCarried(operation: Operation): Diagnostic {
  const { origin } = operation
  const where = operation.netns === HOST ? 'The machine' : operation.netns
  const detail = `${where}: "${describe(operation)}" has no counterpart in containerlab.`
  return { code: 'NOT_CARRIED_OVER', severity: 'warning', detail, ...(origin !== undefined && { origin }) }
}

/** What an operation adds to its container. */
interface Carried extends Partial<Container> {
  /** A file to bind at its path. */
  readonly bound?: BoundFile & { readonly path: string }
}

/** Undefined where containerlab has no counterpart. */
function carry(operation: Operation, lab: string): Carried | undefined {
  // Said without a namespace, as in the machine's own network.
  const commands = ipCommand(operation, lab)?.map((command) => `${ipWords({ ...command, netns: HOST }, lab)} ${command.words}`)
  if (commands !== undefined) return operation.type === 'take link' ? undefined : { exec: commands }
  switch (operation.type) {
    case 'add netns':
      return operation.root === undefined ? {} : undefined
    // A container is isolated in every way, and has its name.
    case 'set hostname':
    case 'set isolation':
      return {}
    case 'set limits':
      return carryLimits(operation.limits)
    case 'set sysctl':
      return { exec: [`sysctl -qw ${quote(`${operation.name}=${operation.value}`)}`] }
    case 'write file':
      return carryFile(operation)
    case 'add mount':
      return carryMount(operation)
    case 'set ruleset': {
      const path = `${RULES}/${operation.tool}`
      return { bound: { path, content: operation.input, mode: 0o644 }, exec: [inShell(`${rulesetCommand(operation.tool)} <${path}`)] }
    }
    case 'set wireguard':
      return {
        exec: wireguardCommand(operation, '')
          .split('\n')
          .map((line) => inShell(line.trim())),
      }
    case 'run setup':
      return { exec: [quoteAll(operation.argv)] }
    case 'start service':
      return carryService(operation)
    default:
      return undefined
  }
}

function carryLimits({ cpu, memory, pids, io }: Limits): Carried | undefined {
  if (pids !== undefined || io !== undefined) return undefined
  return { ...(cpu !== undefined && { cpu: cpu / CPU_PERIOD_US }), ...(memory !== undefined && { memory: `${memory}b` }) }
}

function carryFile({ path, file: { content = '', mode } }: WriteFile): Carried {
  return path === OWN_FILE ? {} : { bound: { path, content, mode } }
}

function carryMount({ path, mount }: AddMount): Carried {
  if (mount.kind === 'bind') return { binds: [`${mount.source}:${path}${mount.readOnly ? ':ro' : ''}`] }
  return { exec: [`${mountCommand(mount)} ${quote(path)}`] }
}

/** In the background, by nobody's supervision. */
function carryService(operation: StartService): Carried | undefined {
  const { definition } = operation.service
  if (definition === undefined || definition.beside) return undefined
  const isFrr = definition.argv[0] === FRR_START
  return { ...(isFrr && { image: FRR_IMAGE }), exec: [inShell(serviceCommand('', operation).trim())] }
}

/** No tool has read the packet filters of a lab that is to run elsewhere: what the file says is what is wanted. */
function withInputs(desired: NetworkState): NetworkState {
  const namespaces = [...desired.namespaces].map(([netns, namespace]) => {
    const rulesets = [...namespace.rulesets].map(([tool, ruleset]) => [tool, { ...ruleset, canonical: ruleset.input ?? '' }] as const)
    return [netns, { ...namespace, rulesets: new Map(rulesets) }] as const
  })
  return { namespaces: new Map(namespaces) }
}

/** The container of what is in a namespace: bridges share one in netlab, and each becomes a container with its ports. */
function createHomes(desired: NetworkState): (netns: string, ifname: string) => string {
  const links = desired.namespaces.get(FABRIC)?.links
  return (netns, ifname) => {
    if (netns !== FABRIC) return netns
    const link = links?.get(ifname)
    return (link !== undefined && 'master' in link ? link.master : undefined) ?? ifname
  }
}

/** An end comes up under an address of Docker's choice: it is down until a later command brings it up, so that no address follows from that one. */
function endCommand(ifname: string, link: VethLink, mtu: number): string {
  const words = [
    ...(link.lladdr === undefined ? [] : ['address', link.lladdr]),
    ...(link.mtu === mtu ? [] : ['mtu', String(link.mtu)]),
    ...(link.alias === undefined ? [] : ['alias', quote(link.alias)]),
    ...(link.master === undefined ? [] : ['master', quote(link.master)]),
  ]
  return `ip link set ${quote(ifname)} down ${words.join(' ')}`.trim()
}

/** containerlab starts commands without a shell. */
function inShell(command: string): string {
  return `sh -c ${quote(command)}`
}

function nodeOf({ image, binds, exec, cpu, memory }: Container, env: Readonly<Record<string, string>>): Record<string, unknown> {
  return {
    ...(image !== undefined && { image }),
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(binds.length > 0 && { binds }),
    ...(exec.length > 0 && { exec }),
  }
}
