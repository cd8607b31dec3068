// What to ask for by name when a lab is observed: that which cannot be listed.
import type { ObserveScope } from '../linux/observe.ts'
import type { NetworkState, RulesetTool } from '../state/network.ts'

/** Sysctls and files that any of the states speaks of, by namespace. */
export function scopeOf(...states: readonly (NetworkState | undefined)[]): ObserveScope {
  const scope = new Map<string, { sysctls: string[]; files: string[] }>()
  for (const state of states)
    for (const [name, namespace] of state?.namespaces ?? []) {
      const wanted = scope.get(name) ?? { sysctls: [], files: [] }
      wanted.sysctls.push(...namespace.sysctls.keys())
      wanted.files.push(...namespace.files.keys())
      scope.set(name, wanted)
    }
  return new Map([...scope].map(([name, { sysctls, files }]) => [name, { sysctls: [...new Set(sysctls)], files: [...new Set(files)] }]))
}

/** Packet filter tools that any of the states has rules for, by namespace. */
export function rulesetTools(...states: readonly (NetworkState | undefined)[]): Map<string, Set<RulesetTool>> {
  const tools = new Map<string, Set<RulesetTool>>()
  for (const state of states)
    for (const [name, namespace] of state?.namespaces ?? []) {
      if (namespace.rulesets.size === 0) continue
      const wanted = tools.get(name) ?? new Set()
      for (const tool of namespace.rulesets.keys()) wanted.add(tool)
      tools.set(name, wanted)
    }
  return tools
}
