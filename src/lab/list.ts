import { labNames } from './directory.ts'
import { isAlive, readRecordIfIntact } from './state.ts'

/** A lab in a list. */
export interface LabSummary {
  readonly name: string
  /** `dead`: its holder has ended, and only notes are left. `damaged`: the notes cannot be read. */
  readonly state: 'up' | 'dead' | 'damaged'
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
    if (record === undefined) return { name, state: 'dead', nodes: 0 }
    if (record === 'damaged') return { name, state: 'damaged', nodes: 0 }
    const { file, nodes, holderPid, since } = record
    return { name, state: isAlive(record) ? 'up' : 'dead', ...(file !== undefined && { file }), nodes: nodes.length, holderPid, since }
  })
}
