/** From words to an exit code: finds the command, lets commander read its words, runs it, reports what went wrong. */
import { didYouMean } from '../diagnostic/suggest.ts'
import type { CommandDefinition, Words } from './command.ts'
import { COMMANDS } from './commands.ts'
import type { Context, Output } from './context.ts'
import { EXIT_DONE, EXIT_USAGE } from './exit-code.ts'
import { reportError } from './report.ts'
import { usageError } from './usage.ts'
import { VERSION } from './version.ts'

/** Runs `netlab ...argv` and gives the exit code. Never rejects. */
export async function run(argv: readonly string[], context: Context): Promise<number> {
  // Known before the words are read, so that even a mistake among them is told in the form that was asked for.
  const asJson = wordsOfOurs(argv).includes('--json')
  try {
    return await dispatch(argv, context)
  } catch (error) {
    return reportError(context, error, asJson)
  }
}

async function dispatch(argv: readonly string[], context: Context): Promise<number> {
  const [name, ...words] = argv
  // Without a word it is a mistake: the help is talk then, and no data.
  if (name === undefined) return help(context.stderr, EXIT_USAGE)
  if (isHelpWord(name) && words[0] === undefined) return help(context.stdout, EXIT_DONE)
  if (name === 'help') return dispatch([...words, '--help'], context)
  if (name === '--version' || name === '-V') {
    context.stdout.write(`${VERSION}\n`)
    return EXIT_DONE
  }
  if (name === 'completion' && words[0] === '--complete') return complete(context, words.slice(words[1] === '--' ? 2 : 1))
  const entry = COMMANDS.get(name)
  if (entry === undefined) throw unknownCommand(name)
  const definition = await entry.load()
  const parsed = await parseWords(name, definition, words, context)
  return parsed === undefined ? EXIT_DONE : definition.run(context, parsed)
}

function isHelpWord(word: string): boolean {
  return word === '--help' || word === '-h' || word === 'help'
}

async function help(output: Output, code: number): Promise<number> {
  const { helpText } = await import('./help.ts')
  output.write(helpText())
  return code
}

/** What the completion scripts ask at every Tab. */
async function complete(context: Context, words: readonly string[]): Promise<number> {
  const { candidates } = await import('./complete.ts')
  const lines = await candidates(context, words)
  context.stdout.write(lines.map((line) => `${line}\n`).join(''))
  return EXIT_DONE
}

function unknownCommand(name: string): Error {
  const help = { command: { sentence: 'To see all commands, run:', line: 'netlab --help' } }
  if (name.startsWith('-')) return usageError(`There is no option "${name}" before a command.`, help)
  return usageError(`There is no command "${name}".${didYouMean(name, COMMANDS.keys())}`, help)
}

/** The words as the command's definition reads them; undefined when help was asked for and given. */
async function parseWords(
  name: string,
  definition: CommandDefinition,
  words: readonly string[],
  context: Context,
): Promise<Words<object> | undefined> {
  const { Command, CommanderError } = await import('commander')
  const end = definition.takesCommand !== undefined ? words.indexOf('--') : -1
  const command = definition
    .define(new Command(`netlab ${name}`))
    .exitOverride()
    .helpOption('-h, --help', 'show this help')
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      // Mistakes are told by reportError, as all others are.
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(context.stdout.columns, 100),
      getOutHasColors: () => context.stdout.hasColor,
    })
  // The command's own options are not ours: they come through, for the command to say where its "--" belongs.
  if (definition.takesCommand === true && end < 0) command.passThroughOptions(!words.some((word) => word === '--help' || word === '-h'))
  try {
    command.parse(end < 0 ? words : words.slice(0, end), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw usageError(sentence(error.message), {
      command: { sentence: 'To see what it takes, run:', line: `netlab ${name} --help` },
    })
  }
  return { args: command.args, options: command.opts(), ...(end >= 0 && { rest: words.slice(end + 1) }) }
}

/** commander's `error: unknown option '--jsn'\n(Did you mean --json?)` in our form. */
function sentence(message: string): string {
  const [first = '', ...rest] = message
    .replace(/^error: /, '')
    .split('\n')
    .map((line) => line.replace(/^\((.*)\)$/, '$1').replaceAll("'", '"'))
  const words = `${first.charAt(0).toUpperCase()}${first.slice(1)}`
  return [words.endsWith('.') ? words : `${words}.`, ...rest].join(' ')
}

function wordsOfOurs(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--')
  return end < 0 ? argv : argv.slice(0, end)
}
