/** Where one packet goes, and its answer: seen by taps on every interface of the lab, so that nothing is guessed from TTLs. */
import { answerWords } from '../lab/answer.ts'
import { findTarget, type PingOptions, type Question } from '../lab/ask.ts'
import { bridgeBehind } from '../lab/bridge-at.ts'
import { withLab } from '../lab/shared-engine.ts'
import type { Flow } from '../linux/flow/flow.ts'
import type { NetworkState } from '../state/network.ts'
import { findCauses } from './diagnose.ts'
import { follow, type IpSighting } from './follow.ts'
import { sessionOf } from './session.ts'

/** A node that the packet passed. */
export interface TraceHop {
  readonly node: string
  /** Interface by which it came in; absent where it began. */
  readonly in?: string
  /** Interface by which it left; absent where it ended. */
  readonly out?: string
  /** Bridge of the lab that is behind `out`. */
  readonly bridge?: string
  /** As the packet was when it was seen there last: NAT changes them. */
  readonly src: string
  readonly dst: string
  readonly sport?: number
  readonly dport?: number
  readonly ttl: number
}

export interface Trace {
  readonly from: string
  readonly to: string
  /** Address that was asked. */
  readonly address: string
  readonly there: readonly TraceHop[]
  readonly back: readonly TraceHop[]
  /** Whether what was asked for came back: an echo, a connection, a datagram. */
  readonly isAnswered: boolean
  /** What came back, in words. */
  readonly answer: string
  /** Why it did not come, in sentences. */
  readonly because: readonly string[]
}

/** A lost packet is long overdue by then. */
const TIMEOUT_MS = 2000

/**
 * Sends one packet from a node to another, or to an address, and tells its way. Errors: refusal LAB_UNKNOWN, LAB_DEAD; finding NODE_UNKNOWN,
 * INVALID_VALUE.
 */
export function trace(
  lab: string,
  from: string,
  to: string,
  question: Question,
  { family, ttl }: Pick<PingOptions, 'family' | 'ttl'> = {},
): Promise<Trace> {
  return withLab(lab, async (open) => {
    const { record, memory, engine } = open
    const { address } = findTarget(record, memory.desired, from, to, family)
    const session = sessionOf(open)
    const { network } = await engine.observe(new Map()) // the engine knows links by their names only when it has seen them
    const flow: Flow = { ...question, from, to: address, timeoutMs: TIMEOUT_MS, ...(ttl !== undefined && { ttl }) }
    const { answers, sightings } = await session.followed([flow])
    const answer = answers[0]!
    const { there, back } = follow(flow, answer, sightings)
    const isAnswered = answer.outcome === 'answered'
    return {
      from,
      to,
      address,
      there: hopsOf(network, there),
      back: hopsOf(network, back),
      isAnswered,
      answer: answerWords(flow, answer, session.nameOf),
      because: isAnswered ? [] : await findCauses(session, flow, true),
    }
  })
}

/** Sightings beside each other in one node are one hop: by which interface it came first, and by which it left last. */
function hopsOf(network: NetworkState, sightings: readonly IpSighting[]): TraceHop[] {
  const hops: IpSighting[][] = []
  for (const sighting of sightings) {
    const last = hops.at(-1)
    // What leaves a node and comes in there once more has been elsewhere in between.
    const isSame = last?.[0]?.netns === sighting.netns && (sighting.isOut || !last.some(({ isOut }) => isOut))
    if (isSame) last.push(sighting)
    else hops.push([sighting])
  }
  return hops.map((hop) => hopOf(network, hop))
}

function hopOf(network: NetworkState, hop: readonly IpSighting[]): TraceHop {
  const [came, left] = [hop.find(({ isOut }) => !isOut), hop.findLast(({ isOut }) => isOut)]
  const { netns, packet } = hop.at(-1)!
  const { src, dst, sport, dport, ttl } = packet
  const bridge = left === undefined ? undefined : bridgeBehind(network, { netns, ifname: left.ifname })
  return {
    node: netns,
    ...(came !== undefined && { in: came.ifname }),
    ...(left !== undefined && { out: left.ifname }),
    ...(bridge !== undefined && { bridge }),
    ...{ src, dst, ttl },
    ...(sport !== undefined && { sport }),
    ...(dport !== undefined && { dport }),
  }
}
