import { resolve } from 'node:path'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { NodeCommand } from '../lab/exec.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { findLab } from './lab-name.ts'
import { nodeNames } from './node-name.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly all?: true
}

/** Programs at once: a thousand pings are a thousand processes, and a student's machine has a limit of those. */
const MAX_AT_ONCE = 64

/** Colours of the nodes' prefixes, by turns: cyan, green, magenta, yellow, blue. */
const PREFIX_COLORS = [36, 32, 35, 33, 34]

export const execCommand: CommandDefinition<Options> = {
  takesCommand: true,

  define(command) {
    return command
      .usage('[options] [lab] NODES -- COMMAND [ARG ...]')
      .summary('run a command in nodes')
      .description(
        'Runs COMMAND in a node: with its interfaces, its routes, its host name, its files. Of one node the command has our own stdin, ' +
          'stdout and stderr, and its exit code is ours. Several nodes run it side by side, each line of output under the name of its node; ' +
          'stdin is empty then, and the exit code is that of the first node in which the command failed.',
      )
      .allowExcessArguments() // told in our words: see missingCommand
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .argument('[nodes]', 'a node, or several: h1,h2 or h[1-3]')
      .option('-a, --all', 'every node of the lab; name none')
      .addHelpText(
        'after',
        examples(
          ['netlab exec h1 -- ping -c 3 h2', 'in the only lab'],
          ['netlab exec dmz fw -- iptables -L -v', 'in the lab dmz'],
          ['netlab exec h[1-3] -- ip route', 'in several nodes'],
          ['netlab exec --all -- ip -br addr', 'in every node'],
          ["netlab exec h1 -- sh -c 'ip a | grep inet'", 'with a pipe inside the node'],
        ),
      )
  },

  async run(context, { args, options, rest }) {
    if (rest === undefined || rest.length === 0) throw await missingCommand(context, args, options.all === true)
    const { lab, nodes } = await labAndNodes(context, args, options.all === true)
    // All before the first runs: a wrong name is told before anything is done.
    const commands = await Promise.all(nodes.map((node) => context.library.nodeCommand(lab, node, rest)))
    const [command] = commands
    if (command === undefined) return EXIT_DONE
    if (commands.length === 1 && options.all !== true) return context.runChild(command, 'inherit')
    return execInEach(context, nodes, commands)
  },
}

/** The last word names nodes, one before it the lab; with `all` there are no words for nodes. */
async function labAndNodes(context: Context, args: readonly string[], all: boolean): Promise<{ lab: string; nodes: readonly string[] }> {
  if (all) {
    if (args.length > 1) throw usageError('"--all" means every node: name none beside it.')
    const lab = (await findLab(context, args[0])).name
    return { lab, nodes: (await context.library.readRecord(lab))?.nodes ?? [] }
  }
  const words = args.at(-1)
  if (words === undefined) throw usageError('Which node? Name one, or say "--all".')
  const lab = await findLab(context, args.length > 1 ? args[0] : undefined)
  return { lab: lab.name, nodes: nodeNames(words) }
}

/** Without "--" the words of the command stand among ours: which are whose is told by what the lab is called and what is in it. */
async function missingCommand(context: Context, args: readonly string[], isAll: boolean): Promise<Error> {
  const ours = isAll ? ['--all'] : []
  const words = [...args]
  const labs = await context.library.listLabs()
  const lab = labs.find(({ name, file }) => name === words[0] || file === resolve(context.cwd, words[0] ?? ''))
  const record = await context.library.readRecord((lab ?? labs[0])?.name ?? '')
  // A node may have the lab's name: then the first word is the lab only if a node comes after it.
  const isNode = (word: string | undefined): boolean => record?.nodes.includes(word ?? '') === true
  if (lab !== undefined && (!isNode(words[0]) || isNode(words[1]))) ours.unshift(...words.splice(0, 1))
  for (; isAllOption(words[0]); words.shift()) if (!ours.includes('--all')) ours.push('--all')
  if (!ours.includes('--all')) ours.push(words.shift() ?? record?.nodes[0] ?? 'h1')
  const command = words.length === 0 ? ['ip', 'addr'] : words
  return usageError('The command to run must stand behind "--".', {
    command: { sentence: 'For example:', line: ['netlab exec', ...ours, '--', ...command].join(' ') },
  })
}

function isAllOption(word: string | undefined): boolean {
  return word === '--all' || word === '-a'
}

async function execInEach(context: Context, nodes: readonly string[], commands: readonly NodeCommand[]): Promise<number> {
  const width = Math.max(...nodes.map((node) => node.length))
  const codes = await forEachAtOnce(commands, MAX_AT_ONCE, async (command, index) => {
    const prefix = `${(nodes[index] ?? '').padEnd(width)} | `
    const color = PREFIX_COLORS[index % PREFIX_COLORS.length] ?? 0
    const writer = (output: Context['stdout']) => {
      const head = output.hasColor ? `\u001b[${color}m${prefix}\u001b[0m` : prefix
      return (line: string): void => output.write(`${head}${line}\n`)
    }
    return context.runChild(command, { onStdout: writer(context.stdout), onStderr: writer(context.stderr) })
  })
  const failed = nodes.flatMap((node, index) => (codes[index] === 0 ? [] : [`${node} (${codes[index] ?? ''})`]))
  if (failed.length > 0) context.stderr.write(`Failed in ${failed.length} of ${nodes.length} nodes: ${failed.join(', ')}\n`)
  return codes.find((code) => code !== 0) ?? EXIT_DONE
}

/** Results in the order of the items, with at most `limit` under way. */
async function forEachAtOnce<T, Result>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    // One iterator for all workers: each takes the next item when it is free.
    for (const [index, item] of queue) results[index] = await work(item, index)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  return results
}
