/** Which nodes are meant: `h1`, `h1,h2`, `h[1-3]`, or several of these. Whether there are such nodes is for the lab to say. */
import { expandRange } from '../unit/range.ts'
import { usageError } from './usage.ts'

/** The names in the order in which they were said, each once. Never empty. */
export function nodeNames(words: string): readonly string[] {
  const names = words.split(',').flatMap((word) => {
    const { value, problem } = expandRange(word)
    if (problem !== undefined) throw usageError(`${problem}.`)
    return value
  })
  return [...new Set(names)]
}
