// Watches a lab over its ups and downs. The engine, a process of its own, reads the kernel; here its batches are only handed on.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { LiveBatch } from '../state/live.ts'
import { labDirectory } from './directory.ts'
import { explainEngineDeath } from './explain-engine.ts'
import { watchOomKills } from './limits.ts'
import { openLab, runningRecord } from './running.ts'
import { isAlive, readRecord, type LabRecord } from './state.ts'
import { stoppedNodes } from './stopped.ts'

/** What a watcher is told. */
export type WatchMessage =
  /** The lab runs; the next batch has all that is in it. */
  | { readonly type: 'up'; readonly record: LabRecord }
  | { readonly type: 'batch'; readonly batch: LiveBatch }
  /** The kernel has killed processes of a node, which has a limit, for want of memory. */
  | { readonly type: 'oom'; readonly node: string; readonly kills: number }
  /** These nodes are stopped now, all others are not. Not told of a lab in which none is. */
  | { readonly type: 'stopped'; readonly nodes: readonly string[] }
  /** Another `up` has changed the lab. */
  | { readonly type: 'changed'; readonly record: LabRecord }
  /** The lab's holder has gone, and with it the network. */
  | { readonly type: 'down' }

export interface WatchOptions {
  /** Ends the watch. */
  readonly signal?: AbortSignal
  /** When the lab goes down, wait until it is up again. */
  readonly follow?: boolean
}

/** How often a file says whether a lab has come up or was changed: nobody tells us. */
const LOOK_MS = 250

/**
 * Tells what happens in a lab until the signal comes or, unless it is to be followed, until the lab is down.
 * A watcher keeps nothing of the lab alive. Errors: refusal LAB_UNKNOWN, LAB_DEAD where the lab does not run at first; ENGINE_FAILED.
 */
export async function watchLab(name: string, hear: (message: WatchMessage) => void, { signal, follow }: WatchOptions = {}): Promise<void> {
  const isOver = (): boolean => signal?.aborted === true
  let record = runningRecord(name)
  while (!isOver()) {
    await watchOnce(record, hear, signal)
    if (isOver()) return
    hear({ type: 'down' })
    if (follow !== true) return
    const next = await nextRecord(name, signal)
    if (next === undefined) return
    record = next
  }
}

/** Until the lab's holder has gone, or the signal comes. */
async function watchOnce(
  { name, holderPid }: LabRecord,
  hear: (message: WatchMessage) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const opened = await openLab(name).catch((error: unknown) => {
    if (isGone(name, holderPid)) return undefined
    throw error
  })
  if (opened === undefined) return
  const { directory, engine, record } = opened
  const close = (): void => void engine.close()
  signal?.addEventListener('abort', close)
  let writtenMs = writtenAt(name)
  let stopped: readonly string[] = []
  const lookAtStopped = (): void => {
    const nodes = stoppedNodes(name)
    if (nodes.join() === stopped.join()) return
    stopped = nodes
    hear({ type: 'stopped', nodes })
  }
  const look = setInterval(() => {
    lookAtStopped()
    const nowMs = writtenAt(name)
    if (nowMs === writtenMs || nowMs === undefined) return
    writtenMs = nowMs
    const changed = readRecord(name)
    if (changed !== undefined) hear({ type: 'changed', record: changed })
  }, LOOK_MS)
  const unwatch = watchOomKills(directory, (node, kills) => hear({ type: 'oom', node, kills }))
  try {
    hear({ type: 'up', record })
    lookAtStopped()
    await engine.watch((batch) => {
      if (signal?.aborted !== true) hear({ type: 'batch', batch })
    })
  } catch (error) {
    // An engine that asks a holder which has just died is refused: that is the end, too.
    if (signal?.aborted !== true && !isGone(name, record.holderPid)) throw explainEngineDeath(error)
  } finally {
    clearInterval(look)
    unwatch()
    signal?.removeEventListener('abort', close)
    await engine.close()
  }
}

function isGone(name: string, holderPid: number): boolean {
  const record = readRecord(name)
  return record === undefined || record.holderPid !== holderPid || !isAlive(record)
}

/** When the lab's record was written last. */
function writtenAt(name: string): number | undefined {
  return statSync(join(labDirectory(name), 'state.json'), { throwIfNoEntry: false })?.mtimeMs
}

/** Waits until the lab runs again; undefined when the signal comes first. */
async function nextRecord(name: string, signal: AbortSignal | undefined): Promise<LabRecord | undefined> {
  while (signal?.aborted !== true) {
    const record = readRecord(name)
    if (record !== undefined && isAlive(record)) return record
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return undefined
}
