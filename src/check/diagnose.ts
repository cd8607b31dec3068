/**
 * Why an answer did not come: the packet is sent once more with taps on every interface of the lab, and followed to where it was last
 * seen. What the node there counted, and what its kernel says of the way on, is the cause.
 */
import type { Expectation } from '../topology/tests/test.ts'
import type { Flow } from '../linux/flow/flow.ts'
import { familyOf, icmpWords } from './answer.ts'
import { droppedAt } from './dropped-at.ts'
import type { FirstMiss } from './evaluation.ts'
import { readEvidence, type Evidence } from './evidence.ts'
import { follow, nodesOf, type IpSighting, type Journey } from './follow.ts'
import { arpCauses, unsentCauses } from './link-causes.ts'
import { maskCauses } from './mask.ts'
import type { Session } from './session.ts'

/** A packet that is followed need not be waited for long. */
const FOLLOW_TIMEOUT_MS = 1200

export async function diagnose(session: Session, _expectation: Expectation, miss: FirstMiss): Promise<readonly string[]> {
  const { flow } = miss
  if (flow === undefined || flow.kind === 'neigh') return []
  const before = await readEvidence(session)
  const again: Flow = { ...flow, delayMs: 0, timeoutMs: Math.min(flow.timeoutMs, FOLLOW_TIMEOUT_MS) }
  const { answers, sightings } = await session.followed([again])
  const evidence: Evidence = { session, flow: again, answer: answers[0]!, sightings, before, after: await readEvidence(session) }
  const journey = follow(again, evidence.answer, sightings)
  if (miss.wantsAnswer === false) return unwanted(evidence, journey)
  if (evidence.answer.outcome === 'answered') return ['Asked once more, it was answered.']
  return [...maskCauses(evidence), ...(await causes(evidence, journey)), ...errorCauses(evidence, journey)]
}

/** An answer came where none was to come: which way. */
function unwanted(evidence: Evidence, journey: Journey): string[] {
  const nodes = nodesOf(journey.there)
  return nodes.length < 2 ? [] : [`The packet went ${[evidence.flow.from, ...nodes].join(' → ')}, and no rule stopped it.`]
}

async function causes(evidence: Evidence, journey: Journey): Promise<string[]> {
  const { flow, session } = evidence
  if (journey.there.length === 0) return unsentCauses(evidence, flow.from, flow.to)
  const storm = loopCause(journey)
  if (storm !== undefined) return storm
  const last = journey.there.at(-1)!
  const taker = journey.there.findLast(
    ({ isOut, packet, netns }) => !isOut && session.ownerOf(packet.dst) !== undefined && isOwn(session, netns, packet.dst),
  )
  if (taker === undefined)
    return [
      ...wayWords(flow.from, journey.there, 'The packet'),
      ...(await droppedAt(evidence, last, 'there')),
      ...(await arpCauses(evidence, last)),
    ]
  return [...(await takenBy(evidence, journey, taker))]
}

/** The packet arrived at a node that has its destination address. */
async function takenBy(evidence: Evidence, { back }: Journey, taker: IpSighting): Promise<string[]> {
  const { flow, session, answer } = evidence
  const owner = session.ownerOf(flow.to)
  if (owner !== undefined && owner !== taker.netns && taker.packet.dst === flow.to)
    return [
      `${flow.to} is the address of ${owner}, but ${taker.netns} took the packet: it has the same address. Two nodes on one link must not share one.`,
    ]
  const redirected =
    taker.packet.dst === flow.to
      ? ''
      : `, rewritten to ${taker.packet.dst}${taker.packet.dport === undefined ? '' : `:${taker.packet.dport}`} (DNAT),`
  const arrived = `The packet${redirected} reached ${taker.netns}`
  if (answer.outcome === 'reset' || answer.outcome === 'icmp') return refusals(evidence, arrived, taker)
  if (back.length === 0) return [`${arrived}, and no answer left it.`, ...(await droppedAt(evidence, taker, 'there'))]
  const home = back.findLast(({ netns, isOut }) => !isOut && netns === flow.from)
  if (home !== undefined && home.packet.src !== flow.to)
    return [
      `The answer came to ${flow.from} from ${session.nameOf(home.packet.src)}, but ${flow.from} had asked ${flow.to}: it does not know it for an answer. ` +
        `The way there was rewritten by NAT, and the way back does not pass the same router (NAT hairpin). Masquerade such connections there, too: ` +
        `-t nat -A POSTROUTING -s … -d ${taker.packet.dst} -j MASQUERADE`,
    ]
  if (home !== undefined)
    return [`${arrived}, and its answer came back to ${flow.from}, which did not take it.`, ...(await droppedAt(evidence, home, 'back'))]
  const last = back.at(-1)!
  return [
    `${arrived}, and its answer got lost on the way back.`,
    ...wayWords(taker.netns, back, 'The answer'),
    ...(await droppedAt(evidence, last, 'back')),
    ...(await arpCauses(evidence, last)),
  ]
}

function refusals({ flow, answer, session }: Evidence, arrived: string, taker: IpSighting): string[] {
  if (answer.outcome === 'icmp' && !isOwn(session, taker.netns, answer.by)) return []
  const port = 'port' in flow ? (taker.packet.dport ?? flow.port) : ''
  return [`${arrived}, where nobody listens on ${flow.kind} port ${port}, or a rule rejects it.`]
}

function errorCauses({ flow, session, answer }: Evidence, { errors }: Journey): string[] {
  const [first] = errors.filter(({ isOut }) => isOut)
  if (first === undefined || answer.outcome === 'icmp') return []
  const { icmp, src } = first.packet
  const words = icmpWords(familyOf(flow.to), { outcome: 'icmp', by: src, type: icmp!.type, code: icmp!.code })
  return [`${session.nameOf(src)} sent ${words} back, which did not reach ${flow.from}.`]
}

function isOwn({ desired }: Session, netns: string, address: string): boolean {
  return [...(desired.namespaces.get(netns)?.addrs.values() ?? [])].some(({ local }) => local === address)
}

/** The same packet over and over on one interface, its TTL unchanged: switches that flood it to each other. */
const STORM = 4

function loopCause({ there }: Journey): string[] | undefined {
  const counts = new Map<string, number>()
  for (const { netns, ifname, isOut, packet } of there) {
    if (isOut) continue
    const key = `${netns}:${ifname} ${packet.ttl}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1])
  if (most !== undefined && most[1] >= STORM)
    return [
      `One packet came ${most[1]} times to ${most[0].split(' ')[0]}: the switches form a loop, and send it round and round. Turn the spanning tree on (stp: true), or take a cable out.`,
    ]
  const nodes = nodesOf(there)
  const again = nodes.findIndex((node, index) => nodes.indexOf(node) < index)
  if (again < 0 || nodes.length < 6) return undefined
  const loop = nodes.slice(nodes.indexOf(nodes[again]!), again + 1)
  return [`The packet went round in a circle until its TTL ran out: ${loop.join(' → ')}. Their routes point at each other.`]
}

function wayWords(from: string, sightings: readonly IpSighting[], what: string): string[] {
  const nodes = nodesOf(sightings)
  const last = sightings.at(-1)!
  const way = nodes.length === 0 ? `${what} left ${from} by ${last.ifname}` : `${what} went ${[from, ...nodes].join(' → ')}`
  return [
    last.isOut && nodes.length > 0
      ? `${way}, left ${last.netns} by ${last.ifname}, and was not seen again.`
      : last.isOut
        ? `${way}, and was not seen again.`
        : `${way}, and no further: it came in by ${last.ifname}.`,
  ]
}
