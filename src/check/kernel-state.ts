/** `state`: what the kernel of a node has. */
import type { Observation } from '../linux/observe.ts'
import type { KernelState, StateExpectation } from '../topology/tests/test.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import { counterOf } from './rule-counters.ts'
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
    case 'link':
      return observedProblem(session, node, state)
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

async function observedProblem({ engine }: Session, node: string, state: StateOf<'address' | 'link'>): Promise<Problem | undefined> {
  const { network }: Observation = await engine.observe(new Map(), { withFacts: true })
  const { addrs, links } = network.namespaces.get(node)!
  if (state.noun === 'link') {
    const link = links.get(state.ifname)
    const facts = link?.facts
    const isUp = link?.up === true && facts?.carrier === true
    if (link !== undefined && isUp === (state.is === 'up')) return undefined
    return {
      expected: `${state.ifname} ${state.is}`,
      seen: link === undefined ? 'no such link' : `${facts?.operstate ?? ''}${facts?.carrier === true ? '' : ', no carrier'}`,
    }
  }
  const { address, prefixlen, dev } = state
  const has = [...addrs.values()]
  if (
    has.some((addr) => addr.local === address && (prefixlen ?? addr.prefixlen) === addr.prefixlen && (dev ?? addr.ifname) === addr.ifname)
  )
    return undefined
  const seen = has.map((addr) => `${addr.local}/${addr.prefixlen} dev ${addr.ifname}`).join(', ')
  return {
    expected: `${address}${prefixlen === undefined ? '' : `/${prefixlen}`}${dev === undefined ? '' : ` dev ${dev}`}`,
    seen: seen || 'no address',
  }
}

/** The port lies in the bridge's namespace, at the other end of the cable; bridge(8) tells its state. */
async function portProblem(session: Session, { port, is }: StateOf<'port'>): Promise<Problem | undefined> {
  const link = session.desired.namespaces.get(port.node)?.links.get(port.ifname)
  const peer = link?.kind === 'veth' ? link.peer : undefined
  const end = peer === undefined ? undefined : session.desired.namespaces.get(peer.netns)?.links.get(peer.ifname)
  if (peer === undefined || end?.master === undefined) return { expected: is, seen: `${port.node}:${port.ifname} is not on a bridge` }
  const master = session.desired.namespaces.get(peer.netns)?.links.get(end.master)
  const { stdout } = await session.exec(master?.alias ?? end.master, ['bridge', '-j', 'link', 'show', 'dev', peer.ifname])
  const [shown] = JSON.parse(stdout || '[]') as { state?: string }[]
  return shown?.state === is ? undefined : { expected: is, seen: shown?.state ?? 'no such port' }
}

async function counterProblem(session: Session, node: string, { rule, grew }: StateOf<'counter'>): Promise<Problem | undefined> {
  const [before, after] = [session.countersBefore.get(node), await session.counters(node)]
  const now = counterOf(after, rule)
  const expected = `${rule} ${grew ? 'has counted' : 'has counted nothing'}`
  if (now === undefined) return { expected, seen: 'no such rule' }
  const grown = now - (counterOf(before ?? [], rule) ?? 0)
  return grown > 0 === grew ? undefined : { expected, seen: grown === 0 ? 'no packet' : `${grown} packets` }
}
