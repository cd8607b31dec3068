/** What may stand at the cursor. Asked by the completion scripts at every Tab, so it must be quick and must never fail. */
import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import type { Option } from 'commander'
import { COMMANDS } from './commands.ts'
import type { CommandEntry } from './commands.ts'
import type { Context } from './context.ts'
import type { LabSummary } from '../lab/list.ts'
import type { LabRecord } from '../lab/state.ts'

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
  if (awaited !== undefined && (awaited.required || awaited.optional)) return awaited.argChoices ?? []
  const [long = '', value] = current.split('=')
  if (value !== undefined) return (optionOf(command, long)?.argChoices ?? []).map((choice) => `${long}=${choice}`)
  if (current.startsWith('-')) return optionWords(command, words)
  return argumentWords(context, command, operands(command, words), current)
}

function optionOf(command: Command, word: string | undefined): Option | undefined {
  return word === undefined ? undefined : command.options.find((option) => option.long === word || option.short === word)
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
    return option === undefined || (!option.required && !option.optional)
  })
}

async function argumentWords(context: Context, command: Command, given: readonly string[], current: string): Promise<readonly string[]> {
  const names = command.registeredArguments.map((argument) => argument.name())
  const choices = command.registeredArguments[given.length]?.argChoices
  if (choices !== undefined) return choices
  const place = names.findIndex((argument) => argument === 'file' || argument === 'lab')
  if (place < 0 || given.length < place) return []
  const own = given.slice(place)
  const labs = await context.library.listLabs()
  const [only, ...others] = labs
  const nodesArgument = names.find((argument) => /^(?:nodes?|ends)$/.test(argument))
  const nodesOf = async (lab: LabSummary | undefined): Promise<readonly string[]> => {
    if (lab === undefined || nodesArgument === undefined) return []
    return nodeWords(await context.library.readRecord(lab.name), current, nodesArgument)
  }
  if (own.length === 0) {
    const nodes = others.length === 0 ? await nodesOf(only) : []
    return [...nodes, ...labWords(labs), ...(nodesArgument === undefined ? fileWords(context.cwd, current) : [])]
  }
  const path = resolve(context.cwd, own[0] ?? '')
  return own.length === 1 ? nodesOf(labs.find((lab) => lab.name === own[0] || lab.file === path)) : []
}

function labWords(labs: readonly LabSummary[]): readonly string[] {
  return labs.map((lab) => `${lab.name}\tlab, ${lab.state}`)
}

/** After a comma the next node; after `h1:` the interfaces of h1, where the argument takes such ends. */
function nodeWords(record: LabRecord | undefined, current: string, argument: string): readonly string[] {
  const head = argument === 'node' ? '' : current.slice(0, current.lastIndexOf(',') + 1)
  const [name = '', ifname] = current.slice(head.length).split(':')
  if (ifname === undefined) return (record?.nodes ?? []).map((node) => `${head}${node}\tnode`)
  if (argument !== 'ends') return []
  return (record?.interfaces[name] ?? []).map((word) => `${head}${name}:${word}\tinterface`)
}

/** YAML files, and folders with a slash behind them. The shell hands over a `~` as it was typed. */
function fileWords(cwd: string, current: string): readonly string[] {
  const folder = current.includes('/') ? `${dirname(`${current}x`)}/`.replace('//', '/') : ''
  const start = basename(`${current}x`).slice(0, -1)
  return readdirSync(resolve(cwd, folder.startsWith('~/') ? join(homedir(), folder.slice(2)) : folder), { withFileTypes: true })
    .filter((entry) => entry.name.startsWith(start) && (start.startsWith('.') || !entry.name.startsWith('.')))
    .flatMap((entry) => {
      if (entry.isDirectory()) return [`${folder}${entry.name}/`]
      return /\.ya?ml$/.test(entry.name) ? [`${folder}${entry.name}`] : []
    })
    .sort()
}
