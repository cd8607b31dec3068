/**
 * Probabilities as tc(8) reads them: `1%`, `0.3%`, and without the sign all the same a percentage. Kept as the kernel has them, in parts
 * of 2^32 - 1 (`prob32`): 100% is 4294967295, and no number with a finite decimal fraction but 0, 20, 40, 60, 80 and 100 is kept exactly.
 */
import type { Parsed } from './parsed.ts'

export const MAX_PROB32 = 0xffff_ffff

/** Parts of 2^32 - 1, rounded as rint(3) does in tc. */
export function parseProbability(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})? ?%?$/i.exec(text.trim())
  const percent = match === null ? NaN : parseFloat(text)
  if (Number.isNaN(percent)) return { problem: `"${text}" is not a probability, e.g. 1% or 0.3%` }
  if (percent > 100) return { problem: `"${text}" is more than 100%` }
  return { value: Math.round((percent / 100) * MAX_PROB32) }
}

/** `1%`: the shortest decimal fraction that `parseProbability` reads as the same number. */
export function formatProbability(prob32: number): string {
  const percent = (prob32 / MAX_PROB32) * 100
  for (let digits = 1; digits < 17; digits++) {
    const text = `${Number(percent.toPrecision(digits))}%`
    if (!text.includes('e') && parseProbability(text).value === prob32) return text
  }
  return `${percent.toFixed(12)}%`
}
