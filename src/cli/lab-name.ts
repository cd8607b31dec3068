/** Which lab is meant: a lab is named by its file or by its name, and when only one runs it needs no name. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { didYouMean } from '../diagnostic/suggest.ts'
import type { Context } from './context.ts'
import type { LabSummary } from '../lab/list.ts'
import { ambiguousLab, unknownLab, usageError } from './usage.ts'

/** The lab that `word` names, or the only one where there is no word. */
export async function findLab(context: Context, word: string | undefined): Promise<LabSummary> {
  const labs = await context.library.listLabs()
  if (word === undefined) return onlyLab(labs)
  const named = labs.find((lab) => lab.name === word)
  if (named !== undefined) return named
  const path = fileOf(context, word)
  const ofFile = labs.filter((lab) => lab.file === path)
  if (ofFile.length > 1) throw ambiguousLab(`Several labs run from ${word}: ${nameList(ofFile)}. Say which one by its name.`)
  if (ofFile[0] !== undefined) return ofFile[0]
  if (isPath(word) || existsSync(path)) {
    const name = await context.library.labNameOf(path)
    const lab = labs.find((candidate) => candidate.name === name)
    if (lab !== undefined) return lab
    throw unknownLab(`No lab runs from ${word}.`, { command: { sentence: 'To start it, run:', line: `netlab up ${word}` } })
  }
  const names = labs.map((lab) => lab.name)
  throw unknownLab(`There is no lab "${word}".${didYouMean(word, names)} ${runningWords(labs)}`)
}

/**
 * The file that `word` means, and the name its lab runs under: a path as it is; a lab's name means the file that lab came from;
 * no word means the only lab's file.
 */
export async function findSource(context: Context, word: string | undefined): Promise<{ readonly source: string; readonly name?: string }> {
  if (word !== undefined && (isPath(word) || existsSync(resolve(context.cwd, word)))) return { source: fileOf(context, word) }
  const labs = await context.library.listLabs()
  if (word === undefined && labs.length === 0) throw usageError('A file is wanted: no lab is running whose file could be meant.')
  const lab = await findLab(context, word)
  if (lab.file === undefined) throw usageError(`The lab "${lab.name}" did not come from a file.`)
  return { source: lab.file, name: lab.name }
}

/** The file at a path; a folder stands for the topology.yaml in it. */
export function fileOf(context: Context, word: string): string {
  const path = resolve(context.cwd, word)
  const inside = join(path, 'topology.yaml')
  return existsSync(inside) ? inside : path
}

/** No lab has a dot or a slash in its name. */
export function isPath(word: string): boolean {
  return /[./]/.test(word)
}

function onlyLab(labs: readonly LabSummary[]): LabSummary {
  const [lab, ...others] = labs
  if (lab === undefined) throw unknownLab('No lab is running.', { command: { sentence: 'To start one, run:', line: 'netlab up FILE' } })
  if (others.length > 0) throw ambiguousLab(`${labs.length} labs are running: ${nameList(labs)}. Say which one by its name or its file.`)
  return lab
}

function runningWords(labs: readonly LabSummary[]): string {
  return labs.length === 0 ? 'No lab is running.' : `Running: ${nameList(labs)}.`
}

/** At most ten names: a list is there to be read. */
function nameList(labs: readonly LabSummary[]): string {
  const names = labs.slice(0, 10).map((lab) => lab.name)
  return labs.length > names.length ? `${names.join(', ')} and ${labs.length - names.length} more` : names.join(', ')
}
