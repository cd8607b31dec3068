// What sysctls are in a network namespace that is new: asked from the kernel, since the machine's own settings show through (ip-sysctl.rst,
// devconf_inherit_init_net).
import type { Engine } from '../linux/engine.ts'
import type { NetworkState } from '../state/network.ts'

/** Values in a new namespace of the sysctls that `desired` sets in namespaces which are not there yet. */
export async function freshSysctls(engine: Engine, desired: NetworkState, observed?: NetworkState): Promise<ReadonlyMap<string, string>> {
  const names = new Set<string>()
  for (const [netns, { sysctls }] of desired.namespaces)
    if (observed?.namespaces.has(netns) !== true) for (const name of sysctls.keys()) names.add(name)
  return names.size === 0 ? new Map() : engine.defaults([...names])
}

/** For sysctls that the file set before and no longer does: what they go back to, by namespace. */
export async function valuesToRestore(
  engine: Engine,
  before: NetworkState,
  now: NetworkState,
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const dropped = new Map<string, string[]>()
  for (const [netns, { sysctls }] of before.namespaces) {
    const kept = now.namespaces.get(netns)?.sysctls
    const names = kept === undefined ? [] : [...sysctls.keys()].filter((name) => !kept.has(name))
    if (names.length > 0) dropped.set(netns, names)
  }
  if (dropped.size === 0) return new Map()
  const values = await engine.defaults([...new Set([...dropped.values()].flat())])
  return new Map([...dropped].map(([netns, names]) => [netns, new Map(names.flatMap((name) => entry(values, name)))]))
}

function entry(values: ReadonlyMap<string, string>, name: string): [string, string][] {
  const value = values.get(name)
  return value === undefined ? [] : [[name, value]]
}
