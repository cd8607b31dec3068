import { displayPath } from '../diagnostic/text.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE } from './exit-code.ts'
import { writeJson } from './report.ts'
import { columns } from './columns.ts'

interface Options {
  readonly json?: true
  readonly quiet?: true
}

export const lsCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('list the labs')
      .description(
        'Lists the labs of this user. A lab that a command is bringing up or down at this moment is "busy". One whose holder process is gone is "dead": its network is gone too, "netlab down" removes its files.',
      )
      .option('-q, --quiet', 'names only')
      .option('--json', 'print JSON')
      .addHelpText('after', examples(['netlab ls', 'a table'], ['netlab ls --json', 'for programs']))
  },

  async run(context, { options }) {
    const labs = await context.library.listLabs()
    if (options.json === true) writeJson(context, labs)
    else if (options.quiet === true) context.stdout.write(labs.map((lab) => `${lab.name}\n`).join(''))
    else if (labs.length === 0) context.stderr.write('No lab is running.\n')
    else {
      const rows = labs.map((lab) => [
        lab.name,
        lab.state,
        String(lab.nodes),
        lab.since?.replace(/\.\d+Z$/, 'Z') ?? '-',
        lab.file === undefined ? '-' : displayPath(lab.file, context.cwd),
      ])
      context.stdout.write(columns([['LAB', 'STATE', 'NODES', 'SINCE', 'FILE'], ...rows]))
    }
    return EXIT_DONE
  },
}
