// What is remembered of a running lab: state.json for every command and for people, desired.v8 for the next `up`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { processStart } from '../linux/process.ts'
import { writeWhole } from '../linux/write-whole.ts'
import type { NamespaceState, NetworkState } from '../state/network.ts'
import { labDirectory } from './directory.ts'

/** The lab as state.json tells it. */
export interface LabRecord {
  readonly name: string
  /** Absolute path of the file it was made from; absent where it was made from an object. */
  readonly file?: string
  readonly holderPid: number
  /** With the pid it names the process for good: start time in clock ticks since boot. */
  readonly holderStart: string
  /** When it was brought up, ISO 8601. */
  readonly since: string
  /** Names of the nodes, in the order of the file. */
  readonly nodes: readonly string[]
  /** Namespaces of bridges: where a command for a bridge runs. */
  readonly bridges: Readonly<Record<string, string>>
  /** Extra environment of commands, by node. */
  readonly env: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Capabilities of commands, by node; those that are privileged are not there. */
  readonly capabilities: Readonly<Record<string, readonly string[]>>
  /** Interfaces by node, for completion and for messages. */
  readonly interfaces: Readonly<Record<string, readonly string[]>>
  /** Links to the lab's network namespaces under /run/netns. */
  readonly hostLinks: readonly string[]
}

/** What the next `up` must know of this one. */
export interface LabMemory {
  /** What the file asked for, file contents left out. */
  readonly desired: NetworkState
  /** What an `up` is making of it: written before the first effect, gone when the lab is as this says. */
  readonly intended?: NetworkState
  /** What was made before the last `up`, where that did not make all that `desired` says: some of it may still be there. */
  readonly before?: NetworkState
  /** Objects that the setup commands made: left alone. Keys as the plan names them. */
  readonly tolerated: ReadonlySet<string>
}

/** The record, or undefined where the lab has none (never made, or cut off before it was saved). Errors: refusal LAB_DAMAGED. */
export function readRecord(name: string): LabRecord | undefined {
  const path = join(labDirectory(name), 'state.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const record = JSON.parse(text) as Partial<LabRecord> | null
    if (typeof record?.holderPid !== 'number' || !Array.isArray(record.nodes)) throw new Error('it is not the record of a lab')
    return record as LabRecord
  } catch (error) {
    throw damaged(name, path, error)
  }
}

/** As `readRecord`, for who can go on without. */
export function readRecordIfIntact(name: string): LabRecord | 'damaged' | undefined {
  try {
    return readRecord(name)
  } catch (error) {
    if (error instanceof DiagnosticError && error.diagnostics.some(({ code }) => code === 'LAB_DAMAGED')) return 'damaged'
    throw error
  }
}

function damaged(name: string, path: string, error: unknown): DiagnosticError {
  return new DiagnosticError('refusal', [
    {
      code: 'LAB_DAMAGED',
      severity: 'error',
      detail: `${path} is damaged: ${(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')}.`,
      command: { sentence: 'To take the lab down all the same, run:', line: `netlab down ${name}` },
    },
  ])
}

/** Whether the lab's holder lives. */
export function isAlive(record: Pick<LabRecord, 'holderPid' | 'holderStart'>): boolean {
  return processStart(record.holderPid) === record.holderStart
}

/** The memory of a lab that has a record. Errors: refusal LAB_DAMAGED. */
export function readMemory(name: string): LabMemory {
  const path = join(labDirectory(name), 'desired.v8')
  try {
    return deserialize(readFileSync(path)) as LabMemory
  } catch (error) {
    throw damaged(name, path, error)
  }
}

/** Writes both, the memory first: a lab that has a record has a memory. */
export function writeState(record: LabRecord, memory: LabMemory): void {
  const directory = labDirectory(record.name)
  writeMemory(record.name, memory)
  writeWhole(join(directory, 'state.json'), JSON.stringify(record, undefined, 2))
}

/** Writes the memory alone: the journal of a change. */
export function writeMemory(name: string, memory: LabMemory): void {
  const { desired, intended, before, tolerated } = memory
  const slim: LabMemory = {
    desired: withoutContents(desired),
    tolerated,
    ...(intended !== undefined && { intended: withoutContents(intended) }),
    ...(before !== undefined && { before: withoutContents(before) }),
  }
  writeWhole(join(labDirectory(name), 'desired.v8'), serialize(slim))
}

/** The digests say enough of files: a thousand nodes have a thousand copies of /etc/hosts. */
function withoutContents(network: NetworkState): NetworkState {
  const namespaces = [...network.namespaces].map(([name, namespace]) => {
    const files = [...namespace.files].map(([path, { content: _, ...file }]) => [path, file] as const)
    return [name, { ...namespace, files: new Map(files) }] as const
  })
  return { namespaces: new Map(namespaces) }
}

/** All that this lab's `up`s may have made: what the last one did or left, and what one that was cut off was about to do. */
export function madeSoFar({ before, desired, intended }: LabMemory): NetworkState {
  return [desired, intended].reduce<NetworkState>((made, later) => (later === undefined ? made : both(made, later)), before ?? NOTHING)
}

const NOTHING: NetworkState = { namespaces: new Map() }

function both(earlier: NetworkState, later: NetworkState): NetworkState {
  const namespaces = new Map(earlier.namespaces)
  for (const [name, namespace] of later.namespaces) {
    const before = namespaces.get(name)
    namespaces.set(name, before === undefined ? namespace : unionOf(before, namespace))
  }
  return { namespaces }
}

function unionOf(a: NamespaceState, b: NamespaceState): NamespaceState {
  return {
    ...b,
    links: new Map([...a.links, ...b.links]),
    qdiscs: new Map([...a.qdiscs, ...b.qdiscs]),
    addrs: new Map([...a.addrs, ...b.addrs]),
    routes: new Map([...a.routes, ...b.routes]),
    rules: new Map([...a.rules, ...b.rules]),
    neighs: new Map([...a.neighs, ...b.neighs]),
    sysctls: new Map([...a.sysctls, ...b.sysctls]),
    mounts: new Map([...a.mounts, ...b.mounts]),
    files: new Map([...a.files, ...b.files]),
    rulesets: new Map([...a.rulesets, ...b.rulesets]),
    services: new Map([...a.services, ...b.services]),
  }
}
