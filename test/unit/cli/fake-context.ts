// A context whose library is made of what a test hands in, and whose streams are kept as text.
import type { Context, Output } from '../../../src/cli/context.ts'
import type { Library } from '../../../src/cli/library.ts'
import { run } from '../../../src/cli/run.ts'
import type { NodeCommand } from '../../../src/lab/exec.ts'
import type { ChildStreams } from '../../../src/lab/run-child.ts'

export interface FakeOptions {
  readonly library?: Partial<Library>
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly isTerminal?: boolean
  readonly runChild?: (command: NodeCommand, streams: ChildStreams) => Promise<number>
}

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Two labs of a library that only lists. */
export function libraryOf(
  ...labs: readonly { readonly name: string; readonly file?: string; readonly nodes?: readonly string[] }[]
): Partial<Library> {
  return {
    listLabs: async () =>
      labs.map(({ name, file, nodes = [] }) => ({
        name,
        state: 'up',
        nodes: nodes.length,
        holderPid: 7,
        since: '2025-01-02T03:04:05.678Z',
        ...(file !== undefined && { file }),
      })),
    readRecord: async (name) => {
      const lab = labs.find((candidate) => candidate.name === name)
      if (lab === undefined) return undefined
      const nodes = lab.nodes ?? []
      return {
        name,
        holderPid: 7,
        holderStart: '1',
        since: '2025-01-02T03:04:05.678Z',
        nodes,
        bridges: {},
        env: {},
        capabilities: {},
        interfaces: Object.fromEntries(nodes.map((node) => [node, ['lo', 'eth0']])),
        hostLinks: [],
      }
    },
  }
}

/** Runs `netlab ...argv` against the fake. A use case that the test did not hand in is a failure of the test. */
export async function netlab(argv: readonly string[], options: FakeOptions = {}): Promise<Outcome> {
  const { context, text } = fakeContext(options)
  return { code: await run(argv, context), stdout: text.stdout, stderr: text.stderr }
}

export function fakeContext(options: FakeOptions = {}): { context: Context; text: { stdout: string; stderr: string } } {
  const text = { stdout: '', stderr: '' }
  const output = (name: 'stdout' | 'stderr'): Output => ({
    write: (words) => {
      text[name] += words
    },
    isTerminal: options.isTerminal === true,
    hasColor: false,
    columns: 100,
    rows: 40,
  })
  const library = new Proxy<Partial<Library>>(options.library ?? {}, {
    get: (target, name) =>
      Reflect.get(target, name) ??
      (() => {
        throw new Error(`The test has no ${String(name)}()`)
      }),
  }) as Library
  const context: Context = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: options.env ?? {},
    cwd: options.cwd ?? '/',
    isStdinTerminal: false,
    library,
    interruptible: (work) => work(new AbortController().signal),
    runChild: options.runChild ?? (() => Promise.reject(new Error('The test runs no child'))),
  }
  return { context, text }
}
