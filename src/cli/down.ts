import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { diagnosticJson } from '../diagnostic/json.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import type { DownResult } from '../lab/down.ts'
import { findLab } from './lab-name.ts'
import { writeDiagnostics, writeJson } from './report.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly all?: true
  readonly force?: true
  readonly json?: true
}

export const downCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('take a lab down and leave nothing')
      .description(
        'Ends every process of the lab and lets go of its namespaces; the kernel frees what is in them. ' +
          'Returns when nothing is left. Of a lab whose holder process died only files remain, which go too.',
      )
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .option('-a, --all', 'every lab of this user')
      .option('-f, --force', 'also when its holder has died, and no mistake when there is no such lab')
      .option('--json', 'print what was taken down as JSON')
      .addHelpText(
        'after',
        examples(
          ['netlab down', 'the only lab'],
          ['netlab down dmz', 'by name'],
          ['netlab down topo.yaml', 'by file'],
          ['netlab down --all', 'every lab'],
        ),
      )
  },

  async run(context, { args, options }) {
    const results: DownResult[] = []
    const refusals: Diagnostic[] = []
    const names = await labsToEnd(context, args[0], options)
    // One that is refused does not keep the others up.
    for (const name of names) {
      try {
        const result = await context.library.down(name)
        results.push(result)
        if (options.json !== true) {
          writeDiagnostics(context, result.warnings)
          context.stderr.write(`${doneWords(result)}\n`)
        }
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error
        refusals.push(...error.diagnostics)
      }
    }
    if (refusals.length > 0) throw new DiagnosticError('refusal', refusals)
    if (options.json === true) {
      writeJson(
        context,
        results.map((result) => ({ ...result, warnings: result.warnings.map(diagnosticJson) })),
      )
    } else if (names.length === 0) context.stderr.write(args[0] === undefined ? 'No lab is running.\n' : `There is no lab "${args[0]}".\n`)
    return EXIT_DONE
  },
}

async function labsToEnd(context: Context, word: string | undefined, options: Options): Promise<readonly string[]> {
  if (options.all === true && word !== undefined) throw usageError('"--all" means every lab: name none beside it.')
  if (options.all === true) return (await context.library.listLabs()).map((lab) => lab.name)
  try {
    return [(await findLab(context, word)).name]
  } catch (error) {
    const isGone = error instanceof DiagnosticError && error.diagnostics.every((diagnostic) => diagnostic.code === 'LAB_UNKNOWN')
    if (options.force === true && isGone) return []
    throw error
  }
}

function doneWords(result: DownResult): string {
  if (result.wasDead) return `${result.lab} was dead; what was left of it is gone.`
  return `${result.lab} is down (${(result.elapsedMs / 1000).toFixed(2)} s).`
}
