import { basename } from 'node:path'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { findLab } from './lab-name.ts'
import { shellArgv } from './shell-argv.ts'
import { usageError } from './usage.ts'

export const tuiCommand: CommandDefinition = {
  define(command) {
    return command
      .summary('see a lab live, and work in it')
      .description(
        'Shows nodes, links, traffic and events of a running lab on the whole terminal, as the kernel tells them, and works in it: ' +
          'commands and shells in nodes, links down, up and impaired, captures, nodes stopped and started, the tests of the file. Press ? for the keys, q to leave; the lab goes on.',
      )
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .addHelpText('after', examples(['netlab tui', 'the only lab'], ['netlab tui dmz', 'by name'], ['netlab tui topo.yaml', 'by file']))
  },

  async run(context, { args }) {
    if (!context.stdout.isTerminal || !context.isStdinTerminal) throw noTerminal('"netlab tui" draws on a terminal, and this is none.')
    if (context.env['TERM'] === 'dumb')
      throw noTerminal('"netlab tui" draws on the whole terminal, and this one (TERM=dumb) has nothing but lines.')
    const { name } = await findLab(context, args[0])
    return context.library.tui(name, {
      cwd: context.cwd,
      hasColor: context.stdout.hasColor,
      shell: (node, signal) => shell(context, name, node, signal),
    })
  },
}

function noTerminal(why: string): Error {
  return usageError(`${why} For programs there is "netlab inspect --watch --json" too.`, {
    command: { sentence: 'To read what changes as JSON lines, run:', line: 'netlab events' },
  })
}

async function shell(context: Context, lab: string, node: string, signal: AbortSignal): Promise<void> {
  const program = context.env['SHELL'] ?? 'sh'
  context.stdout.write(`A shell in ${node}. To come back to netlab tui, leave it with "exit".\n`)
  const argv = shellArgv(basename(program) === 'nologin' ? 'sh' : program, node)
  await context.runChild(await context.library.nodeCommand(lab, node, argv), 'inherit', signal)
}
