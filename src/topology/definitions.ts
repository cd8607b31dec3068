/** `nodes` and `bridges` with ranges expanded, and with defaults and profiles merged under what the file says of each. */
import type { Origin } from '../diagnostic/origin.ts'
import { didYouMean, suggest } from '../diagnostic/suggest.ts'
import { EXTERNAL, HOST } from '../state/network.ts'
import { nodeNameProblem } from '../unit/hostname.ts'
import { expandRange } from '../unit/range.ts'
import type { Damage } from './damage.ts'
import type { Findings } from './findings.ts'
import { asMap, emptyMap, itemsAt, itemsOf, mapAt, mergeSettings, valueAt } from './value.ts'
import type { MapValue } from './value.ts'

/** Nodes and bridges together. At that size the kernel itself takes minutes. */
const MAX_NAMES = 100_000

/** A list is there to be read. */
const MAX_SHOWN = 12

export interface Definition {
  readonly name: string
  /** Of the key under `nodes` or `bridges`. */
  readonly origin: Origin
  /** With defaults and profiles; one object for all names of a range. */
  readonly settings: MapValue
  /** What stands under the name itself. */
  readonly own: MapValue
}

export interface Definitions {
  /** Names that cannot be used and are told so where they stand: nothing more is said where they are used. */
  readonly refused: ReadonlySet<string>
  readonly nodes: ReadonlyMap<string, Definition>
  readonly bridges: ReadonlyMap<string, Definition>
}

/** Keys whose lists are put behind those of the profile, as the schema says at `use`. */
const APPENDED: ReadonlySet<string> = new Set([
  ...['loopback', 'routes', 'mpls', 'rules', 'neighbors', 'iptables', 'ip6tables', 'nftables', 'hosts', 'dns', 'ports', 'setup', 'private'],
])

export function readDefinitions(root: MapValue, findings: Findings, damage: Damage): Definitions {
  const defaults = mapAt(root, 'defaults')
  const nodes = new Map<string, Definition>()
  const bridges = new Map<string, Definition>()
  const taken = new Map<string, Definition>()
  const refused = new Set<string>()
  /** Names that stand in /etc/hosts, by what they are there: case does not count. */
  const hosts = new Map<string, Definition>()
  const profiles = createProfiles(root, findings, damage)
  const nodeDefaults = mapAt(defaults, 'node')
  const bridgeDefaults = mapAt(defaults, 'bridge')

  const define = (section: 'nodes' | 'bridges', settingsOf: (own: MapValue, key: string) => MapValue): void => {
    for (const [key, entry] of mapAt(root, section)?.entries ?? []) {
      const own = asMap(entry.value) ?? emptyMap(entry.key)
      const names = expandRange(key)
      if (names.problem !== undefined) {
        findings.error('INVALID_NAME', entry.key, `${names.problem}.`)
        continue
      }
      if (taken.size + names.value.length > MAX_NAMES) {
        findings.error('TOO_LARGE', entry.key, `With "${key}" there are more than ${MAX_NAMES.toLocaleString('en')} nodes and bridges.`)
        damage.addAll()
        return
      }
      const settings = settingsOf(own, key)
      defineNames(names.value, section, { origin: entry.key, settings, own })
    }
  }

  const defineNames = (names: readonly string[], section: 'nodes' | 'bridges', rest: Omit<Definition, 'name'>): void => {
    for (const name of names) {
      const problem = nodeNameProblem(name) ?? (section === 'bridges' ? bridgeNameProblem(name) : undefined)
      if (problem !== undefined) {
        findings.error('INVALID_NAME', rest.origin, `"${name}" ${problem}.`)
        for (const each of names) {
          refused.add(each)
          damage.add(each)
        }
        return
      }
      const definition = { name, ...rest }
      const before = taken.get(name)
      if (before !== undefined) {
        const sort = nodes.has(name) ? 'a node' : 'a bridge'
        const detail = `"${name}" is ${sort} already. A name stands for one node or one bridge.`
        findings.error('NAME_TAKEN', rest.origin, detail, { related: [{ origin: before.origin, note: 'defined here first' }] })
        return
      }
      if (section === 'nodes' || rest.settings.entries.has('address')) claimHost(definition)
      taken.set(name, definition)
      ;(section === 'nodes' ? nodes : bridges).set(name, definition)
    }
  }

  const claimHost = (definition: Definition): void => {
    const { name, origin } = definition
    const before = hosts.get(name.toLowerCase())
    if (before === undefined) hosts.set(name.toLowerCase(), definition)
    else {
      const detail = `"${name}" and "${before.name}" are the same name in /etc/hosts and in DNS, where case does not count.`
      findings.error('NAME_TAKEN', origin, detail, { related: [{ origin: before.origin, note: 'defined here first' }] })
    }
  }

  define('nodes', (own, key) => profiles.under(own, key, nodeDefaults))
  define('bridges', (own) => (bridgeDefaults === undefined ? own : mergeSettings(bridgeDefaults, own, new Set())))
  for (const [name, key] of OUTSIDERS) {
    const origin = findOutsider(root, key)
    if (origin !== undefined) nodes.set(name, { name, origin, settings: emptyMap(origin), own: emptyMap(origin) })
  }
  return { nodes, bridges, refused }
}

/** What is not of the lab and yet at the end of a link, which is then as good as a node; and the key of such an endpoint. */
export const OUTSIDERS = [
  [HOST, 'host'],
  [EXTERNAL, 'external'],
] as const

/** Whether a node of the topology is none of the lab. */
export function isOutsider(node: string): boolean {
  return OUTSIDERS.some(([name]) => name === node)
}

/** Where a link first ends there. */
function findOutsider(root: MapValue, key: string): Origin | undefined {
  for (const endpoint of endpointsOf(root)) {
    const found = valueAt(endpoint, key)
    if (found !== undefined) return found.origin
  }
  return undefined
}

/** Endpoints of links that are more than a name. */
export function* endpointsOf(root: MapValue | undefined): Generator<MapValue> {
  for (const link of itemsOf(valueAt(root, 'links'))) {
    for (const endpoint of itemsOf(link.kind === 'map' ? valueAt(link, 'endpoints') : link)) if (endpoint.kind === 'map') yield endpoint
  }
}

/** For a name that is not defined: the one that was probably meant, or those that there are. */
export function nameHint(name: string, candidates: readonly string[]): string {
  const meant = suggest(name, candidates)
  if (meant !== undefined) return `Did you mean "${meant}"?`
  const shown = candidates.slice(0, MAX_SHOWN)
  if (shown.length === 0) return 'Add it under `nodes` or `bridges`.'
  return `Known: ${shown.join(', ')}${candidates.length > shown.length ? ` and ${candidates.length - shown.length} more` : ''}.`
}

function bridgeNameProblem(name: string): string | undefined {
  return name === 'lo' ? 'is the name of the loopback interface, which every namespace has' : undefined
}

interface Profiles {
  /** Settings with everything under them: defaults, then the profiles that they use, in order. `key` names the node or range. */
  under(own: MapValue, key: string, defaults: MapValue | undefined): MapValue
}

function createProfiles(root: MapValue, findings: Findings, damage: Damage): Profiles {
  const profiles = mapAt(root, 'profiles')

  // `used`: a profile that two others use is put under the node once, at its first place.
  const under = (own: MapValue, key: string, defaults: MapValue | undefined, chain: readonly string[], used: Set<MapValue>): MapValue => {
    let settings = defaults ?? emptyMap(own.origin)
    const items = [...(chain.length === 0 ? itemsAt(defaults, 'use') : []), ...itemsAt(own, 'use')]
    for (const item of items) {
      if (item.kind !== 'scalar') continue
      const entry = profiles?.entries.get(item.text)
      if (entry === undefined) {
        const names = profiles?.entries.keys() ?? []
        findings.error('UNKNOWN_PROFILE', item.origin, `There is no profile "${item.text}".${didYouMean(item.text, names)}`)
        damage.add(key)
      } else if (chain.includes(item.text)) {
        findings.error('PROFILE_CYCLE', item.origin, `The profile "${item.text}" uses itself: ${[...chain, item.text].join(' → ')}.`)
      } else {
        const profile = asMap(entry.value) ?? emptyMap(entry.key)
        if (used.has(profile)) continue
        used.add(profile)
        settings = mergeSettings(settings, under(profile, key, undefined, [...chain, item.text], used), APPENDED)
      }
    }
    return mergeSettings(settings, own, APPENDED)
  }

  return { under: (own, key, defaults) => under(own, key, defaults, [], new Set()) }
}
