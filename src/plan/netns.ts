/** Namespaces: those that are new, made anew or gone, and their hostnames. */
import { DEFAULT_ISOLATION, isolationText } from '../state/isolation.ts'
import { rootText } from '../state/mount.ts'
import type { NamespaceState } from '../state/network.ts'
import type { Draft } from './draft.ts'
import { planServicesOf } from './service.ts'

/** Namespaces whose kind or root directory changed: no system call turns one into the other. What was in them is made again. */
export function planRemadeNetns(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const there = draft.observed.namespaces.get(netns)
    if (there === undefined || !draft.isNew(netns)) continue
    planServicesOf(draft, netns)
    draft.emit({ type: 'del netns', netns, cause: whyRemade(there, desired) })
  }
}

function whyRemade(there: NamespaceState, desired: NamespaceState): string {
  if (there.kind !== desired.kind) return `it is ${kindWords(there.kind)}, the file says ${kindWords(desired.kind)}`
  return `its root is ${rootText(there.root)}, the file says ${rootText(desired.root)}`
}

export function planNetns(draft: Draft, netns: string, desired: NamespaceState): void {
  const { kind, hostname, root, origin } = desired
  const base = { netns, ...(origin !== undefined && { origin }) }
  if (draft.isNew(netns)) {
    const cause = draft.observed.namespaces.has(netns) ? 'made anew' : 'not there'
    draft.emit({
      ...base,
      ...(root?.origin !== undefined && { origin: root.origin }),
      type: 'add netns',
      cause,
      kind,
      ...(hostname !== undefined && { hostname }),
      ...(root !== undefined && { root }),
    })
    planIsolation(draft, netns, desired)
    return
  }
  planIsolation(draft, netns, desired)
  const previous = draft.now(netns).hostname
  if (hostname === undefined || hostname === previous) return
  draft.emit({
    ...base,
    type: 'set hostname',
    cause: `hostname is ${previous ?? 'not set'}, the file says ${hostname}`,
    hostname,
    ...(previous !== undefined && { previous }),
  })
}

function planIsolation(draft: Draft, netns: string, { isolation, origin }: NamespaceState): void {
  const previous = draft.now(netns).isolation ?? DEFAULT_ISOLATION
  const [was, wanted] = [previous, isolation ?? previous].map(isolationText)
  if (isolation === undefined || was === wanted) return
  const cause = `it isolates ${was}, the file says ${wanted}`
  draft.emit({ netns, ...(origin !== undefined && { origin }), type: 'set isolation', cause, isolation, previous })
}

/** Last of all: nothing brings back what ran in them. */
export function planGoneNetns(draft: Draft): void {
  for (const [netns] of draft.observed.namespaces) {
    if (draft.desired.namespaces.has(netns)) continue
    planServicesOf(draft, netns)
    draft.emit({ type: 'del netns', netns, cause: 'not in the file' })
  }
}

function kindWords(kind: NamespaceState['kind']): string {
  return { node: 'a node', bridge: 'a bridge with an address', fabric: 'the fabric', host: "the machine's own" }[kind]
}
