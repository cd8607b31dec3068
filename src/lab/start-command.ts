// Commands that run in nodes while their output is looked at.
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { constants } from 'node:os'
import { sendSignal } from '../linux/process.ts'
import type { NodeCommand } from './exec.ts'

/** A command that was started. */
export interface RunningCommand {
  /** Exit status; 128 + n where signal n ended it. Rejects where it cannot be started. */
  readonly done: Promise<number>
  /** Sends a signal to the command and to all that it has started. */
  kill(signal: NodeJS.Signals): void
}

export interface CommandStreams {
  /** Where absent, standard output goes to the file of this path. */
  readonly onStdout?: (text: string) => void
  readonly stdoutPath?: string
  readonly onStderr: (text: string) => void
}

/** Starts a command in a session of its own, without a terminal and with nothing on standard input. */
export function startCommand(command: NodeCommand, { onStdout, onStderr, stdoutPath }: CommandStreams): RunningCommand {
  const child = spawn(command.file, command.args, { env: command.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  if (stdoutPath !== undefined) {
    const file = createWriteStream(stdoutPath)
    file.on('error', (error) => onStderr(`${error.message}\n`))
    child.stdout.pipe(file)
  } else child.stdout.setEncoding('utf8').on('data', (text: string) => onStdout?.(text))
  child.stderr.setEncoding('utf8').on('data', onStderr)
  const done = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    // `close` and not `exit`: the last of the output may come after the exit.
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
  return {
    done,
    kill: (signal) => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      sendSignal(-child.pid, signal)
    },
  }
}
