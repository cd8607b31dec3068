import { readFileSync } from 'node:fs'
import { processStart } from '../linux/process.ts'
import { labDirectory, labNames } from './directory.ts'
import { isAlive, readRecordIfIntact } from './state.ts'

/** A lab in a list. */
export interface LabSummary {
  readonly name: string
  /**
   * `busy`: a command is bringing it up or down at this moment. `dead`: its holder has ended, and only notes are left. `damaged`: the
   * notes cannot be read.
   */
  readonly state: 'up' | 'busy' | 'dead' | 'damaged'
  readonly file?: string
  readonly nodes: number
  readonly holderPid?: number
  /** ISO 8601 */
  readonly since?: string
}

/** The labs of this user, from their records alone. */
export function listLabs(): LabSummary[] {
  return labNames().map((name) => {
    const record = readRecordIfIntact(name)
    if (record === undefined) return { name, state: deadOrBusy(name), nodes: 0 }
    if (record === 'damaged') return { name, state: 'damaged', nodes: 0 }
    const { file, nodes, holderPid, since } = record
    const state = isAlive(record) ? 'up' : deadOrBusy(name)
    return { name, state, ...(file !== undefined && { file }), nodes: nodes.length, holderPid, since }
  })
}

/** By the process that the lock file names: to try the lock itself would take a system call that Node does not have. */
function deadOrBusy(name: string): 'dead' | 'busy' {
  const pid = Number(readIfThere(`${labDirectory(name)}.lock`))
  return pid > 0 && processStart(pid) !== undefined ? 'busy' : 'dead'
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
