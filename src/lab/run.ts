// Runs a program to its end and keeps what it says.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** What a program left behind. */
export interface Finished {
  /** Exit status; 128 + n where signal n ended it. */
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a command line, `input` on its standard input (nothing where absent). Errors: what spawn(3) says; the reason of `signal`, when the
 * program has ended.
 */
export function run(
  command: { readonly file: string; readonly args: readonly string[] },
  options: {
    readonly input?: string
    readonly env?: NodeJS.ProcessEnv
    readonly cwd?: string
    /** Ends it by SIGKILL, the only one that no program may ignore; that of an nsexec takes its command along. */
    readonly signal?: AbortSignal
  } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const { input, signal: abort, ...rest } = options
    abort?.throwIfAborted()
    const child = spawn(command.file, command.args, { ...rest, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout!.on('data', (bytes: Buffer) => stdout.push(bytes))
    child.stderr!.on('data', (bytes: Buffer) => stderr.push(bytes))
    child.stdin?.on('error', () => undefined) // EPIPE: it ended without reading all; its status tells
    child.stdin?.end(input)
    const kill = (): void => void child.kill('SIGKILL')
    abort?.addEventListener('abort', kill)
    child.on('error', reject)
    // `close` may be long in coming, if ever: what the program has left behind has its streams.
    child.on('exit', () => {
      abort?.removeEventListener('abort', kill)
      if (abort?.aborted === true) reject(abort.reason as Error)
    })
    child.on('close', (code, signal) => {
      const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() })
    })
  })
}
