/** The shape of a command: its words for commander, and what it does. */
import type { Command } from 'commander'
import type { Context } from './context.ts'

export interface CommandDefinition<Options extends object = object> {
  /** Arguments, options, description and examples. */
  define(command: Command): Command
  /** Does the work and gives the exit code. Throws DiagnosticError for findings and refusals. */
  run(context: Context, words: Words<Options>): Promise<number>
  /** Whether the words after `--` are a command of the user's, and none of ours; `optional` where there need be none. */
  readonly takesCommand?: true | 'optional'
}

export interface Words<Options> {
  readonly args: readonly string[]
  readonly options: Options
  /** What stood after `--`; absent when there was none. */
  readonly rest?: readonly string[]
}

/** The end of a `--help`: examples as the user would type them, each with what it is for. */
export function examples(...lines: readonly (readonly [command: string, purpose: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length))
  return ['', 'Examples:', ...lines.map(([command, purpose]) => `  ${command.padEnd(width)}  ${purpose}`)].join('\n')
}
