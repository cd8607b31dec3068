// Which interfaces a word like `r1:eth1` names, in a lab that runs.
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { suggest } from '../diagnostic/suggest.ts'
import { isPortOf } from '../state/port.ts'
import type { LinkEnd, NetworkState, VethLink } from '../state/network.ts'
import { unknownNode } from './exec.ts'
import type { LabMemory, LabRecord } from './state.ts'

/**
 * The ends that a word names: `r1:eth1` one interface, `lan:h1.eth0` a port of a bridge, `lan` all ports of a bridge, `h1` the only
 * interface of a node. Errors: finding NODE_UNKNOWN, UNKNOWN_INTERFACE.
 */
export function linkEnds(record: LabRecord, { desired }: LabMemory, word: string): readonly LinkEnd[] {
  const colon = word.indexOf(':')
  const owner = colon < 0 ? word : word.slice(0, colon)
  const netns = record.nodes.includes(owner) ? owner : record.bridges[owner]
  if (netns === undefined) throw unknownNode(record, owner)
  const ends = cableEnds(desired, netns).filter(([, link]) => netns === owner || isPortOf(desired, netns, link, owner))
  const ifname = colon < 0 ? undefined : word.slice(colon + 1)
  const found = ends.filter(([name]) => ifname === undefined || name === ifname)
  const isOne = ifname !== undefined || record.bridges[owner] !== undefined || found.length === 1
  if (found.length === 0 || !isOne)
    throw unknownInterface(
      owner,
      ifname,
      ends.map(([name]) => name),
    )
  return found.map(([name]) => ({ netns, ifname: name }))
}

function cableEnds(desired: NetworkState, netns: string): readonly (readonly [string, VethLink])[] {
  return [...(desired.namespaces.get(netns)?.links ?? [])].flatMap(([ifname, link]) =>
    link.kind === 'veth' ? [[ifname, link] as const] : [],
  )
}

/** The other end of a cable. */
export function peerOf({ desired }: LabMemory, { netns, ifname }: LinkEnd): LinkEnd {
  const link = desired.namespaces.get(netns)?.links.get(ifname)
  return link?.kind === 'veth' ? link.peer : { netns, ifname }
}

/** `r1:eth1`, `lan:h1.eth0` */
export function endName({ desired }: LabMemory, { netns, ifname }: LinkEnd): string {
  const namespace = desired.namespaces.get(netns)
  const master = namespace?.links.get(ifname)?.master
  if (master === undefined) return `${netns}:${ifname}`
  return `${namespace?.links.get(master)?.alias ?? master}:${ifname}`
}

function unknownInterface(owner: string, ifname: string | undefined, known: readonly string[]): DiagnosticError {
  const has =
    known.length === 0 ? 'It has no cable.' : `Its cables end at ${known.slice(0, 12).join(', ')}${known.length > 12 ? ' …' : ''}.`
  if (ifname === undefined)
    return unknown('UNKNOWN_INTERFACE', `Which interface of ${owner}? ${has}`, known.length === 0 ? undefined : `${owner}:${known[0]}`)
  return unknown('UNKNOWN_INTERFACE', `${owner} has no interface "${ifname}" with a cable. ${has}`, suggest(ifname, known))
}

function unknown(code: Diagnostic['code'], detail: string, near: string | undefined): DiagnosticError {
  return new DiagnosticError('finding', [
    { code, severity: 'error', detail, ...(near !== undefined && { hint: `Did you mean "${near}"?` }) },
  ])
}
