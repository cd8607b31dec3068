import { Option } from 'commander'
import type { Command } from 'commander'
import { diagnosticJson } from '../diagnostic/json.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { findSource } from './lab-name.ts'
import type { Planned } from '../lab/plan.ts'
import { writeDiagnostics, writeJson } from './report.ts'

type Format = 'text' | 'json' | 'sh'

interface Options {
  readonly format: Format
  readonly json?: true
  readonly name?: string
  readonly fromNothing?: true
}

export const planCommand: CommandDefinition<Options> = {
  define(command: Command): Command {
    return command
      .summary('show what up would do')
      .description(
        'Compares the file with what runs and shows the operations that would make them equal, each with its cause and its line. ' +
          'Nothing is changed. For a lab that is not running that is the whole network.',
      )
      .argument('[file]', 'YAML file, or name of a running lab (default: the only lab)')
      .addOption(new Option('--format <format>', 'text, JSON, or a script of ip commands').choices(['text', 'json', 'sh']).default('text'))
      .option('--json', 'the same as --format json')
      .option('--name <name>', 'compare with the lab of this name')
      .option('--from-nothing', 'plan as if the lab were not running')
      .addHelpText(
        'after',
        examples(
          ['netlab plan topo.yaml', 'the operations, readable'],
          ['netlab plan topo.yaml --format sh', 'the ip commands that a student would type'],
          ['netlab plan', 'what has drifted in the only lab'],
        ),
      )
  },

  async run(context, { args, options }) {
    const { source, name: running } = await findSource(context, args[0])
    const name = options.name ?? running
    const planned = await context.library.plan(source, { ...(name !== undefined && { name }), fromNothing: options.fromNothing === true })
    return writePlan(context, planned, options.json === true ? 'json' : options.format)
  },
}

/** The plan on stdout; its warnings on stderr, or beside it in JSON. */
export async function writePlan(context: Context, planned: Planned, format: Format): Promise<number> {
  const { plan, ready, isRunning } = planned
  if (format === 'json') {
    writeJson(context, { ...(await context.library.planJson(plan)), isRunning, warnings: ready.diagnostics.map(diagnosticJson) })
    return EXIT_DONE
  }
  writeDiagnostics(context, ready.diagnostics, ready.sources)
  const { library, stdout, cwd } = context
  stdout.write(format === 'sh' ? await library.formatPlanShell(plan) : await library.formatPlanText(plan, { color: stdout.hasColor, cwd }))
  return EXIT_DONE
}
