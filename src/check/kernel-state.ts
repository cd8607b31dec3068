/** `state`: what the kernel of a node has. */
import { isLoopbackAddr } from '../state/extra.ts'
import type { AddrState } from '../state/network.ts'
import type { KernelState, StateExpectation } from '../topology/tests/test.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import { counterOf, nearestRule } from './rule-counters.ts'
import type { Session } from './session.ts'

export async function evaluateState(session: Session, { nodes, state }: StateExpectation): Promise<Evaluation> {
  const misses = await Promise.all(
    nodes.map(async (node): Promise<FirstMiss[]> => {
      const problem = await problemOf(session, node, state)
      return problem === undefined ? [] : [{ words: `${node} ${state.noun}`, ...problem }]
    }),
  )
  return { asked: nodes.length, misses: misses.flat() }
}

type Problem = Pick<FirstMiss, 'expected' | 'seen'>
type StateOf<Noun> = Extract<KernelState, { noun: Noun }>

function problemOf(session: Session, node: string, state: KernelState): Promise<Problem | undefined> {
  switch (state.noun) {
    case 'route':
      return routeProblem(session, node, state)
    case 'neighbor':
      return neighborProblem(session, node, state)
    case 'address':
      return addressProblem(session, node, state)
    case 'link':
      return linkProblem(session, node, state)
    case 'port':
      return portProblem(session, state)
    case 'counter':
      return counterProblem(session, node, state)
  }
}

async function routeProblem({ engine }: Session, node: string, { to, via, dev }: StateOf<'route'>): Promise<Problem | undefined> {
  const [route] = await engine.lookup([{ from: node, to }])
  const expected = [to, via === undefined ? '' : `via ${via}`, dev === undefined ? '' : `dev ${dev}`]
    .filter((part) => part !== '')
    .join(' ')
  if (route?.code !== undefined) return { expected, seen: `no route (${route.code})` }
  const isGood = (via === undefined || route?.via === via) && (dev === undefined || route?.dev === dev)
  return isGood ? undefined : { expected, seen: `${to} ${route?.via === undefined ? '' : `via ${route.via} `}dev ${route?.dev ?? ''}` }
}

async function neighborProblem(
  { engine }: Session,
  node: string,
  { address, mac, dev }: StateOf<'neighbor'>,
): Promise<Problem | undefined> {
  const { neighs } = (await engine.facts([node])).get(node)!
  const expected = [address, mac, dev].filter((part) => part !== undefined).join(' ')
  const own = neighs.filter((neigh) => neigh.dst === address && (dev === undefined || neigh.ifname === dev))
  if (own.some(({ lladdr, state }) => (state === 'known' || state === 'permanent') && (mac === undefined || lladdr === mac)))
    return undefined
  return { expected, seen: own.map(({ ifname, lladdr, state }) => `${lladdr ?? state} on ${ifname}`).join(', ') || 'not in the table' }
}

async function linkProblem({ engine }: Session, node: string, { ifname, is }: StateOf<'link'>): Promise<Problem | undefined> {
  const { network } = await engine.observe(new Map(), { withFacts: true })
  const link = network.namespaces.get(node)!.links.get(ifname)
  if (link === undefined) return { expected: `${ifname} ${is}`, seen: 'no such link' }
  const hasCarrier = link.facts?.carrier === true
  if ((link.up && hasCarrier) === (is === 'up')) return undefined
  return { expected: `${ifname} ${is}`, seen: `${link.facts?.operstate}${hasCarrier ? '' : ', no carrier'}` }
}

/** Whoever has put it there: the file, a service, a lease, an advertisement. */
async function addressProblem(
  { engine }: Session,
  node: string,
  { address, prefixlen, dev }: StateOf<'address'>,
): Promise<Problem | undefined> {
  const { addrs } = (await engine.facts([node])).get(node)!
  const isMeant = (addr: AddrState): boolean =>
    addr.local === address && (prefixlen ?? addr.prefixlen) === addr.prefixlen && (dev ?? addr.ifname) === addr.ifname
  if (addrs.some(isMeant)) return undefined
  const expected = `${address}${prefixlen === undefined ? '' : `/${prefixlen}`}${dev === undefined ? '' : ` dev ${dev}`}`
  const others = addrs.filter((addr) => !isLoopbackAddr(addr))
  return { expected, seen: others.map((addr) => `${addr.local}/${addr.prefixlen} dev ${addr.ifname}`).join(', ') || 'no address' }
}

/** The port lies in the bridge's namespace, at the other end of the cable. */
async function portProblem({ engine }: Session, { port: { node, ifname }, is }: StateOf<'port'>): Promise<Problem | undefined> {
  const { network } = await engine.observe(new Map(), { withFacts: true })
  const link = network.namespaces.get(node)?.links.get(ifname)
  const port = link?.kind === 'veth' ? network.namespaces.get(link.peer.netns)?.links.get(link.peer.ifname)?.facts?.portState : undefined
  return port === is ? undefined : { expected: is, seen: port ?? `${node}:${ifname} is not on a bridge` }
}

async function counterProblem(session: Session, node: string, { rule, grew }: StateOf<'counter'>): Promise<Problem | undefined> {
  const [before, after] = [session.countersBefore.get(node), await session.counters(node)]
  const now = counterOf(after, rule)
  const expected = `${rule} ${grew ? 'has counted' : 'has counted nothing'}`
  if (now === undefined) {
    const nearest = nearestRule(after, rule)
    return { expected, seen: `no such rule${nearest === undefined ? '' : `; most like it is: ${nearest}`}` }
  }
  const grown = now - (counterOf(before ?? [], rule) ?? 0)
  return grown > 0 === grew ? undefined : { expected, seen: grown === 0 ? 'no packet' : `${grown} packets` }
}
