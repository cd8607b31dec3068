/** What may stand at the cursor. Asked by the completion scripts at every Tab, so it must be quick and must never fail. */
import { Command } from 'commander'
import type { Option } from 'commander'
import { COMMANDS } from './commands.ts'
import type { CommandEntry } from './commands.ts'
import { argumentWords } from './complete-argument.ts'
import { pathWords } from './complete-path.ts'
import type { Context } from './context.ts'

/**
 * Candidates for the last of `words`, the words before it being what follows `netlab` on the line.
 * Each is a word, or a word, a tab and what it is.
 */
export async function candidates(context: Context, words: readonly string[]): Promise<readonly string[]> {
  const before = words.slice(0, -1)
  const current = words.at(-1) ?? ''
  try {
    return (await allCandidates(context, before, current)).filter((line) => line.startsWith(current))
  } catch {
    // A message in the middle of the user's line would be worse than no candidates.
    return []
  }
}

async function allCandidates(context: Context, before: readonly string[], current: string): Promise<readonly string[]> {
  const [name, ...words] = before[0] === 'help' ? before.slice(1) : before
  if (name === undefined) return [...[...COMMANDS].map(([word, entry]) => `${word}\t${entry.summary}`), '--help', '--version']
  const entry = COMMANDS.get(name)
  // After `--` stands a command of the user's, which netlab knows nothing of.
  if (entry === undefined || (words.includes('--') && name !== 'completion')) return []
  return commandCandidates(context, await definitionOf(entry, name), words, current)
}

async function definitionOf(entry: CommandEntry, name: string): Promise<Command> {
  const definition = await entry.load()
  return definition.define(new Command(name)).helpOption('-h, --help', 'show this help')
}

async function commandCandidates(
  context: Context,
  command: Command,
  words: readonly string[],
  current: string,
): Promise<readonly string[]> {
  const awaited = optionOf(command, words.at(-1))
  if (awaited !== undefined && takesValue(awaited)) return optionValues(context, awaited, current)
  const [, long, value] = /^(--[^=]+)=(.*)$/.exec(current) ?? []
  if (value !== undefined) return optionValues(context, optionOf(command, long), value).map((each) => `${long}=${each}`)
  if (current.startsWith('-')) return optionWords(command, words)
  return argumentWords(context, command, operands(command, words), current)
}

function optionOf(command: Command, word: string | undefined): Option | undefined {
  return word === undefined ? undefined : command.options.find((option) => option.long === word || option.short === word)
}

function takesValue(option: Option): boolean {
  return option.required || option.optional
}

/** Choices, or what the value is said to be: `--output <file>`. */
function optionValues(context: Context, option: Option | undefined, current: string): readonly string[] {
  if (option?.argChoices !== undefined) return option.argChoices
  const [, kind] = /<(file|dir)>$/.exec(option?.flags ?? '') ?? []
  return kind === undefined ? [] : pathWords(context.cwd, current, () => kind === 'file')
}

function optionWords(command: Command, used: readonly string[]): readonly string[] {
  const free = command.options.filter((option) => !option.hidden && option.long !== undefined && !used.includes(option.long))
  return [...free.map((option) => `${option.long ?? ''}\t${option.description}`), '--help\tshow this help']
}

/** The words that are neither options nor their values. */
function operands(command: Command, words: readonly string[]): readonly string[] {
  return words.filter((word, index) => {
    if (word.startsWith('-')) return false
    const option = optionOf(command, words[index - 1])
    return option === undefined || !takesValue(option)
  })
}
