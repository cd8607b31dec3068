/** What commands of a node may do: `privileged` and `capabilities`. */
import { suggest } from '../diagnostic/suggest.ts'
import { CAPABILITY_NAMES, DEFAULT_CAPABILITIES, parseCapabilities } from '../unit/capability.ts'
import type { Findings } from './findings.ts'
import { mapAt, scalarAt, textsAt, valueAt } from './value.ts'
import type { MapValue } from './value.ts'

/** Capabilities of the node's commands, sorted; undefined: all rights. */
export function readCapabilities(settings: MapValue, findings: Findings): readonly string[] | undefined {
  const map = mapAt(settings, 'capabilities')
  const privileged = scalarAt(settings, 'privileged')
  if (privileged?.value === true) {
    const origin = valueAt(settings, 'capabilities')?.origin
    if (map !== undefined && map.entries.size > 0)
      findings.error('CONFLICTING_VALUES', origin, 'The node is `privileged`: it has all capabilities, and no system call is denied.')
    return undefined
  }
  const named = (key: 'add' | 'drop'): string[] =>
    textsAt(map, key).flatMap((word) => {
      const { value, problem } = parseCapabilities(word.text)
      if (problem === undefined) return value
      const near = suggest(word.text.toUpperCase().replace(/^CAP_/, ''), CAPABILITY_NAMES)
      findings.error('INVALID_VALUE', word.origin, `${problem}.`, near === undefined ? {} : { hint: `Did you mean "${near}"?` })
      return []
    })
  const dropped = new Set(named('drop'))
  const added = named('add')
  // What is named wins over ALL: `drop: ALL, add: NET_RAW` leaves one, `add: ALL, drop: SYS_TIME` all but one.
  if (dropped.size === CAPABILITY_NAMES.length - 1) return [...new Set(added)].sort()
  return [...new Set([...DEFAULT_CAPABILITIES, ...added])].filter((name) => !dropped.has(name)).sort()
}
