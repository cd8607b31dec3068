// A running lab, to be changed at single links without an engine.
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { openLive, type LiveLink, type LiveNetns } from '../linux/live.ts'
import type { Operation } from '../plan/operation.ts'
import { undoAll } from '../plan/undo.ts'
import type { LinkEnd, NamespaceState } from '../state/network.ts'
import { labDirectory } from './directory.ts'
import { explainRefusal } from './explain.ts'
import { withLabLock } from './lab-lock.ts'
import { endName } from './link-end.ts'
import { runningRecord } from './running.ts'
import { readMemory, type LabMemory, type LabRecord } from './state.ts'
import { findUntaken } from './taken-as-asked.ts'

const AFTERMATH = 'Nothing was changed.'
const LEFT = 'Taking it back failed. "netlab plan" shows where the lab stands.'

export interface LiveLab {
  readonly record: LabRecord
  readonly memory: LabMemory
  /** A link as it is now. Errors: refusal UNKNOWN_INTERFACE where somebody has taken it away. */
  link(end: LinkEnd): LiveLink
  tables(netns: string): Pick<NamespaceState, 'addrs' | 'routes' | 'neighs'>
  /**
   * Carries operations out; on a refusal all are taken back, and where the kernel made something else of a discipline.
   * Errors: refusal KERNEL_REFUSED, FEATURE_MISSING, NOT_AS_DESIRED.
   */
  apply(operations: readonly Operation[]): void
  close(): void
}

/** Opens a lab that runs for `work`, which must not await; under its lock, unless it only reads. */
export async function onLiveLab<T>(name: string, work: (live: LiveLab) => T, { isReader = false } = {}): Promise<T> {
  const record = runningRecord(name)
  const open = (): T => {
    const live = liveLab(record, readMemory(name))
    try {
      return work(live)
    } finally {
      live.close()
    }
  }
  return isReader ? open() : withLabLock(name, () => Promise.resolve().then(open))
}

function liveLab(record: LabRecord, memory: LabMemory): LiveLab {
  const directory = labDirectory(record.name)
  const opened = new Map<string, LiveNetns>()
  const netnsOf = (netns: string): LiveNetns => {
    const live = opened.get(netns) ?? openLive(directory, netns)
    opened.set(netns, live)
    return live
  }
  const applyAll = (operations: readonly Operation[]): { done: Operation[]; problems: (aftermath: string) => Diagnostic[] } => {
    const done: Operation[] = []
    for (let start = 0; start < operations.length;) {
      const { netns } = operations[start]!
      let end = start + 1
      while (operations[end]?.netns === netns) end++
      const [refusal, ...others] = netnsOf(netns).apply(operations.slice(start, end))
      const refused = new Set([refusal, ...others].map((one) => one?.index))
      done.push(...operations.slice(start, end).filter((_, index) => !refused.has(index)))
      if (refusal !== undefined) {
        const index = start + refusal.index
        return { done, problems: (aftermath) => [explainRefusal(record.name, operations, { ...refusal, index }, aftermath)] }
      }
      start = end
    }
    for (const netns of opened.values()) netns.refresh()
    return { done, problems: (aftermath) => findUntaken(done, (netns, ifname) => netnsOf(netns).link(ifname)?.chain, aftermath) }
  }
  return {
    record,
    memory,
    link: (end) => {
      const link = netnsOf(end.netns).link(end.ifname)
      if (link !== undefined) return link
      throw goneLink(record.name, endName(memory, end))
    },
    tables: (netns) => netnsOf(netns).tables(),
    close: () => opened.forEach((netns) => netns.close()),
    apply: (operations) => {
      const { done, problems } = applyAll(operations)
      const undone = problems(AFTERMATH)
      if (undone.length === 0) return
      const half = problems(LEFT) // before the way back: some are read from the kernel
      const left = applyAll(undoAll(done)).problems('This was a step back.')
      throw new DiagnosticError('refusal', left.length === 0 ? undone : [...half, ...left])
    },
  }
}

function goneLink(lab: string, name: string): DiagnosticError {
  const detail = `The interface ${name} is in the file of ${lab}, but not in the kernel: somebody has taken it away.`
  const command = { sentence: 'To bring it back, run:', line: 'netlab up' }
  return new DiagnosticError('refusal', [{ code: 'UNKNOWN_INTERFACE', severity: 'error', detail, command }])
}
