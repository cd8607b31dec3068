// What a picture of a lab is made from: what its file asks for, and beside it what the kernel has where it runs.
import { hasErrors, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { NetworkState } from '../state/network.ts'
import { compileTopology } from '../topology/compile.ts'
import { FindingsError } from './compile.ts'
import { inspect } from './inspect.ts'
import { runningRecord } from './running.ts'
import { readMemory } from './state.ts'

export interface Sketch {
  readonly lab: string
  readonly desired: NetworkState
  /** What the commands of each node find in their environment, beside that of whoever runs them. */
  readonly env: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** Absent where the lab does not run. */
  readonly observed?: NetworkState
  /** Of the file, beside errors. */
  readonly warnings: readonly Diagnostic[]
  readonly sources: ReadonlyMap<string, string>
}

/** A file, which a lab may run from, or a lab that runs. */
export type SketchSource = { readonly file: string; readonly running?: string } | { readonly running: string }

/**
 * Reads a file, or what a lab was made from, and the kernel where a lab runs. No tool is asked about packet filters, nothing is made.
 * Errors: FindingsError; refusal LAB_UNKNOWN, LAB_DEAD.
 */
export async function sketch(source: SketchSource): Promise<Sketch> {
  const wish = 'file' in source ? wishOfFile(source.file) : wishOfLab(source.running)
  if (source.running === undefined) return wish
  const { record, namespaces } = await inspect(source.running)
  return { ...wish, lab: record.name, observed: { namespaces: new Map(namespaces.map(({ name, state }) => [name, state])) } }
}

function wishOfFile(file: string): Sketch {
  const { name, desired, env, diagnostics, sources } = compileTopology(file)
  if (desired === undefined || hasErrors(diagnostics)) throw new FindingsError(diagnostics, sources)
  return { lab: name, desired, env, warnings: diagnostics, sources }
}

function wishOfLab(lab: string): Sketch {
  const { env } = runningRecord(lab)
  return { lab, desired: readMemory(lab).desired, env: new Map(Object.entries(env)), warnings: [], sources: new Map() }
}
