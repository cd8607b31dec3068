import { existsSync, rmSync } from 'node:fs'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { limitedNodes, removeCgroups } from '../linux/cgroup.ts'
import { hostLinksTo, notedLinks, removeHostLinks, removeMadeNetns } from '../linux/host-links.ts'
import { holdCommand, settleCommand } from '../linux/nsexec.ts'
import { findProcess, processEnd, sendSignal } from '../linux/process.ts'
import { hasHostLinks, labDirectory } from './directory.ts'
import { returnExternals } from './external.ts'
import { withLabLock } from './lab-lock.ts'
import { run } from './run.ts'
import { runningRecord } from './running.ts'
import { isAlive, readRecordIfIntact, type LabRecord } from './state.ts'

/** What `down` did. */
export interface DownResult {
  readonly lab: string
  /** Its holder had ended before. */
  readonly wasDead: boolean
  /** Interfaces of the machine that are not back as they were. */
  readonly warnings: readonly Diagnostic[]
  readonly elapsedMs: number
}

/**
 * Ends a lab: kills its holder, with which the kernel ends every process of the lab and frees every namespace, and returns when that
 * is done. A lab whose holder has died before is cleaned up. Errors: refusal LAB_UNKNOWN, LAB_BUSY.
 */
export async function down(name: string): Promise<DownResult> {
  const start = performance.now()
  if (!existsSync(labDirectory(name))) runningRecord(name)
  return withLabLock(name, async () => {
    const record = endingOf(name)
    const wasDead = record === undefined || !isAlive(record)
    const warnings = await removeLab(name, record)
    return { lab: name, wasDead, warnings, elapsedMs: performance.now() - start }
  })
}

/** What must be known of a lab to end it. */
type Ending = Pick<LabRecord, 'holderPid' | 'holderStart' | 'hostLinks'>

/** From the lab's record; where that is damaged, from what runs. */
function endingOf(name: string): Ending | undefined {
  const record = readRecordIfIntact(name)
  if (record !== 'damaged') return record
  const holder = findProcess(holdCommand(labDirectory(name)))
  return holder === undefined ? undefined : { holderPid: holder.pid, holderStart: holder.start, hostLinks: hostLinksTo(holder.pid) }
}

/** Takes away all that there is of a lab. The caller has its lock. Returns warnings of `returnExternals`. */
export async function removeLab(name: string, record: Ending | undefined): Promise<readonly Diagnostic[]> {
  if (record !== undefined && isAlive(record)) {
    sendSignal(record.holderPid, 'SIGKILL')
    await processEnd(record.holderPid, record.holderStart)
  }
  const directory = labDirectory(name)
  const noted = notedLinks(directory)
  if (noted !== undefined) removeHostLinks(noted.paths, noted.holderPid)
  if (record !== undefined) removeHostLinks(record.hostLinks, record.holderPid)
  const warnings = await returnExternals(name)
  for (const node of limitedNodes(directory)) await removeCgroups(directory, node)
  rmSync(directory, { recursive: true, force: true })
  if (hasHostLinks()) removeMadeNetns()
  await settle()
  return warnings
}

/** Returns when the kernel has freed the namespaces that have died. */
export async function settle(): Promise<void> {
  const { status, stderr } = await run(settleCommand())
  if (status !== 0)
    throw new DiagnosticError('refusal', [
      {
        code: 'ENGINE_FAILED',
        severity: 'error',
        detail: `What was to go is gone, but the wait for the kernel to free it failed: ${stderr.trim()}`,
      },
    ])
}
