/** The context of a real command: this process, its streams and its signals. */
import { constants } from 'node:os'
import type { WriteStream } from 'node:tty'
import { Interrupted } from './context.ts'
import type { Context, Output } from './context.ts'
import type { Library } from './library.ts'

const DEFAULT_COLUMNS = 100
const DEFAULT_ROWS = 40
/** timeout(1) signals the process and then its group, and npx hands on what the terminal has sent to both: that is one signal. */
const ECHO_MS = 500

export function processContext(library: Library): Context {
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    isStdinTerminal: process.stdin.isTTY === true,
    library,
    interruptible,
    runChild: async (command, streams, signal) => (await import('../lab/run-child.ts')).runChild(command, streams, signal),
  }
}

/** Ends the process when what was written has gone out. A reader that went away first, as `head` does, ends it quietly. */
export async function exit(code: number): Promise<never> {
  const drained = [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve)))
  await Promise.all(drained)
  process.exit(code)
}

/** Stops the interruptible work that is under way, if any is. */
let interrupt: ((signal: NodeJS.Signals) => void) | undefined

function outputOf(stream: WriteStream): Output {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    // As if SIGPIPE had come: what a shell expects of `netlab ls | head -1`. An `up` is undone first.
    if (interrupt === undefined) process.exit(128 + constants.signals.SIGPIPE)
    interrupt('SIGPIPE')
  })
  const isTerminal = stream.isTTY === true
  return {
    write: (text) => void stream.write(text),
    isTerminal,
    hasColor: isTerminal && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
    get columns() {
      return isTerminal ? stream.columns : DEFAULT_COLUMNS
    },
    get rows() {
      return isTerminal ? stream.rows : DEFAULT_ROWS
    },
  }
}

async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController()
  let first: NodeJS.Signals | undefined
  let firstMs = 0
  interrupt = (signal) => {
    if (first === undefined) firstMs = performance.now()
    first ??= signal
    abort.abort(new Interrupted(first, constants.signals[first]))
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    if (first === undefined) interrupt?.(signal)
    else if (performance.now() - firstMs > ECHO_MS) insist(signal)
  }
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, onSignal)
  try {
    return await work(abort.signal)
  } catch (error) {
    if (first !== undefined && isAbort(error)) throw new Interrupted(first, constants.signals[first], { cause: error })
    throw error
  } finally {
    interrupt = undefined
    for (const signal of signals) process.off(signal, onSignal)
  }
}

/** The user does not wait for the undoing. What remains is found by the next command. */
function insist(signal: NodeJS.Signals): void {
  process.stderr.write('netlab: stopped while undoing. To remove what remains, run:\n    netlab down --force\n')
  process.exit(128 + constants.signals[signal])
}

/** What work throws when it gave up because of the signal: its reason, or an AbortError of Node's. */
function isAbort(error: unknown): boolean {
  return error instanceof Interrupted || (error instanceof Error && error.name === 'AbortError')
}
