/** Why a packet went another way than a test wants: the first node that sent it elsewhere, and what its routes say. */
import { ruleText } from '../state/words.ts'
import { nodesOf, type IpSighting } from './follow.ts'
import type { Session } from './session.ts'

/** `way`: as the packet went from `start`, in order. `wanted`: the nodes that it was to pass behind `start`. */
export async function detourCauses(
  session: Session,
  start: string,
  way: readonly IpSighting[],
  wanted: readonly string[],
): Promise<string[]> {
  const [seen, wished] = [[start, ...nodesOf(way)], wanted[0] === start ? wanted : [start, ...wanted]]
  const index = seen.findIndex((node, place) => node !== wished[place])
  const [node, next, meant] = [seen[index - 1], seen[index], wished[index]]
  const left = way.find(({ netns, isOut }) => isOut && netns === node)
  if (node === undefined || next === undefined || left === undefined) return []
  const came = way.find(({ netns, isOut }) => !isOut && netns === node)
  const words = `${node} sent it on by ${left.ifname} to ${next}${meant === undefined ? '' : `, not to ${meant}`}`
  const { dst, src } = left.packet
  const [route] = await session.engine.lookup([{ from: node, to: dst, ...(came !== undefined && { src, iif: came.ifname }) }])
  if (route?.dev !== left.ifname) return [`${words}.`]
  const via = route.via === undefined ? '' : `via ${route.via} `
  return [`${words}: its way to ${dst} is ${via}dev ${route.dev}.${await ruleWords(session, node)}`]
}

async function ruleWords({ engine }: Session, node: string): Promise<string> {
  const { network } = await engine.observe(new Map())
  const rules = [...(network.namespaces.get(node)?.rules.values() ?? [])].map(ruleText)
  return rules.length === 0 ? '' : ` It has policy rules: ${rules.join(', ')}.`
}
