/** `mtu`: the largest echo that gets there in one piece. RFC 1191, RFC 8201. */
import type { FlowAnswer, PingFlow } from '../linux/flow/flow.ts'
import type { MtuExpectation, Pair } from '../topology/tests/test.ts'
import { familyOf } from '../lab/answer.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import { pairWords } from './path.ts'
import type { Session } from './session.ts'

const TIMEOUT_MS = 700
/** IP and ICMP headers before the data. */
const HEADERS = { 4: 28, 6: 48 } as const
const SMALLEST = { 4: 68, 6: 1280 } as const
const LARGEST = 65535
/** Sizes that are tried at once. */
const AT_ONCE = 32

export async function evaluateMtu(session: Session, { pairs, mtu }: MtuExpectation, timeoutMs = TIMEOUT_MS): Promise<Evaluation> {
  const found = await Promise.all(pairs.map((pair) => pathMtu(session, pair, timeoutMs)))
  const misses = pairs.flatMap((pair, index): FirstMiss[] => {
    const { bytes, sayings, isBlackHole } = found[index]!
    if (bytes === mtu) return []
    const flow: PingFlow = echoOf(pair, SMALLEST[familyOf(pair.to.address)], timeoutMs)
    if (bytes === undefined)
      return [
        { words: `${pairWords(pair)} mtu`, expected: String(mtu), seen: 'not even a small packet is answered', flow, wantsAnswer: true },
      ]
    const because = [...sayings, ...(isBlackHole ? [blackHole(bytes)] : [])]
    const big = echoOf(pair, bytes + 1, timeoutMs)
    return [
      {
        words: `${pairWords(pair)} mtu`,
        expected: String(mtu),
        seen: `${bytes}`,
        because,
        ...(isBlackHole && { flow: big, wantsAnswer: true }),
      },
    ]
  })
  const [only] = found
  return { asked: pairs.length, misses, ...(found.length === 1 && only?.bytes !== undefined && { seen: `path MTU ${only.bytes}` }) }
}

function blackHole(bytes: number): string {
  return `Packets of more than ${bytes} bytes vanish, and nobody says so (no ICMP "fragmentation needed" comes back): an MTU black hole.`
}

interface Found {
  readonly bytes?: number
  /** Who told that it is less than the sender's own interface takes. */
  readonly sayings: readonly string[]
  /** Whether larger packets get lost without a word. */
  readonly isBlackHole: boolean
}

function echoOf({ from, to }: Pair, bytes: number, timeoutMs: number): PingFlow {
  return { kind: 'ping', from, to: to.address, timeoutMs, df: true, size: bytes - HEADERS[familyOf(to.address)] }
}

export async function pathMtu(session: Session, pair: Pair, timeoutMs: number): Promise<Found> {
  const family = familyOf(pair.to.address)
  let [good, bad] = [0, LARGEST + 1]
  const heard = new Map<number, FlowAnswer>()
  const tryAll = async (sizes: readonly number[]): Promise<void> => {
    const answers = await session.flows(sizes.map((size) => echoOf(pair, size, timeoutMs)))
    sizes.forEach((size, index) => heard.set(size, answers[index]!))
    for (const [size, answer] of heard) if (answer.outcome === 'answered') good = Math.max(good, size)
    for (const [size, answer] of heard) if (answer.outcome !== 'answered' && size > good) bad = Math.min(bad, size)
  }
  await tryAll([SMALLEST[family], 1280, 1400, 1420, 1480, 1492, 1500, 9000].filter((size) => size >= SMALLEST[family]))
  if (good === 0) return { sayings: [], isBlackHole: false }
  while (bad - good > 1) {
    const step = Math.max(1, (bad - good) / (AT_ONCE + 1))
    const sizes = Array.from({ length: AT_ONCE }, (_, index) => Math.round(good + step * (index + 1))).filter((size) => size < bad)
    await tryAll([...new Set(sizes)])
  }
  const next = heard.get(bad)
  const sayings =
    next?.outcome === 'icmp' && next.mtu !== undefined
      ? [`${session.nameOf(next.by)} says that the next hop takes ${next.mtu} bytes.`]
      : next?.outcome === 'error' && next.code === 'EMSGSIZE'
        ? await ownLimit(session, pair, good)
        : []
  return { bytes: good, sayings, isBlackHole: next?.outcome === 'silent' }
}

/** EMSGSIZE comes of the sender's own interface, too, and not only of what a router has told before. */
async function ownLimit({ engine }: Session, { from, to }: Pair, bytes: number): Promise<string[]> {
  const [[way], { network }] = await Promise.all([engine.lookup([{ from, to: to.address }]), engine.observe(new Map())])
  const mtu = network.namespaces.get(from)?.links.get(way?.dev ?? '')?.mtu
  return mtu === bytes ? [`${from}:${way!.dev} has MTU ${mtu}: what is larger does not leave it in one piece.`] : []
}
