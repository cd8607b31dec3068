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

/** Runs a command line, `input` on its standard input (nothing where absent). Errors: what spawn(3) says. */
export function run(
  command: { readonly file: string; readonly args: readonly string[] },
  options: {
    readonly input?: string
    readonly env?: NodeJS.ProcessEnv
    readonly cwd?: string
    readonly signal?: AbortSignal
    /** What it gets when `signal` aborts. Default: SIGTERM. */
    readonly killSignal?: NodeJS.Signals
  } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const { input, ...rest } = options
    const child = spawn(command.file, command.args, { ...rest, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout!.on('data', (bytes: Buffer) => stdout.push(bytes))
    child.stderr!.on('data', (bytes: Buffer) => stderr.push(bytes))
    child.stdin?.on('error', () => undefined) // EPIPE: it ended without reading all; its status tells
    child.stdin?.end(input)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal])
      resolve({ status, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() })
    })
  })
}
