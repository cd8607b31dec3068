/** What a command sees of the world. Tests make their own; `process-context.ts` has the real one. */
import type { NodeCommand } from '../lab/exec.ts'
import type { ChildStreams } from '../lab/run-child.ts'
import type { Library } from './library.ts'

export interface Context {
  /** Data. */
  readonly stdout: Output
  /** Talk. */
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Whether stdin is a terminal. */
  readonly isStdinTerminal: boolean
  readonly library: Library
  /** Runs `work` with a signal that the first SIGINT, SIGTERM or SIGHUP aborts; throws Interrupted when `work` then gives up. */
  interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** Runs a program and gives its exit code, 128 + n when signal n ended it. */
  runChild(command: NodeCommand, streams: ChildStreams, signal?: AbortSignal): Promise<number>
}

export interface Output {
  write(text: string): void
  readonly isTerminal: boolean
  /** Whether to colour: a terminal, and NO_COLOR is not set (no-color.org). */
  readonly hasColor: boolean
  /** Columns, 100 where it is no terminal. */
  readonly columns: number
  /** Lines, 40 where it is no terminal. */
  readonly rows: number
}

/** A signal stopped the work, and what was begun is undone. */
export class Interrupted extends Error {
  readonly exitCode: number

  constructor(name: string, number: number, options?: ErrorOptions) {
    super(`Interrupted by ${name}`, options)
    this.name = 'Interrupted'
    this.exitCode = 128 + number
  }
}
