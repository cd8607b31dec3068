import { startEngine } from '../linux/engine.ts'
import { likelyNameOf } from '../topology/likely-name.ts'
import type { EarlyEngine, UpResult } from './bring-up.ts'
import type { Source } from './compile.ts'
import { isAlive, readRecord } from './state.ts'
import type { UpOptions } from './up-options.ts'

/**
 * Brings the network of a file up, or changes the running lab of that name into what the file says and touches nothing else.
 * Errors: FindingsError (the file), DiagnosticError (LAB_BUSY, KERNEL_REFUSED …: all is undone), the signal's reason.
 */
export async function up(source: Source, options: UpOptions = {}): Promise<UpResult> {
  const start = performance.now()
  const early = startEarly(source, options)
  try {
    // Loaded while the engine starts: the compiler takes half as long.
    const { bringUp } = await import('./bring-up.ts')
    return await bringUp(source, early, start, options)
  } finally {
    await early.engine.close()
  }
}

/**
 * An engine takes as long to start as a file to compile: it starts first. Which lab it is for can only be guessed by then, and that lab
 * may come or go before its lock is ours.
 */
function startEarly(source: Source, options: UpOptions): EarlyEngine {
  const name = options.name ?? (typeof source === 'string' ? likelyNameOf(source) : undefined)
  const record = name === undefined ? undefined : readRecord(name)
  const holderPid = record !== undefined && isAlive(record) ? record.holderPid : undefined
  return { engine: startEngine(holderPid), holderPid }
}
