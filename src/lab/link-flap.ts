import { setTimeout as wait } from 'node:timers/promises'
import { downLink, upLink, type LinkChanges } from './link.ts'

export interface FlapOptions {
  /** How often. Default: 1. */
  readonly count?: number
  /** How long the cable is out each time, and in between. Default: 1000. */
  readonly downMs?: number
  readonly upMs?: number
  /** Puts the cable in, and rejects with its reason. */
  readonly signal?: AbortSignal
}

/** Pulls a cable and puts it in again. Errors: as `downLink`, the signal's reason. */
export async function flapLink(lab: string, word: string, options: FlapOptions = {}): Promise<LinkChanges> {
  const { count = 1, downMs = 1000, upMs = 1000, signal } = options
  const pause = (ms: number): Promise<void> => wait(ms, undefined, signal === undefined ? {} : { signal })
  for (let left = count; ; left--) {
    await downLink(lab, word)
    let changes: LinkChanges
    try {
      await pause(downMs)
    } finally {
      changes = await upLink(lab, word)
    }
    if (left <= 1) return changes
    await pause(upMs)
  }
}
