import { existsSync, rmSync } from 'node:fs'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { settleCommand } from '../linux/nsexec.ts'
import { processEnd, processesOf, processStart } from '../linux/process.ts'
import { labDirectory } from './directory.ts'
import { hasHostLinks, removeAllHostLinks, removeHostLinks, removeMadeNetns } from './host-links.ts'
import { withLabLock } from './lab-lock.ts'
import { run } from './run.ts'
import { runningRecord } from './running.ts'
import { isAlive, readRecord, readRecordIfWhole, type LabRecord } from './state.ts'

/** What `down` did. */
export interface DownResult {
  readonly lab: string
  /** Its holder had ended before. */
  readonly wasDead: boolean
  readonly elapsedMs: number
}

export interface DownOptions {
  /** Also where the notes on the lab cannot be read. */
  readonly force?: boolean
}

/**
 * Ends a lab: kills its holder, with which the kernel ends every process of the lab and frees every namespace, and returns when that
 * is done. A lab whose holder has died before is cleaned up. Errors: refusal LAB_UNKNOWN, LAB_BUSY, STATE_DAMAGED.
 */
export async function down(name: string, { force = false }: DownOptions = {}): Promise<DownResult> {
  const start = performance.now()
  if (!existsSync(labDirectory(name))) runningRecord(name)
  return withLabLock(name, async () => {
    const record = force ? readRecordIfWhole(name) : readRecord(name)
    if (force && record === undefined) await endHolders(name)
    const wasDead = record === undefined || !isAlive(record)
    await removeLab(name, record)
    return { lab: name, wasDead, elapsedMs: performance.now() - start }
  })
}

/** Ends whatever holds the lab of a directory, found without the notes. */
async function endHolders(name: string): Promise<void> {
  for (const pid of processesOf(process.getuid!(), 'hold', labDirectory(name))) {
    const start = processStart(pid)
    if (start === undefined) continue
    process.kill(pid, 'SIGKILL')
    await processEnd(pid, start)
    if (hasHostLinks()) removeAllHostLinks(pid)
  }
}

/** Takes away all that there is of a lab. The caller has its lock. */
export async function removeLab(name: string, record: LabRecord | undefined): Promise<void> {
  if (record !== undefined && isAlive(record)) {
    process.kill(record.holderPid, 'SIGKILL')
    await processEnd(record.holderPid, record.holderStart)
  }
  if (record !== undefined) removeHostLinks(record.hostLinks, record.holderPid)
  rmSync(labDirectory(name), { recursive: true, force: true })
  if (hasHostLinks()) removeMadeNetns()
  await settle()
}

/** Returns when the kernel has freed the namespaces that have died. */
export async function settle(): Promise<void> {
  const { status, stderr } = await run(settleCommand())
  if (status !== 0)
    throw new DiagnosticError('refusal', [
      {
        code: 'ENGINE_FAILED',
        severity: 'error',
        detail: `The lab is down, but the wait for the kernel to free it failed: ${stderr.trim()}`,
      },
    ])
}
