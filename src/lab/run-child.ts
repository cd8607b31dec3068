/** Programs run in nodes, with the terminal or with their output line by line. */
import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import type { NodeCommand } from './exec.ts'

/**
 * `inherit`: our own streams; with `stdoutFd`, but for stdout. Otherwise stdin is empty and each line of output is handed over without its
 * newline.
 */
export type ChildStreams =
  'inherit' | { readonly stdoutFd: number } | { readonly onStdout: (line: string) => void; readonly onStderr: (line: string) => void }

/**
 * Runs the program and gives its exit code, 128 + n when signal n ended it. Rejects when it cannot be started.
 * `signal` hangs it up, as a terminal that is closed does: shells do not heed SIGTERM.
 */
export function runChild(command: NodeCommand, streams: ChildStreams, signal?: AbortSignal): Promise<number> {
  const child = spawn(command.file, command.args, { env: command.env, stdio: stdioOf(streams) })
  const hangUp = (): void => {
    abandoned.add(child)
    if (!hungUp.has(child)) child.kill('SIGHUP')
  }
  if (signal?.aborted === true) hangUp()
  signal?.addEventListener('abort', hangUp)
  if (streams !== 'inherit' && 'onStdout' in streams) {
    forEachLine(child.stdout, streams.onStdout)
    forEachLine(child.stderr, streams.onStderr)
  }
  const release = passSignalsOn(child)
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    // `close` and not `exit`: the last lines of output may come after the exit.
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  }).finally(() => {
    release()
    signal?.removeEventListener('abort', hangUp)
  })
}

function stdioOf(streams: ChildStreams): StdioOptions {
  if (streams === 'inherit') return 'inherit'
  return 'stdoutFd' in streams ? ['inherit', streams.stdoutFd, 'inherit'] : ['ignore', 'pipe', 'pipe']
}

function forEachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine)
}

/** Children that run now. One set of listeners serves them all: Node warns of a leak beyond ten. */
const running = new Set<ChildProcess>()

const handOn = (signal: NodeJS.Signals): void => {
  for (const child of running) {
    if (signal === 'SIGHUP' && abandoned.has(child)) continue
    if (signal === 'SIGHUP') hungUp.add(child)
    child.kill(signal)
  }
}

/**
 * Those that a SIGHUP of ours was handed on to, and those that their caller has given up. A shell that is hung up hangs its jobs up; hung up for
 * both reasons, it dies before that. A daemon may be told to reload as often as one likes.
 */
const hungUp = new WeakSet<ChildProcess>()
const abandoned = new WeakSet<ChildProcess>()

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP']

/**
 * A signal meant for the command must not end us before it, so it is handed on. Ctrl-C reaches both from the terminal: `nsexec enter` knows
 * what the command has had already. Gives the function that stops this.
 */
function passSignalsOn(child: ChildProcess): () => void {
  if (running.size === 0) for (const signal of SIGNALS) process.on(signal, handOn)
  running.add(child)
  return () => {
    running.delete(child)
    if (running.size === 0) for (const signal of SIGNALS) process.off(signal, handOn)
  }
}
