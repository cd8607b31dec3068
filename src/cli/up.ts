import { basename } from 'node:path'
import type { Command } from 'commander'
import { diagnosticJson } from '../diagnostic/json.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { findSource } from './lab-name.ts'
import type { UpEvent, UpOptions } from '../lab/up-options.ts'
import type { UpResult } from '../lab/bring-up.ts'
import { writePlan } from './plan.ts'
import { progressLine } from './progress.ts'
import { writeDiagnostics } from './report.ts'

interface Options {
  readonly dryRun?: true
  readonly json?: true
  readonly name?: string
  readonly recreate?: true
}

export const upCommand: CommandDefinition<Options> = {
  define(command: Command): Command {
    return command
      .summary('make the network run as the file says')
      .description(
        'Makes the network that FILE describes. A lab that runs already is changed only where it differs from the file; what does not ' +
          'differ is not touched. When the kernel refuses a step, or on Ctrl-C, what was begun is undone.',
      )
      .argument(
        '[file]',
        'YAML file, folder with a topology.yaml, or name of a running lab to bring back to its file (default: the only lab)',
      )
      .option('-n, --dry-run', 'show the plan and stop')
      .option('--name <name>', 'run it under this name instead of the one in the file')
      .option('--recreate', 'take the running lab down first')
      .option('--json', 'print events as JSON, one a line')
      .addHelpText(
        'after',
        examples(
          ['netlab up topo.yaml', 'make it run'],
          ['netlab up topo.yaml --dry-run', 'see what would be done'],
          ['netlab up topo.yaml --name second', 'the same network once more, beside the first'],
          ['netlab up', 'repair the only lab'],
        ),
      )
  },

  async run(context, { args, options }) {
    const { source, name: running } = await findSource(context, args[0])
    const name = options.name ?? running
    const work: UpOptions = { ...(name !== undefined && { name }), ...(options.recreate === true && { recreate: true }) }
    if (options.dryRun === true) {
      const planned = await context.library.plan(source, { ...(name !== undefined && { name }), fromNothing: options.recreate === true })
      return writePlan(context, planned, options.json === true ? 'json' : 'text')
    }
    return options.json === true ? upWithEvents(context, source, work) : upWithWords(context, source, work)
  },
}

async function upWithWords(context: Context, source: string, work: UpOptions): Promise<number> {
  const progress = progressLine(context, work.name ?? basename(source))
  try {
    const result = await context.interruptible((signal) => context.library.up(source, { ...work, signal, onEvent: progress.onEvent }))
    progress.clear()
    writeDiagnostics(context, result.warnings, result.sources)
    context.stderr.write(`${doneWords(result)}\n`)
  } finally {
    progress.clear()
  }
  return EXIT_DONE
}

/** JSON lines: `{"type":"stage",…}`, `{"type":"progress",…}`, and at the end `{"type":"done",…}` with the warnings. */
async function upWithEvents(context: Context, source: string, work: UpOptions): Promise<number> {
  const write = (value: object): void => context.stdout.write(`${JSON.stringify(value)}\n`)
  const onEvent = (event: UpEvent): void => {
    if (event.type !== 'done') write(event)
  }
  const {
    name: lab,
    plan,
    warnings,
    elapsedMs,
  } = await context.interruptible((signal) => context.library.up(source, { ...work, signal, onEvent }))
  write({
    type: 'done',
    lab,
    operations: plan.operations.length,
    elapsedMs: Math.round(elapsedMs),
    warnings: warnings.map(diagnosticJson),
  })
  return EXIT_DONE
}

function doneWords(result: UpResult): string {
  const count = result.plan.operations.length
  if (count === 0) return `${result.name} is up and as the file says: nothing to do.`
  return `${result.name} is up: ${count} ${count === 1 ? 'operation' : 'operations'} in ${(result.elapsedMs / 1000).toFixed(2)} s.`
}
