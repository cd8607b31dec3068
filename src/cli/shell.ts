import { basename } from 'node:path'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { findLab } from './lab-name.ts'
import { nodeNames } from './node-name.ts'
import { shellArgv } from './shell-argv.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly shell?: string
}

export const shellCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .usage('[options] [lab] NODE')
      .summary('open a shell in a node')
      .description(
        'Opens your shell in a node, with job control and the name of the node in the prompt. Your own start-up files are read and ' +
          'stay as they are. Leave it with "exit" or Ctrl-D.',
      )
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .argument('[node]', 'the node')
      .option('-s, --shell <program>', "instead of $SHELL, or of the shell of the node's own root")
      .addHelpText(
        'after',
        examples(
          ['netlab shell h1', 'in the only lab'],
          ['netlab shell dmz fw', 'in the lab dmz'],
          ['netlab shell h1 --shell sh', 'a plain one'],
        ),
      )
  },

  async run(context, { args, options }) {
    const word = args.at(-1)
    if (word === undefined) throw usageError('Which node?', { command: { sentence: 'For example:', line: 'netlab shell h1' } })
    const lab = await findLab(context, args.length > 1 ? args[0] : undefined)
    const [node, ...others] = nodeNames(word)
    if (node === undefined || others.length > 0) throw usageError('A shell is for one node.')
    const { env } = await context.library.nodeCommand(lab.name, node, []) // a node with its own root directory has its own shells
    const program = options.shell ?? env['SHELL'] ?? 'sh'
    const argv = shellArgv(basename(program) === 'nologin' ? 'sh' : program, node)
    return context.runChild(await context.library.nodeCommand(lab.name, node, argv), 'inherit')
  },
}
