import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { HeldName } from '../linux/holder.ts'
import { processStart } from '../linux/process.ts'
import { FABRIC } from '../state/network.ts'
import type { ReadyLab } from './compile.ts'
import { hasHostLinks, hostLinkPaths, updateHostLinks } from './host-links.ts'
import { writeState, type LabRecord } from './state.ts'

/**
 * Writes down what later commands need, then makes the links under /run/netns: what is written first can be taken away after a crash.
 * Returns a warning where a link could not be made.
 */
export async function saveLab(
  ready: ReadyLab,
  holderPid: number,
  held: readonly HeldName[],
  tolerated: ReadonlySet<string>,
  before?: LabRecord,
): Promise<Diagnostic[]> {
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
  writeState(record, { desired, tolerated })
  const taken = hasHostLinks() ? await updateHostLinks(name, holderPid, held, before?.hostLinks ?? []) : []
  return taken.length === 0 ? [] : [netnsNameTaken(taken)]
}

function netnsNameTaken(paths: readonly string[]): Diagnostic {
  const [first, ...more] = paths
  const others = more.length === 0 ? '' : ` and ${more.length} more`
  return {
    code: 'NETNS_NAME_TAKEN',
    severity: 'warning',
    detail: `${first}${others} was there and is not of this lab: "ip netns" shows that namespace, not the node.`,
    hint: 'Use "netlab exec"; or remove the other one, or give the lab another name, and run "netlab up" again.',
  }
}

/** Namespace by bridge name: the fabric, or the bridge's own. */
function* bridgesOf({ desired }: ReadyLab): Iterable<[string, string]> {
  for (const [netns, { kind, links }] of desired.namespaces)
    for (const [ifname, link] of links)
      if (link.kind === 'bridge' && kind !== 'node') yield [link.alias ?? ifname, netns === FABRIC ? FABRIC : netns]
}
