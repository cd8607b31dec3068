/** Files inside nodes, each a bind mount over what the host shows there. */
import { fileDifferences } from '../state/equal.ts'
import { droppedFiles } from '../state/extra.ts'
import type { NamespaceState } from '../state/network.ts'
import { causeOf } from './cause.ts'
import { originOf } from './draft.ts'
import type { Draft } from './draft.ts'

export function planNewFiles(draft: Draft, netns: string, desired: NamespaceState): void {
  for (const [path, file] of desired.files) {
    const found = draft.now(netns).files.get(path)
    const [difference] = found === undefined ? [] : fileDifferences(file, found)
    if (found !== undefined && difference === undefined) continue
    // What the last up did not write is the host's: an undo shows it again by taking ours away.
    const isOurs = draft.options.previous?.namespaces.get(netns)?.files.has(path) ?? true
    draft.emit({
      type: 'write file',
      netns,
      cause:
        difference === undefined
          ? 'not there'
          : difference.property === 'mode'
            ? causeOf(difference)
            : 'its content is not that of the file',
      ...originOf(file, desired),
      path,
      file,
      ...(found !== undefined && isOurs && { previous: found }),
    })
  }
}

/** Files that the last `up` wrote and that are no longer asked for. */
export function planGoneFiles(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const observed = draft.observed.namespaces.get(netns)
    if (observed === undefined || draft.isNew(netns)) continue
    for (const path of droppedFiles(netns, desired, observed, draft.options)) {
      const previous = draft.now(netns).files.get(path)
      draft.emit({ type: 'remove file', netns, cause: 'not in the file', path, ...(previous !== undefined && { previous }) })
    }
  }
}
