/** `path` and `paths`: which nodes the packets pass, as the taps in all of them see it. */
import { randomBytes } from 'node:crypto'
import type { Flow } from '../linux/flow/flow.ts'
import type { Pair, PathExpectation, PathsExpectation } from '../topology/tests/test.ts'
import { isWithin } from '../unit/bound.ts'
import { answerWords } from '../lab/answer.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import { detourCauses } from './detour.ts'
import { follow, nodesOf } from './follow.ts'
import type { Session } from './session.ts'

const TIMEOUT_MS = 2000

export function pairWords({ from, to }: Pair): string {
  return `${from} → ${to.text === to.address ? to.text : `${to.text} (${to.address})`}`
}

export async function evaluatePath(session: Session, expectation: PathExpectation, timeoutMs = TIMEOUT_MS): Promise<Evaluation> {
  const { pairs, path, back } = expectation
  const flows = pairs.map(({ from, to }): Flow => ({ kind: 'ping', from, to: to.address, timeoutMs }))
  const { answers, sightings } = await session.followed(flows)
  const journeys = flows.map((flow, index) => follow(flow, answers[index]!, sightings))
  const misses = await Promise.all(
    pairs.map(async (pair, index): Promise<FirstMiss[]> => {
      const [flow, answer, journey] = [flows[index]!, answers[index]!, journeys[index]!]
      const [there, home] = [nodesOf(journey.there), nodesOf(journey.back)]
      const far = there.at(-1) ?? pair.from
      const isThere = isWay(there, path, pair.from)
      const isBack = back === undefined || isWay(home, back, far)
      if (isThere && isBack) return []
      const seen = [
        ...(isThere ? [] : [there.length === 0 ? 'the packet reached nobody' : arrows(there)]),
        ...(isBack ? [] : [`back: ${home.length === 0 ? 'no answer' : arrows(home)}`]),
        ...(answer.outcome === 'answered' ? [] : [answerWords(flow, answer, session.nameOf)]),
      ]
      const words = `${pairWords(pair)} path`
      const expected = `${arrows(path)}${back === undefined ? '' : `, back: ${arrows(back)}`}`
      if (answer.outcome !== 'answered') return [{ words, expected, seen: seen.join('; '), flow, wantsAnswer: true }]
      const because = [
        ...(isThere ? [] : await detourCauses(session, pair.from, journey.there, path)),
        ...(isBack ? [] : await detourCauses(session, far, journey.back, back)),
      ]
      return [{ words, expected, seen: seen.join('; '), because }]
    }),
  )
  return { asked: pairs.length, misses: misses.flat(), ...(pairs.length === 1 && { seen: arrows(nodesOf(journeys[0]!.there)) }) }
}

function arrows(nodes: readonly string[]): string {
  return nodes.join(' → ')
}

/** Whether these nodes were passed; the one where the way begins may be named, too. */
function isWay(seen: readonly string[], wanted: readonly string[], start: string): boolean {
  return same(seen, wanted) || same([start, ...seen], wanted)
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index])
}

const FIRST_PORT = 33434 // as traceroute(8): nobody listens there, and that is an answer, too

/** A flow is a UDP datagram from a port of its own: routers with several next hops choose by ports where they are told to. */
export async function evaluatePaths(session: Session, expectation: PathsExpectation, timeoutMs = TIMEOUT_MS): Promise<Evaluation> {
  const misses: FirstMiss[] = []
  const shares: string[] = []
  for (const pair of expectation.pairs) {
    const flows = Array.from({ length: expectation.flows }, (_, index): Flow => ({
      kind: 'udp',
      from: pair.from,
      to: pair.to.address,
      port: FIRST_PORT + (index % 1000),
      payload: randomBytes(16),
      timeoutMs: Math.min(timeoutMs, TIMEOUT_MS),
    }))
    const { answers, sightings } = await session.followed(flows)
    const counts = new Map<string, number>()
    flows.forEach((flow, index) => {
      const taken = arrows(nodesOf(follow(flow, answers[index]!, sightings).there))
      counts.set(taken, (counts.get(taken) ?? 0) + 1)
    })
    const told = [...counts].map(([path, count]) => `${path === '' ? 'nobody' : path}: ${percent(count, flows.length)}`)
    shares.push(told.join(', '))
    const expected = expectation.paths.map(({ path, share }) => `${arrows(path)}${share === undefined ? '' : ` ${share.text}`}`)
    const isGood =
      expectation.paths.every(({ path, share }) => {
        const count = counts.get(arrows(path)) ?? 0
        return share === undefined ? count > 0 : isWithin(share, (100 * count) / flows.length)
      }) && [...counts.keys()].every((taken) => expectation.paths.some(({ path }) => arrows(path) === taken))
    if (!isGood)
      misses.push({ words: `${pairWords(pair)} paths of ${flows.length} flows`, expected: expected.join(' | '), seen: told.join(', ') })
  }
  return { asked: expectation.pairs.length, misses, ...(shares.length === 1 && { seen: shares[0]! }) }
}

function percent(count: number, of: number): string {
  return `${Math.round((100 * count) / of)}%`
}
