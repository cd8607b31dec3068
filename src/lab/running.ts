// Which lab is meant, and opening one that runs.
import { basename } from 'node:path'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { suggest } from '../diagnostic/suggest.ts'
import { startEngine, type Engine } from '../linux/engine.ts'
import { labDirectory, labNames } from './directory.ts'
import { explainEngineDeath } from './explain-engine.ts'
import { isAlive, readMemory, readRecord, type LabMemory, type LabRecord } from './state.ts'

/** A lab that runs, and an engine in it. Close the engine. */
export interface OpenLab {
  readonly record: LabRecord
  readonly memory: LabMemory
  readonly directory: string
  readonly engine: Engine
}

/** The record of a lab that runs. Errors: refusal LAB_UNKNOWN, LAB_DEAD. */
export function runningRecord(name: string): LabRecord {
  const record = readRecord(name)
  if (record === undefined) throw new DiagnosticError('refusal', [unknownLab(name)])
  if (!isAlive(record)) throw new DiagnosticError('refusal', [deadLab(name)])
  return record
}

/** Opens a lab that runs. Errors: as `runningRecord`, also where it ends meanwhile; refusal ENGINE_FAILED. */
export async function openLab(name: string): Promise<OpenLab> {
  const record = runningRecord(name)
  const engine = startEngine(record.holderPid)
  const directory = labDirectory(name)
  try {
    await engine.enter(directory, record.holderPid)
    return { record, memory: readMemory(name), directory, engine }
  } catch (error) {
    await engine.close()
    throw isAlive(record) ? explainEngineDeath(error) : new DiagnosticError('refusal', [deadLab(name)])
  }
}

function unknownLab(name: string): Diagnostic {
  const names = labNames()
  const near = suggest(name, names)
  const running = names.length === 0 ? 'No lab is running.' : `Running: ${names.join(', ')}.`
  return {
    code: 'LAB_UNKNOWN',
    severity: 'error',
    detail: `No lab of the name "${basename(name)}" is running. ${running}`,
    ...(near !== undefined && { hint: `Did you mean "${near}"?` }),
  }
}

function deadLab(name: string): Diagnostic {
  return {
    code: 'LAB_DEAD',
    severity: 'error',
    detail: `The process that held the lab ${name} has ended, and the kernel has freed its network. Only netlab's notes of it are left.`,
    command: { sentence: 'To remove them, run:', line: `netlab down ${name}` },
  }
}
