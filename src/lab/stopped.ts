// Nodes that are stopped (power off): their processes stand still and their cables are cut. Noted beside the lab's state, a file a node,
// since the kernel cannot tell a node that was stopped from one in which nothing runs.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isKeeper } from '../linux/process.ts'
import { labDirectory } from './directory.ts'
import { inspect } from './inspect.ts'

/** Names of the nodes that are stopped, sorted. */
export function stoppedNodes(lab: string): readonly string[] {
  try {
    return readdirSync(notesDirectory(lab)).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [] // no node was ever stopped
    throw error
  }
}

/** Notes that nodes are stopped. */
export function noteStopped(lab: string, nodes: readonly string[]): void {
  const directory = notesDirectory(lab)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  for (const node of nodes) writeFileSync(join(directory, node), '')
}

/** Notes that they run again. */
export function noteStarted(lab: string, nodes: readonly string[]): void {
  for (const node of nodes) rmSync(join(notesDirectory(lab), node), { force: true })
}

function notesDirectory(lab: string): string {
  return join(labDirectory(lab), 'stopped')
}

/** To the programs of nodes. Netlab's own processes there must go on: whoever asks for the services of a lab waits for their supervisors. */
export async function signalNodes(lab: string, nodes: readonly string[], signal: NodeJS.Signals): Promise<void> {
  const { namespaces } = await inspect(lab)
  for (const { name, pids } of namespaces) if (nodes.includes(name)) for (const pid of pids) if (!isKeeper(pid)) kill(pid, signal)
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // ESRCH: it has ended meanwhile.
  }
}
