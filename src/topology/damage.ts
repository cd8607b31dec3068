/**
 * Which nodes and bridges are not what the user wrote, because a finding took a part of them away.
 * Findings about what is then missing ("the gateway is not connected") would only repeat the first one in other words.
 */
import { expandRange } from '../unit/range.ts'
import type { MapValue } from './value.ts'

export interface Damage {
  /** A name, range or endpoint (`h[1-3]:eth0`). */
  add(text: string): void
  /** Everything: a default, a profile or a whole file is gone. */
  addAll(): void
  has(name: string): boolean
  /** A node behind a switch that lacks a cable: the gateway that was to come by it may be missing. */
  cutOff(name: string): void
  /** Whether a node is damaged, or cut off. */
  isCutOff(name: string): boolean
  /** A key of the map is gone: what it then lacks, the user may have written. */
  tear(map: MapValue): void
  isTorn(map: MapValue): boolean
}

export function createDamage(): Damage {
  const names = new Set<string>()
  const torn = new WeakSet<MapValue>()
  const behind = new Set<string>()
  let all = false
  const has = (name: string): boolean => all || names.has(name)
  return {
    add: (text) => {
      for (const name of expandRange(text.split(':')[0] ?? '').value ?? []) names.add(name)
    },
    addAll: () => {
      all = true
    },
    has,
    cutOff: (name) => void behind.add(name),
    isCutOff: (name) => has(name) || behind.has(name),
    tear: (map) => void torn.add(map),
    isTorn: (map) => torn.has(map),
  }
}
