/**
 * Why an answer did not come: the packet is sent once more with taps on every interface of the lab, and followed to where it was last
 * seen. What the node there counted, and what its kernel says of the way on, is the cause.
 */
import type { Expectation } from '../topology/tests/test.ts'
import type { Flow } from '../linux/flow/flow.ts'
import { familyOf, icmpWords, outcomesOf } from '../lab/answer.ts'
import { duplicateCauses, macCauses } from './conflicts.ts'
import { droppedAt, nftCauses, rewrittenCauses } from './dropped-at.ts'
import type { FirstMiss } from './evaluation.ts'
import { isOwn, ownersOf, readCounts, type Evidence } from './evidence.ts'
import type { Sighting } from '../linux/flow/capture.ts'
import { follow, nodesOf, type IpSighting, type Journey } from './follow.ts'
import { arpCauses, unsentCauses } from './link-causes.ts'
import { maskCauses } from './mask.ts'
import { ruleCauses } from './rule-causes.ts'
import type { Session } from './session.ts'
import { silenceCauses } from './silent.ts'

/** A packet that is followed need not be waited for long. */
const FOLLOW_TIMEOUT_MS = 1200
/** Counters are read in so many nodes on the way. */
const MAX_NODES = 16

export async function diagnose(session: Session, _expectation: Expectation, miss: FirstMiss): Promise<readonly string[]> {
  const { flow, wantsAnswer = true } = miss
  return flow === undefined || flow.kind === 'neigh' ? [] : findCauses(session, flow, wantsAnswer)
}

/** The causes, in sentences, of what became of a flow when it was sent; it is sent again for it. */
export async function findCauses(session: Session, flow: Flow, wantsAnswer: boolean): Promise<readonly string[]> {
  const again: Flow = { ...flow, delayMs: 0, timeoutMs: Math.min(flow.timeoutMs, FOLLOW_TIMEOUT_MS) }
  const { network, duplicate } = await session.engine.observe(new Map(), { withFacts: true })
  const owners = ownersOf(network, flow.to)
  const first = await session.followed([again])
  const way = follow(again, first.answers[0]!, first.sightings)
  const passed = [flow.from, ...owners, ...[...way.there, ...way.back].map(({ netns }) => netns)]
  const nodes = [...new Set(passed)].slice(0, MAX_NODES)
  const before = await readCounts(session, nodes)
  const { answers, sightings } = await session.followed([again], true)
  const after = await readCounts(session, nodes)
  const evidence: Evidence = { session, network, duplicate, owners, flow: again, answer: answers[0]!, sightings, before, after }
  const journey = follow(again, evidence.answer, sightings)
  if (!wantsAnswer) return unwanted(evidence, journey)
  const conflicts = [...macCauses(evidence), ...duplicateCauses(evidence)]
  if (evidence.answer.outcome === 'answered') return [...conflicts, 'Asked once more, it was answered.']
  return [...conflicts, ...maskCauses(evidence), ...(await causes(evidence, journey)), ...errorCauses(evidence, journey)]
}

/** An answer came where none was to come: which way. */
function unwanted(evidence: Evidence, journey: Journey): string[] {
  const nodes = nodesOf(journey.there)
  return nodes.length < 2 ? [] : [`The packet went ${[evidence.flow.from, ...nodes].join(' → ')}, and no rule stopped it.`]
}

async function causes(evidence: Evidence, journey: Journey): Promise<string[]> {
  const { flow, network } = evidence
  const flood = stormCause(evidence.sightings)
  if (flood !== undefined) return flood
  if (journey.there.length === 0) return unsentCauses(evidence, flow.from, flow.to)
  const circle = circleCause(journey)
  if (circle !== undefined) return circle
  const last = journey.there.at(-1)!
  const taker = journey.there.findLast(({ isOut, packet, netns }) => !isOut && isOwn(network, netns, packet.dst))
  if (taker === undefined) return [...wayWords(flow.from, journey.there, 'The packet'), ...(await lostAt(evidence, last, 'there'))]
  return [...(await takenBy(evidence, journey, taker))]
}

async function lostAt(evidence: Evidence, last: IpSighting, leg: 'there' | 'back'): Promise<string[]> {
  const found = [...(await droppedAt(evidence, last, leg)), ...(await arpCauses(evidence, last))]
  return found.length > 0 || last.isOut ? found : [`${last.netns} dropped it without counting it anywhere.`]
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
  if (back.length === 0) return [`${arrived}, and no answer left it.`, ...(await keptAt(evidence, taker))]
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
    ...(await lostAt(evidence, last, 'back')),
  ]
}

/** It went in, and no answer came out: the node sent it on to somewhere else, drops it, or does not answer. */
async function keptAt(evidence: Evidence, taker: IpSighting): Promise<string[]> {
  const { netns, ifname, packet } = taker
  const rewritten = await rewrittenCauses(evidence, netns)
  if (rewritten.length > 0) return rewritten
  const silent = evidence.flow.kind === 'ping' ? await silenceCauses(evidence.session, netns, ifname, 'echo', familyOf(packet.dst)) : []
  return [...silent, ...(await droppedAt(evidence, taker, 'there'))]
}

async function refusals(evidence: Evidence, arrived: string, { netns, packet }: IpSighting): Promise<string[]> {
  const { session, flow, answer, network } = evidence
  if (answer.outcome === 'icmp' && !isOwn(network, netns, answer.by)) return []
  if (answer.outcome === 'icmp' && !outcomesOf(flow, answer).has('refused')) return rejections(evidence, arrived, netns)
  if (flow.kind !== 'tcp' && flow.kind !== 'udp') return ruleCauses(evidence, netns)
  const [port, used] = [packet.dport ?? flow.port, (await session.engine.usedPorts(netns))[flow.kind]]
  const name = `${flow.kind} port ${port}`
  const own = used.filter((each) => each.port === port).map(({ address }) => address)
  if (own.some((address) => address === packet.dst || isAny(address, familyOf(packet.dst))))
    return [`${arrived}, where a program has ${name}: a rule, or that program, refuses it.`, ...ruleCauses(evidence, netns)]
  if (own.length > 0)
    return [
      `${arrived}, where a program has ${name} on ${own.join(' and ')} alone. It must listen on 0.0.0.0 (or ::), or on ${packet.dst}.`,
    ]
  const ports = [...new Set(used.map((each) => each.port))].sort((a, b) => a - b)
  const others = ports.length === 0 ? 'on no port at all' : `on ${ports.slice(0, 10).join(', ')}${ports.length > 10 ? ' …' : ''}`
  return [`${arrived}, where nobody listens on ${name}: programs there listen ${others} (${flow.kind}).`, ...ruleCauses(evidence, netns)]
}

/** No port without a program answers so: a rule rejects it, or gave it a destination that nobody has. */
async function rejections(evidence: Evidence, arrived: string, netns: string): Promise<string[]> {
  const known = [...(await rewrittenCauses(evidence, netns)), ...ruleCauses(evidence, netns)]
  return [`${arrived}, which sent that answer itself.`, ...known, ...nftCauses(evidence, netns, known)]
}

/** `::` takes IPv4, too, unless the program says otherwise. */
function isAny(address: string, family: 4 | 6): boolean {
  return address === '::' || (family === 4 && address === '0.0.0.0')
}

function errorCauses({ flow, session, answer }: Evidence, { errors }: Journey): string[] {
  const [first] = errors.filter(({ isOut }) => isOut)
  if (first === undefined || answer.outcome === 'icmp') return []
  const { icmp, src } = first.packet
  const words = icmpWords(familyOf(flow.to), { outcome: 'icmp', by: src, type: icmp!.type, code: icmp!.code })
  return [`${session.nameOf(src)} sent ${words} back, which did not reach ${flow.from}.`]
}

/** The same packet over and over on one interface, unchanged: switches that flood it to each other. */
const STORM = 20

function stormCause(sightings: readonly Sighting[]): string[] | undefined {
  const counts = new Map<string, number>()
  for (const { netns, ifname, isOut, packet } of sightings) {
    if (isOut) continue
    const identity =
      packet.kind === 'arp' ? `${packet.sender} ${packet.target}` : `${packet.src} ${packet.dst} ${packet.ttl} ${packet.icmp?.seq}`
    const key = `${netns}:${ifname} ${packet.kind} ${identity}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1])
  if (most === undefined || most[1] < STORM) return undefined
  return [
    `One and the same packet came to ${most[0].split(' ')[0]} ${most[1]} times: the switches form a loop, and send it round and round (broadcast storm). ` +
      'Turn the spanning tree on (stp: true on the bridges), or take a cable out.',
  ]
}

function circleCause({ there }: Journey): string[] | undefined {
  const nodes = nodesOf(there)
  const again = nodes.findIndex((node, index) => nodes.indexOf(node) < index)
  if (again < 0 || nodes.length < 6) return undefined
  const circle = nodes.slice(nodes.indexOf(nodes[again]!), again + 1)
  return [
    `The packet went round in a circle until its TTL ran out: ${circle.join(' → ')}. Their routes point at each other (routing loop).`,
  ]
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
