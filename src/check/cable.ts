/**
 * Cutting and mending cables, stopping and starting nodes. A cut is made where the kernel takes least along: at a bridge the port goes
 * down, and the node's end loses its carrier and nothing else, as with a real cable. Between two nodes both ends go down, and with
 * them their routes and IPv6 addresses, which mending brings back as the file has them.
 */
import type { Operation, SetLink } from '../plan/operation.ts'
import type { VethLink } from '../state/network.ts'
import type { CableEnd } from '../topology/tests/test.ts'
import type { Session } from './session.ts'
import { drift } from '../lab/inspect.ts'

interface End {
  readonly netns: string
  readonly ifname: string
}

/** The ends that go down when the cable is cut. */
function cutEnds(session: Session, { node, ifname }: CableEnd): End[] {
  const link = session.desired.namespaces.get(node)?.links.get(ifname)
  if (link?.kind !== 'veth') return [{ netns: node, ifname }]
  const { peer } = link
  const other = session.desired.namespaces.get(peer.netns)?.links.get(peer.ifname) as VethLink | undefined
  return other?.master === undefined ? [{ netns: node, ifname }, peer] : [peer]
}

/** All cables of a node. */
export function cablesOf(session: Session, node: string): CableEnd[] {
  const links = session.desired.namespaces.get(node)?.links ?? new Map()
  return [...links]
    .filter(([, { kind }]) => kind === 'veth')
    .map(([ifname]) => ({ node, ifname: String(ifname), word: `${node}:${ifname}` }))
}

/** Cuts the cables. What the kernel refuses, in words. */
export function cut(session: Session, cables: readonly CableEnd[]): Promise<string | undefined> {
  return apply(
    session,
    cables.flatMap((cable) => cutEnds(session, cable)).map((end) => setLink(end, false)),
  )
}

/** Mends them, and brings back what went with them. */
export async function mend(session: Session, cables: readonly CableEnd[]): Promise<string | undefined> {
  const ends = cables.flatMap((cable) => cutEnds(session, cable))
  const problem = await apply(
    session,
    ends.map((end) => setLink(end, true)),
  )
  if (problem !== undefined) return problem
  const touched = (netns: string, ifname: string | undefined): boolean => ends.some((end) => end.netns === netns && end.ifname === ifname)
  const back = (await drift(session.lab)).filter((operation) => goesWithLink(operation, touched))
  return apply(session, back)
}

/** Whether the operation brings back an address or a route of one of the ends. */
function goesWithLink(operation: Operation, touched: (netns: string, ifname: string | undefined) => boolean): boolean {
  const { netns } = operation
  if (operation.type === 'add addr') return touched(netns, operation.addr.ifname)
  if (operation.type === 'replace neigh') return touched(netns, operation.neigh.ifname)
  if (operation.type !== 'add route' && operation.type !== 'replace route') return false
  return operation.route.nexthops.some(({ dev }) => touched(netns, dev))
}

function setLink({ netns, ifname }: End, up: boolean): SetLink {
  return { type: 'set link', netns, ifname, cause: 'a step of a test', set: { up } }
}

async function apply({ engine }: Session, operations: readonly Operation[]): Promise<string | undefined> {
  const { refusals } = await engine.apply(operations)
  const [first] = refusals
  if (first === undefined) return undefined
  const operation = operations[first.index]!
  return `${operation.netns}: ${operation.type}: ${first.code}${first.extack === undefined ? '' : `: ${first.extack}`}`
}
