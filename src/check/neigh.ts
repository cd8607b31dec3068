/** `arp` and `nd`: who on the link has an address. One must have it, and no more. */
import type { NeighExpectation } from '../topology/tests/test.ts'
import { answerWords } from '../lab/answer.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import { pairWords } from './path.ts'
import type { Session } from './session.ts'

const TIMEOUT_MS = 1000

export async function evaluateNeigh(session: Session, expectation: NeighExpectation, timeoutMs = TIMEOUT_MS): Promise<Evaluation> {
  const { kind, pairs, expect, mac } = expectation
  const flows = pairs.map(({ from, to }) => ({ kind: 'neigh' as const, from, to: to.address, timeoutMs }))
  const answers = await session.flows(flows)
  const misses = pairs.flatMap((pair, index): FirstMiss[] => {
    const answer = answers[index]!
    const macs = answer.outcome === 'neighbours' ? answer.macs : []
    const isGood = expect === 'no-reply' ? macs.length === 0 : macs.length === 1 && (mac === undefined || macs[0] === mac)
    if (isGood) return []
    const seen =
      macs.length > 0 ? macs.map((each) => macWords(session, each)).join(' and ') : answerWords(flows[index]!, answer, session.nameOf)
    const because = macs.length > 1 ? [`${pair.to.address} is taken twice: ${seen} both say that they have it.`] : []
    return [{ words: `${pairWords(pair)} ${kind}`, expected: expect === 'no-reply' ? 'no-reply' : (mac ?? 'one reply'), seen, because }]
  })
  return { asked: pairs.length, misses }
}

/** `h2:eth0 (02:00:…)` */
export function macWords({ desired }: Session, mac: string): string {
  for (const [name, { links }] of desired.namespaces)
    for (const [ifname, link] of links) if (link.lladdr === mac) return `${name}:${ifname} (${mac})`
  return mac
}
