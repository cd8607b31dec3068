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

/** Runs the program and gives its exit code, 128 + n when signal n ended it. Rejects when it cannot be started; `signal` ends it. */
export function runChild(command: NodeCommand, streams: ChildStreams, signal?: AbortSignal): Promise<number> {
  const child = spawn(command.file, command.args, {
    env: command.env,
    stdio: stdioOf(streams),
    ...(signal !== undefined && { signal }),
  })
  if (streams !== 'inherit' && 'onStdout' in streams) {
    forEachLine(child.stdout, streams.onStdout)
    forEachLine(child.stderr, streams.onStderr)
  }
  const release = passSignalsOn(child)
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    // `close` and not `exit`: the last lines of output may come after the exit.
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  }).finally(release)
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

const stay = (): void => {}
const handOn = (signal: NodeJS.Signals): void => {
  for (const child of running) child.kill(signal)
}
const LISTENERS = [
  ['SIGINT', stay],
  ['SIGQUIT', stay],
  ['SIGTERM', handOn],
  ['SIGHUP', handOn],
] as const

/**
 * A signal meant for the command must not end us before it: Ctrl-C reaches both from the terminal, the others are handed on.
 * Gives the function that stops this.
 */
function passSignalsOn(child: ChildProcess): () => void {
  if (running.size === 0) for (const [signal, listener] of LISTENERS) process.on(signal, listener)
  running.add(child)
  return () => {
    running.delete(child)
    if (running.size === 0) for (const [signal, listener] of LISTENERS) process.off(signal, listener)
  }
}
