/** Labs of other tools → the text of a topology.yaml. */
import { existsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { hasErrors, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { createFindings } from '../topology/findings.ts'
import { MAX_SOURCE_BYTES, readSource, startOf } from '../topology/read-source.ts'
import { readContainerlab } from './containerlab.ts'
import { readKathara } from './kathara.ts'
import { writeTopology } from './write.ts'

/** What `importLab` has made. */
export interface ImportedLab {
  /** Absent where there are errors. */
  readonly text?: string
  /** Warnings tell what could not be carried over, each with its line. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Reads a lab of containerlab (its YAML file) or of Kathará (lab.conf, or its folder). Files that the lab names are named in the text as seen
 * from `folder`, where the text will lie.
 */
export function importLab(source: string, folder: string): ImportedLab {
  const findings = createFindings()
  const file = statSync(source, { throwIfNoEntry: false })?.isDirectory() === true ? labFileIn(source) : source
  const text = readSource(file, MAX_SOURCE_BYTES, undefined, findings)
  const read = text === undefined ? undefined : readerOf(file, text)
  if (text !== undefined && read === undefined)
    findings.error('FORMAT_UNKNOWN', startOf(file), `${file} is neither a topology of containerlab nor a lab.conf of Kathará.`)
  const lab = text === undefined ? undefined : read?.({ file, text, findings })
  const diagnostics = findings.sorted([file])
  if (lab === undefined || hasErrors(diagnostics)) return { diagnostics }
  return { text: writeTopology(lab, folder, basename(file)), diagnostics }
}

function labFileIn(folder: string): string {
  return join(folder, existsSync(join(folder, 'lab.conf')) ? 'lab.conf' : 'topology.clab.yml')
}

function readerOf(file: string, text: string): typeof readKathara | undefined {
  if (basename(file) === 'lab.conf') return readKathara
  return /^topology:/m.test(text) ? readContainerlab : undefined
}
