/** Mounts of nodes. What lies on or below one goes before it, each by an operation of its own, so that each has its way back. */
import { isSameMount, isWithin, mountText, type MountState } from '../state/mount.ts'
import type { NamespaceState } from '../state/network.ts'
import { originOf } from './draft.ts'
import type { Draft } from './draft.ts'

export function planMounts(draft: Draft, netns: string, desired: NamespaceState): void {
  const there = new Map(draft.now(netns).mounts)
  const fresh = [...desired.mounts].filter(([path, mount]) => !isSameMount(mount, there.get(path)))
  const stale = [...there].filter(([path, mount]) => !isSameMount(mount, desired.mounts.get(path)))
  const changing = [...fresh, ...stale].map(([path]) => path)
  clearFiles(draft, netns, changing)
  for (const [path, mount] of [...there].toReversed()) {
    if (!changing.some((other) => isWithin(other, path))) continue
    draft.emit({ type: 'del mount', netns, cause: causeOfDel(path, mount, desired), path, mount })
  }
  for (const [path, mount] of desired.mounts) {
    if (draft.now(netns).mounts.has(path)) continue
    const cause = there.has(path) ? 'mounted anew' : 'not there'
    draft.emit({ type: 'add mount', netns, cause, ...originOf(mount, desired), path, mount })
  }
}

/** Files that netlab has put below what changes: they are written again behind it. */
function clearFiles(draft: Draft, netns: string, changing: readonly string[]): void {
  const written = draft.options.previous?.namespaces.get(netns)?.files
  for (const [path, previous] of draft.now(netns).files) {
    const mount = changing.find((other) => isWithin(other, path))
    if (mount === undefined || written?.has(path) !== true) continue
    draft.emit({ type: 'remove file', netns, cause: `lies in ${mount}, which changes`, path, previous })
  }
}

function causeOfDel(path: string, mount: MountState, desired: NamespaceState): string {
  const wanted = desired.mounts.get(path)
  if (wanted === undefined) return 'not in the file'
  return isSameMount(mount, wanted) ? 'what it lies in changes' : `is ${mountText(mount)}, the file says ${mountText(wanted)}`
}
