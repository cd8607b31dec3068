/** Files inside nodes, each a bind mount over what the host shows there. */
import { fileDifferences } from '../state/equal.ts'
import { droppedFiles } from '../state/extra.ts'
import type { FileState } from '../state/network.ts'
import { causeOf } from './draft.ts'
import type { Draft } from './draft.ts'

export function planNewFiles(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    for (const [path, file] of desired.files) {
      const previous = previousFile(draft, netns, path)
      const [difference] = previous === undefined ? [] : fileDifferences(file, previous)
      if (previous !== undefined && difference === undefined) continue
      draft.emit({
        type: 'write file',
        netns,
        cause: difference === undefined ? 'not there' : difference.property === 'mode' ? causeOf(difference) : 'its content is not that of the file',
        ...(file.origin !== undefined && { origin: file.origin }),
        path,
        file,
        ...(previous !== undefined && { previous }),
      })
    }
  }
}

/** Files that the last `up` wrote and that are no longer asked for. */
export function planGoneFiles(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const observed = draft.observed.namespaces.get(netns)
    if (observed === undefined || draft.isNew(netns)) continue
    for (const path of droppedFiles(netns, desired, observed, draft.options)) {
      const previous = previousFile(draft, netns, path)
      draft.emit({ type: 'remove file', netns, cause: 'not in the file', path, ...(previous !== undefined && { previous }) })
    }
  }
}

/** What stands there; with its content where it is still what the last `up` wrote. */
function previousFile(draft: Draft, netns: string, path: string): FileState | undefined {
  const observed = draft.isNew(netns) ? undefined : draft.observed.namespaces.get(netns)?.files.get(path)
  const written = draft.options.previous?.namespaces.get(netns)?.files.get(path)
  if (observed === undefined || written?.content === undefined || written.sha256 !== observed.sha256) return observed
  return { ...observed, content: written.content }
}
