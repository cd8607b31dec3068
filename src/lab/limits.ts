// Limits of nodes: what holds them now, what is used, and whom the kernel has killed for want of memory.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { findController, limitedNodes, readLimits, readUsage, type ControllerPlace } from '../linux/cgroup.ts'
import { LIMITED, limitsText } from '../state/limits.ts'
import type { NetworkState } from '../state/network.ts'
import type { MachineNeeds } from '../topology/machine-needs.ts'

/** Adds to observed state the limits, read from the nodes' cgroups. */
export function withObservedLimits(directory: string, observed: NetworkState): NetworkState {
  const limited = new Set(limitedNodes(directory))
  if (limited.size === 0) return observed
  const namespaces = [...observed.namespaces].map(([netns, namespace]) => {
    const limits = limited.has(netns) ? readLimits(directory, netns) : undefined
    return [netns, limits === undefined ? namespace : { ...namespace, limits }] as const
  })
  return { namespaces: new Map(namespaces) }
}

/** Findings FEATURE_MISSING, one for each controller that cannot be had, at the first node that needs it. Makes nothing. */
export function findMissingControllers(needed: MachineNeeds['limits']): Diagnostic[] {
  return [...needed].flatMap(([name, origin]): Diagnostic[] => {
    const { problem } = findController(name)
    if (problem === undefined) return []
    return [
      {
        code: 'FEATURE_MISSING',
        severity: 'error',
        detail: `The cgroup controller ${name} cannot be had: ${problem}.`,
        ...(origin !== undefined && { origin }),
        hint: 'Leave the limit out, bring the lab up as root, or in a cgroup that is delegated to you.',
        command: {
          sentence: 'Where systemd runs, such a cgroup is made by:',
          line: 'systemd-run --user --scope -p Delegate=yes netlab up',
        },
      },
    ]
  })
}

/** Where each controller can be had, for `doctor`. */
export function controllerPlaces(): ControllerPlace[] {
  return LIMITED.map(findController)
}

/** A fact beside a failure in a node: processes of it that the kernel has killed since it was made. */
export function oomFacts(directory: string, node: string): readonly (readonly [string, string])[] {
  const kills = readUsage(directory, node)?.oomKills ?? 0
  if (kills === 0) return []
  const processes = kills === 1 ? '1 process' : `${kills} processes`
  return [['memory', `the kernel has killed ${processes} of ${node}: its limits are ${limitsText(readLimits(directory, node) ?? {})}`]]
}

/** How often the cgroups of a watched lab are looked at. */
const LOOK_MS = 1000

/** Tells of each node in which the kernel kills for want of memory, until the function that it gives is called. */
export function watchOomKills(directory: string, hear: (node: string, kills: number) => void): () => void {
  const counts = new Map(limitedNodes(directory).map((node) => [node, readUsage(directory, node)?.oomKills ?? 0]))
  const look = setInterval(() => {
    for (const node of limitedNodes(directory)) {
      const kills = readUsage(directory, node)?.oomKills ?? 0
      const before = counts.get(node) ?? 0
      counts.set(node, kills)
      if (kills > before) hear(node, kills - before)
    }
  }, LOOK_MS)
  return () => clearInterval(look)
}
