/** Limits of nodes, set before anything of the file's runs in them. */
import { limitsText, NO_LIMITS } from '../state/limits.ts'
import type { Draft } from './draft.ts'

export function planLimits(draft: Draft): void {
  for (const [netns, { limits = NO_LIMITS, limitsOrigin }] of draft.namespaces) {
    const previous = draft.now(netns).limits ?? NO_LIMITS
    const [was, wanted] = [previous, limits].map(limitsText)
    if (was === wanted) continue
    const origin = limitsOrigin === undefined ? {} : { origin: limitsOrigin }
    draft.emit({ netns, ...origin, type: 'set limits', cause: `its limits are ${was}, the file says ${wanted}`, limits, previous })
  }
}
