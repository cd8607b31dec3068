import type { LabEvent } from './lab-event.ts'

/** One event as a line of JSON, without its newline. */
export function eventJson(lab: string, { atMs, noun, action, node, words, change }: LabEvent): string {
  const { before, after } = { before: undefined, after: undefined, ...change }
  return JSON.stringify({
    time: new Date(atMs).toISOString(),
    lab,
    noun,
    action,
    ...(node !== undefined && { node }),
    words,
    before,
    after,
  })
}
