// An interface of a running lab, moved from one node to another: its cable comes along, as when a network card is put into another machine.
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { suggest } from '../diagnostic/suggest.ts'
import type { Refusal } from '../linux/apply.ts'
import type { Engine } from '../linux/engine.ts'
import type { Operation } from '../plan/operation.ts'
import { chainOperations } from '../plan/qdisc-chain.ts'
import { netnsName } from '../plan/netns-words.ts'
import type { LinkEnd, NetworkState } from '../state/network.ts'
import { explainRefusal } from './explain.ts'
import { withLabLock } from './lab-lock.ts'
import { openLab } from './running.ts'
import { scopeOf } from './scope.ts'
import type { LabMemory, LabRecord } from './state.ts'

/** Where an interface was, and where it is. */
export interface LinkMove {
  /** `r1:eth1` */
  readonly from: string
  readonly to: string
  /** Its routes, which the first node has lost. */
  readonly routesLost: number
}

/**
 * Moves the interface `from` (r1:eth1) to a node (r2), or to a name there (r2:eth5), with its MAC address, MTU, state, addresses and impairment.
 * Routes through it are the first node's, and go. No other link is touched. Errors: refusal LAB_UNKNOWN, LAB_DEAD, LAB_BUSY, KERNEL_REFUSED;
 * finding NODE_UNKNOWN, UNKNOWN_INTERFACE, INTERFACE_TAKEN, INTERFACE_CARRIES.
 */
export async function moveLink(lab: string, from: string, to: string): Promise<LinkMove> {
  return withLabLock(lab, async () => {
    const { record, memory, engine } = await openLab(lab)
    try {
      return await move(engine, record, memory, from, to)
    } finally {
      await engine.close()
    }
  })
}

async function move(engine: Engine, record: LabRecord, memory: LabMemory, from: string, to: string): Promise<LinkMove> {
  const { network } = await engine.observe(scopeOf(memory.desired))
  const source = sourceOf(record, network, from)
  const target = targetOf(record, network, to, source)
  refuseCarrier(network, source)
  const operations = followers(network, source, target)
  const routesLost = [...network.namespaces.get(source.netns)!.routes.values()].filter(({ nexthops }) =>
    nexthops.some(({ dev }) => dev === source.ifname),
  ).length
  const refused = await engine.moveLink(source, target)
  if (refused !== undefined) throw new DiagnosticError('refusal', [refusal(record.name, source, target, refused)])
  const { refusals } = await engine.apply(operations)
  if (refusals.length > 0) {
    const aftermath = `${from} is in ${target.netns} already: "netlab up" puts it back.`
    throw new DiagnosticError(
      'refusal',
      refusals.map((one) => explainRefusal(record.name, operations, one, aftermath)),
    )
  }
  return { from: textOf(source), to: textOf(target), routesLost }
}

/** What the kernel does not carry to another namespace. */
function followers(network: NetworkState, source: LinkEnd, { netns, ifname }: LinkEnd): Operation[] {
  const { links, addrs, qdiscs } = network.namespaces.get(source.netns)!
  const link = links.get(source.ifname)!
  const base = { netns, cause: `moved from ${textOf(source)}` }
  const chain = qdiscs.get(source.ifname)
  const mode = link.addrGenMode === 'none' ? [{ ...base, type: 'set link' as const, ifname, set: { addrGenMode: link.addrGenMode } }] : []
  const own = [...addrs.values()].filter((addr) => addr.ifname === source.ifname && !addr.local.startsWith('fe80:'))
  return [
    ...mode,
    ...own.map((addr): Operation => ({ ...base, type: 'add addr', addr: { ...addr, ifname } })),
    ...(chain === undefined ? [] : chainOperations(netns, ifname, chain, undefined, base.cause)),
    ...(link.up ? [{ ...base, type: 'set link' as const, ifname, set: { up: true } }] : []),
  ]
}

function sourceOf(record: LabRecord, network: NetworkState, word: string): LinkEnd {
  const [netns, ifname] = nodeAndIfname(record, word)
  const cables = [...network.namespaces.get(netns)!.links].flatMap(([name, link]) => (link.kind === 'veth' ? [name] : []))
  const found = ifname ?? (cables.length === 1 ? cables[0] : undefined)
  if (found !== undefined && cables.includes(found)) return { netns, ifname: found }
  const has = cables.length === 0 ? 'no cable ends there' : `its cables end at ${cables.join(', ')}`
  const near = ifname === undefined ? undefined : suggest(ifname, cables)
  const detail =
    ifname === undefined ? `Which interface of ${netns}? There: ${has}.` : `${netns} has no interface "${ifname}" with a cable; ${has}.`
  throw finding('UNKNOWN_INTERFACE', detail, near)
}

function targetOf(record: LabRecord, network: NetworkState, word: string, source: LinkEnd): LinkEnd {
  const [netns, ifname = source.ifname] = nodeAndIfname(record, word)
  if (network.namespaces.get(netns)?.links.has(ifname) !== true) return { netns, ifname }
  const detail =
    netns === source.netns
      ? `${textOf(source)} is in ${netns} already.`
      : `${netns} has an interface "${ifname}" already: give a name that is free, e.g. ${netns}:moved0.`
  throw finding('INTERFACE_TAKEN', detail, undefined)
}

/** What stands on an interface stays where it is, and would hang on a link of another node. */
function refuseCarrier(network: NetworkState, source: LinkEnd): void {
  const { links } = network.namespaces.get(source.netns)!
  const carried = [...links].flatMap(([ifname, link]) => ('parent' in link && link.parent === source.ifname ? [ifname] : []))
  if (carried.length === 0) return
  const stay = carried.length === 1 ? 'stands on it and stays' : 'stand on it and stay'
  throw finding('INTERFACE_CARRIES', `${textOf(source)} cannot be moved: ${carried.join(', ')} ${stay} in ${source.netns}.`, undefined)
}

function nodeAndIfname(record: LabRecord, word: string): readonly [node: string, ifname: string | undefined] {
  const [node = '', ifname] = word.split(':')
  if (record.nodes.includes(node)) return [node, ifname]
  throw finding('NODE_UNKNOWN', `The lab ${record.name} has no node "${node}".`, suggest(node, record.nodes))
}

function finding(code: Diagnostic['code'], detail: string, near: string | undefined): DiagnosticError {
  return new DiagnosticError('finding', [
    { code, severity: 'error', detail, ...(near !== undefined && { hint: `Did you mean "${near}"?` }) },
  ])
}

function refusal(lab: string, source: LinkEnd, target: LinkEnd, { code, extack }: Pick<Refusal, 'code' | 'extack'>): Diagnostic {
  return {
    code: 'KERNEL_REFUSED',
    severity: 'error',
    detail: 'Nothing was changed.',
    facts: [
      ['doing', `move link ${textOf(source)} to ${textOf(target)}`],
      ['kernel', `${code}: ${extack ?? '(the kernel gave no further words)'}`],
      [
        'same as',
        `ip -n ${netnsName(lab, source.netns)} link set ${source.ifname} netns ${netnsName(lab, target.netns)} name ${target.ifname}`,
      ],
    ],
  }
}

function textOf({ netns, ifname }: LinkEnd): string {
  return `${netns}:${ifname}`
}
