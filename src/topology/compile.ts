/** The folder's door: a file or an object in, the desired network and all findings out. */
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { INTERNET } from '../state/network.ts'
import type { NetworkState, RulesetState, RulesetTool } from '../state/network.ts'
import { isOutsider } from './definitions.ts'
import { labNameProblem } from '../unit/hostname.ts'
import { expandRange } from '../unit/range.ts'
import type { DaemonConfig } from './daemon-config.ts'
import { desiredState, rulesetsOf } from './desired.ts'
import type { Damage } from './damage.ts'
import { createFindings } from './findings.ts'
import type { Findings } from './findings.ts'
import { withInternet } from './internet.ts'
import { nameFromFile } from './likely-name.ts'
import { load, OBJECT_FILE, type Loaded } from './load.ts'
import { machineNeeds, type MachineNeeds } from './machine-needs.ts'
import { parseYaml } from './parse-yaml.ts'
import { MAX_SOURCE_BYTES, readSource } from './read-source.ts'
import { resolveTopology } from './resolve.ts'
import { shiftSubnets } from './shift-subnets.ts'
import { gradedTests, readTests } from './tests/read-tests.ts'
import type { Test } from './tests/test.ts'
import type { Node, Topology } from './topology.ts'
import { mapAt, valueAt } from './value.ts'
import type { MapValue, Value } from './value.ts'

export interface CompiledLab {
  /** Name of the lab: of `options`, of the file, or made from the file's name. */
  readonly name: string
  /** Absent where the topology is an object. */
  readonly file?: string
  /** Absent where there are errors. */
  readonly topology?: Topology
  /** Absent where there are errors. */
  readonly desired?: NetworkState
  /** Packet filter rulesets by node: also where there are errors, for the tools may find more. */
  readonly rulesets: ReadonlyMap<string, ReadonlyMap<RulesetTool, RulesetState>>
  /** Known also where there are errors, as rulesets are. */
  readonly needs: MachineNeeds
  /** Environment variables by node; empty where there are errors. */
  readonly env: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** What `tests` asks; empty where there are errors. */
  readonly tests: readonly Test[]
  /** Capabilities of commands by node, for those that are not privileged; empty where there are errors. */
  readonly capabilities: ReadonlyMap<string, readonly string[]>
  /** Configurations of routing daemons, each once: also where there are errors. */
  readonly configs: readonly DaemonConfig[]
  /** Everything found, errors and warnings, in the order of the files. */
  readonly diagnostics: readonly Diagnostic[]
  /** Text of each file by the name that origins have. */
  readonly sources: ReadonlyMap<string, string>
}

export interface CompileOptions {
  /** Another name than the file's. */
  readonly name?: string
  /** Take the tests from this file instead of from the topology. */
  readonly tests?: string
  /** Moves the subnets of the topology: shift-subnets.ts. */
  readonly seed?: string
  /** Moves those of the file of tests. */
  readonly testsSeed?: string
  /** A test that does not fit the topology is one that fails, and no finding. */
  readonly isGraded?: boolean
  /** Hears how many nodes there will be, as soon as the file is read. */
  readonly onNodeCount?: (count: number) => void
}

/**
 * Compiles the file of that path, or a topology given as an object. Reads the file, those it includes and those that `from` names;
 * touches nothing. Never throws for what the user wrote: all that is wrong is in `diagnostics`.
 */
export function compileTopology(source: string | object, options: CompileOptions = {}): CompiledLab {
  const findings = createFindings()
  const { root, sources, damage } = load(source, findings, options.seed)
  options.onNodeCount?.(nodeCount(root))
  const name = options.name ?? readName(root, source, findings)
  if (options.name !== undefined) checkName(options.name, undefined, findings)
  const topology = root === undefined ? undefined : withInternet(resolveTopology(name, root, findings, damage), findings)
  const other = options.tests === undefined ? undefined : loadTests(options.tests, findings, options.testsSeed)
  const tests = testsOf(other === undefined ? root : other.root, topology, findings, damage, options.isGraded === true)
  const texts = new Map([...sources, ...(other?.sources ?? [])])
  const isGood = topology !== undefined && !findings.hasErrors()
  return {
    name,
    ...(typeof source === 'string' && { file: source }),
    ...(isGood && { topology, desired: desiredState(topology) }),
    rulesets: rulesetsByNode(topology),
    needs: machineNeeds(root, topology),
    tests: isGood ? tests : [],
    ...settingsOf(isGood ? [...topology.nodes] : []),
    configs: configsOf(topology),
    diagnostics: findings.sorted([...texts.keys()]),
    sources: texts,
  }
}

function testsOf(
  root: MapValue | undefined,
  topology: Topology | undefined,
  findings: Findings,
  damage: Damage,
  isGraded: boolean,
): readonly Test[] {
  if (root === undefined || topology === undefined) return []
  // `all` nodes are those of the file.
  const own = { ...topology, nodes: new Map([...topology.nodes].filter(([node]) => node !== INTERNET && !isOutsider(node))) }
  return isGraded ? gradedTests(root, own, damage) : readTests(root, own, findings, damage)
}

function nodeCount(root: MapValue | undefined): number {
  let count = 0
  for (const name of mapAt(root, 'nodes')?.entries.keys() ?? []) count += expandRange(name).value?.length ?? 0
  return count
}

/** A file of tests: what else a topology has would be mistaken for a part of this one. */
function loadTests(file: string, findings: Findings, seed: string | undefined): Loaded {
  const loaded = load(file, findings, seed)
  for (const [key, entry] of loaded.root?.entries ?? [])
    if (key !== 'tests' && key !== 'name' && key !== 'include' && !key.startsWith('x-'))
      findings.error('INVALID_VALUE', entry.key, `A file that is given with --tests has \`tests\` alone, not "${key}".`)
  return loaded
}

function rulesetsByNode(topology: Topology | undefined): CompiledLab['rulesets'] {
  return new Map([...(topology?.nodes ?? [])].map(([node, each]) => [node, rulesetsOf(each)]))
}

function configsOf(topology: Topology | undefined): readonly DaemonConfig[] {
  return [...new Set([...(topology?.nodes.values() ?? [])].flatMap(({ settings }) => settings.configs))]
}

/** What commands want to know of the nodes' settings. */
function settingsOf(nodes: readonly (readonly [string, Node])[]): Pick<CompiledLab, 'env' | 'capabilities'> {
  return {
    env: new Map(nodes.map(([node, { settings }]) => [node, settings.env])),
    capabilities: new Map(
      nodes.flatMap(([node, { settings }]) => (settings.capabilities === undefined ? [] : [[node, settings.capabilities] as const])),
    ),
  }
}

/** The text of a file, its subnets moved by the seed. Errors: finding FILE_UNREADABLE, FILE_TOO_LARGE, FILE_NOT_UTF8. */
export function shiftFile(file: string, seed: string): string {
  const findings = createFindings()
  const text = readSource(file, MAX_SOURCE_BYTES, undefined, findings)
  if (text === undefined) throw new DiagnosticError('finding', findings.sorted([file]))
  return shiftSubnets(text, seed)
}

/**
 * The name of the lab that a file describes, whatever else may be wrong with the file: `down` must find the lab of a file
 * that somebody has broken since.
 */
export function labNameOf(file: string): string {
  const findings = createFindings()
  const text = readSource(file, MAX_SOURCE_BYTES, undefined, findings)
  const tree = text === undefined ? undefined : parseYaml(text, file, findings)
  return readName(tree, file, findings)
}

function readName(root: MapValue | Value | undefined, source: string | object, findings: Findings): string {
  const value = root?.kind === 'map' ? valueAt(root, 'name') : undefined
  if (value?.kind === 'scalar' && typeof value.value === 'string') {
    checkName(value.text, value, findings)
    return value.text
  }
  return nameFromFile(typeof source === 'string' ? source : OBJECT_FILE)
}

function checkName(name: string, value: Value | undefined, findings: Findings): void {
  const problem = labNameProblem(name)
  if (problem !== undefined) findings.error('INVALID_NAME', value?.origin, `The name of the lab "${name}" ${problem}.`)
}
