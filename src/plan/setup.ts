/**
 * Setup commands. They run once in the life of a node: when it is new or made anew. A list that changes later does nothing by
 * itself, for nobody can tell what of the old one still stands; `up --recreate` runs it.
 */
import type { Draft } from './draft.ts'

export function planSetup(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    if (!draft.isNew(netns)) continue
    for (const { argv, origin } of desired.setup) {
      draft.emit({ type: 'run setup', netns, cause: 'the node is new', ...(origin !== undefined && { origin }), argv })
    }
  }
}
