import { hostLinkPaths } from '../linux/host-links.ts'
import { processStart } from '../linux/process.ts'
import { FABRIC, type NetworkState } from '../state/network.ts'
import type { ReadyLab } from './compile.ts'
import { hasHostLinks } from './directory.ts'
import { writeState, type LabRecord } from './state.ts'

/**
 * Writes down what later commands need. Links under /run/netns that the lab had before stay in it: they may not be gone yet. `unfinished`:
 * what was made before, where the lab is not wholly what the file says.
 */
export function saveLab(
  ready: ReadyLab,
  holderPid: number,
  tolerated: ReadonlySet<string>,
  before?: LabRecord,
  unfinished?: NetworkState,
): void {
  const { name, file, desired, env, capabilities } = ready
  const namespaces = [...desired.namespaces]
  const nodes = namespaces.filter(([, { kind }]) => kind === 'node')
  const wantedLinks = hasHostLinks() ? hostLinkPaths(name, desired.namespaces.keys()) : []
  const record: LabRecord = {
    name,
    ...(file !== undefined && { file }),
    holderPid,
    holderStart: before?.holderStart ?? processStart(holderPid) ?? '',
    since: before?.since ?? new Date().toISOString(),
    nodes: nodes.map(([node]) => node),
    bridges: Object.fromEntries(bridgesOf(ready)),
    env: Object.fromEntries(env),
    capabilities: Object.fromEntries(capabilities),
    interfaces: Object.fromEntries(nodes.map(([node, { links }]) => [node, [...links.keys()]])),
    hostLinks: [...new Set([...wantedLinks, ...(before?.hostLinks ?? [])])],
  }
  writeState(record, { desired, tolerated, ...(unfinished !== undefined && { before: unfinished }) })
}

/** Namespace by bridge name: the fabric, or the bridge's own. */
function* bridgesOf({ desired }: ReadyLab): Iterable<[string, string]> {
  for (const [netns, { kind, links }] of desired.namespaces)
    for (const [ifname, link] of links)
      if (link.kind === 'bridge' && kind !== 'node') yield [link.alias ?? ifname, netns === FABRIC ? FABRIC : netns]
}
