/**
 * What netem makes of a chance with a correlation, sch_netem.c. Each throw is a mean of a new one and of the one before (get_crandom), so all come
 * closer to the middle, and a small chance is hardly ever met. A jitter takes the remainder of its throw (tabledist), in which nothing is left of
 * the one before.
 */
import { formatProbability, MAX_PROB32 } from '../unit/probability.ts'
import type { Problem } from './impairment-problem.ts'
import type { Chance, Impairment } from './impairment.ts'

const THROWS = 500_000

/** Links of one profile ask the same. */
const counted = new Map<string, number>()

/** How many throws are within `probability`, both from 0 to 1: counted, and each time the same. */
export function correlatedShare(probability: number, correlation: number): number {
  const key = `${probability} ${correlation}`
  const share = counted.get(key) ?? countThrows(probability, correlation)
  counted.set(key, share)
  return share
}

function countThrows(probability: number, correlation: number): number {
  let [state, last, within] = [1, 0.5, 0]
  for (let count = 0; count < THROWS; count++) {
    // xorshift32, George Marsaglia (2003)
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    last = ((state >>> 0) / MAX_PROB32) * (1 - correlation) + last * correlation
    if (last <= probability) within++
  }
  return within / THROWS
}

/** Where the kernel makes something else of a correlation than whoever writes it expects. */
export function correlationProblems({ loss, duplicate, corrupt, reorder, jitterCorrelation }: Impairment): readonly Problem[] {
  const problems: Problem[] = []
  const tell = (key: keyof Impairment, chance: Chance | undefined, hint?: string): void => {
    if (chance === undefined || chance.correlation === 0) return
    const [said, correlation] = [chance.probability / MAX_PROB32, chance.correlation / MAX_PROB32]
    const met = correlatedShare(said, correlation)
    if (Math.abs(met - said) < said / 10) return
    const detail =
      `A chance of ${formatProbability(chance.probability)} with a correlation of ${formatProbability(chance.correlation)} is met by ` +
      `${percentText(met)} of the packets: the kernel takes a mean of each throw and the one before it, and few of those are near the ends.`
    problems.push({ key, detail, ...(hint !== undefined && { hint }) })
  }
  tell('loss', loss?.model === 'random' ? loss : undefined, 'Losses in bursts are those of a `gemodel`.')
  tell('duplicate', duplicate)
  tell('corrupt', corrupt)
  tell('reorder', reorder)
  if ((jitterCorrelation ?? 0) > 0) {
    const detail =
      'A jitter with a correlation is as one without: the kernel takes the remainder of each throw, and nothing is left in it of the one before.'
    problems.push({ key: 'jitter', detail })
  }
  return problems
}

function percentText(share: number): string {
  const percent = share * 100
  return percent < 0.01 ? 'less than 0.01%' : `${Number(percent.toPrecision(2))}%`
}
