// Limits of nodes: what holds them now, what is used, and whom the kernel has killed for want of memory.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'
import { findController, limitedNodes, readLimits, readUsage, type ControllerPlace } from '../linux/cgroup.ts'
import { watchMemory } from '../linux/cgroup-watch.ts'
import { findDisk } from '../linux/disk.ts'
import { LIMITED, limitsText, type IoLimits } from '../state/limits.ts'
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

/** The same with limits of disks, where the file has paths that lie on them; findings for those that do not. */
export function withDisks(desired: NetworkState): { readonly desired: NetworkState; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = []
  const diskOf = (io: IoLimits, origin: Origin | undefined): IoLimits => {
    const disk = findDisk(io.device)
    if (!('problem' in disk)) return { ...io, device: disk.name }
    diagnostics.push({
      code: 'FEATURE_MISSING',
      severity: 'error',
      detail: `There is no disk to be limited: ${disk.problem}.`,
      ...(origin !== undefined && { origin }),
      hint: 'Name the disk that the node uses with `device`, /dev/sda say, or leave `io` out.',
    })
    return io
  }
  const namespaces = [...desired.namespaces].map(([netns, namespace]) => {
    const { limits, limitsOrigin } = namespace
    if (limits?.io === undefined) return [netns, namespace] as const
    const io = limits.io.map((own) => diskOf(own, limitsOrigin))
    const twice = io.find(({ device }, index) => io.findIndex((other) => other.device === device) !== index)
    if (twice !== undefined)
      diagnostics.push({
        code: 'INVALID_VALUE',
        severity: 'error',
        detail: `${twice.device} has two entries in the limits of ${netns}.`,
        ...(limitsOrigin !== undefined && { origin: limitsOrigin }),
      })
    return [netns, { ...namespace, limits: { ...limits, io } }] as const
  })
  return { desired: { namespaces: new Map(namespaces) }, diagnostics }
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

/** Tells of each node in which the kernel kills for want of memory, until the function that it gives is called. */
export function watchOomKills(directory: string, hear: (node: string, kills: number) => void): () => void {
  const counts = new Map(limitedNodes(directory).map((node) => [node, readUsage(directory, node)?.oomKills ?? 0]))
  return watchMemory(directory, () => {
    for (const node of limitedNodes(directory)) {
      const kills = readUsage(directory, node)?.oomKills ?? 0
      const before = counts.get(node) ?? 0
      counts.set(node, kills)
      if (kills > before) hear(node, kills - before)
    }
  })
}
