/** Files → one checked source tree. `include` is followed here: later stages see one topology, whose values know their files. */
import { realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, normalize, resolve } from 'node:path'
import { stringify } from 'yaml'
import type { Origin } from '../diagnostic/origin.ts'
import { createDamage } from './damage.ts'
import type { Damage } from './damage.ts'
import type { Findings } from './findings.ts'
import { parseYaml } from './parse-yaml.ts'
import { MAX_SOURCE_BYTES, readSource, startOf } from './read-source.ts'
import { shiftSubnets } from './shift-subnets.ts'
import { validateTree } from './validate.ts'
import { emptyMap, itemsAt, itemsOf, mergeValues } from './value.ts'
import type { Entry, MapValue, Value } from './value.ts'

/** Name that stands for the file where the topology is a JavaScript object. */
export const OBJECT_FILE = '(object)'

export interface Loaded {
  /** Absent where nothing could be read. */
  readonly root?: MapValue
  /** Text of each file by the name that origins have, in the order in which they were read. */
  readonly sources: ReadonlyMap<string, string>
  /** What the findings so far have made unreliable. */
  readonly damage: Damage
}

/** Reads a file by its path, or takes an object as if it had been read. With a seed, its subnets are moved. */
export function load(source: string | object, findings: Findings, seed?: string): Loaded {
  const loader = createLoader(findings, seed)
  const root = typeof source === 'string' ? loader.loadFile(normalize(source), undefined, []) : loader.loadObject(source)
  return { ...(root === undefined ? {} : { root }), sources: loader.sources, damage: loader.damage }
}

/** A file that is being read while those it includes are. */
interface Parent {
  readonly identity: string
  readonly file: string
}

interface Loader {
  readonly sources: Map<string, string>
  readonly damage: Damage
  loadFile(file: string, at: Origin | undefined, parents: readonly Parent[]): MapValue | undefined
  loadObject(source: object): MapValue | undefined
}

function createLoader(findings: Findings, seed: string | undefined): Loader {
  const sources = new Map<string, string>()
  const damage = createDamage()
  const seen = new Set<string>()
  let bytesLeft = MAX_SOURCE_BYTES

  const loadFile: Loader['loadFile'] = (file, at, parents) => {
    const identity = identityOf(file)
    const cycle = parents.findIndex((parent) => parent.identity === identity)
    if (cycle >= 0) {
      const chain = [...parents.slice(cycle).map((parent) => parent.file), file]
      findings.error('INCLUDE_CYCLE', at, `${file} includes itself: ${chain.join(' → ')}.`)
      return undefined
    }
    // Two files that include the same third one do not define its nodes twice.
    if (seen.has(identity)) return emptyMap(at ?? startOf(file))
    seen.add(identity)
    const text = readSource(file, bytesLeft, at, findings, (shown) => sources.set(file, shown))
    if (text === undefined) return undefined
    bytesLeft -= Buffer.byteLength(text)
    return loadText(text, file, [...parents, { identity, file }])
  }

  const loadObject = (source: object): MapValue | undefined => {
    let text: string
    try {
      text = stringify(source, { lineWidth: 0 })
    } catch (error) {
      findings.error(
        'WRONG_TYPE',
        startOf(OBJECT_FILE),
        `The object cannot be written as YAML: ${error instanceof Error ? error.message : String(error)}.`,
      )
      damage.addAll()
      return undefined
    }
    return loadText(text, OBJECT_FILE, [])
  }

  const loadText = (original: string, file: string, parents: readonly Parent[]): MapValue | undefined => {
    const text = seed === undefined ? original : shiftSubnets(original, seed)
    sources.set(file, text)
    const tree = parseYaml(text, file, findings)
    const own = tree === undefined ? undefined : validateTree(tree, findings, damage)
    if (own === undefined) {
      damage.addAll()
      return undefined
    }
    let merged = emptyMap(own.origin)
    for (const item of itemsAt(own, 'include')) {
      if (item.kind !== 'scalar') continue
      const included = loadFile(pathBeside(file, item.text), item.origin, parents)
      if (included === undefined) {
        damage.addAll()
        findings.hush('UNKNOWN_NODE', 'UNKNOWN_PROFILE')
      } else merged = mergeFiles(merged, withoutName(included), findings)
    }
    return mergeFiles(merged, own, findings)
  }

  return { sources, damage, loadFile, loadObject }
}

/** A path that a file gives: relative to that file, to the working directory where the topology is an object. */
export function pathBeside(file: string, path: string): string {
  return isAbsolute(path) || file === OBJECT_FILE ? normalize(path) : join(dirname(file), path)
}

/** What makes two paths the same file; the path itself where there is none, which `readSource` will say. */
function identityOf(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return resolve(file)
  }
}

/** An included file may be a lab of its own; here it does not name the lab. */
function withoutName(root: MapValue): MapValue {
  const entries = new Map(root.entries)
  entries.delete('name')
  return { ...root, entries }
}

function mergeFiles(first: MapValue, second: MapValue, findings: Findings): MapValue {
  const entries = new Map(first.entries)
  for (const [key, entry] of second.entries) {
    const before = entries.get(key)
    if (before === undefined) entries.set(key, entry)
    else entries.set(key, { key: entry.key, value: mergeSection(key, before.value, entry.value, findings) })
  }
  return { kind: 'map', entries, origin: second.origin }
}

function mergeSection(key: string, first: Value, second: Value, findings: Findings): Value {
  if (key === 'links' || key === 'tests') return { kind: 'list', items: [...listOf(first), ...listOf(second)], origin: second.origin }
  const isNamed = key === 'nodes' || key === 'bridges' || key === 'profiles'
  if (!isNamed || first.kind !== 'map' || second.kind !== 'map') return mergeValues(first, second)
  const entries = new Map<string, Entry>(first.entries)
  for (const [name, entry] of second.entries) {
    const before = entries.get(name)
    if (before === undefined) entries.set(name, entry)
    else
      findings.error('NAME_TAKEN', entry.key, `"${name}" is defined in ${entry.key.file} and in ${before.key.file}.`, {
        related: [{ origin: before.key, note: 'defined here first' }],
      })
  }
  return { kind: 'map', entries, origin: second.origin }
}

function listOf(value: Value): readonly Value[] {
  return value.kind === 'list' ? itemsOf(value) : []
}
