import { distance } from 'fastest-levenshtein'

/**
 * The candidate that was probably meant, for "Did you mean …?"; undefined where none is near. Case does not count.
 * A short word may have one slip, a long one three; two letters in each other's place are one slip.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  const limit = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)))
  let best: string | undefined
  let bestSlips = limit + 1
  for (const candidate of candidates) {
    // A length apart by more than the limit cannot be near: saves the matrix among thousands of names.
    if (Math.abs(candidate.length - word.length) > limit) continue
    const found = slips(wanted, candidate.toLowerCase())
    if (found < bestSlips && found < candidate.length) [best, bestSlips] = [candidate, found]
  }
  return best
}

function slips(a: string, b: string): number {
  const edits = distance(a, b)
  return edits === 2 && [...a].sort().join('') === [...b].sort().join('') ? 1 : edits
}

/** ` Did you mean "h2"?` to put behind a sentence, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = suggest(word, candidates)
  return found === undefined ? '' : ` Did you mean "${found}"?`
}
