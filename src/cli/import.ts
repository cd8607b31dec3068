import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { displayPath } from '../diagnostic/text.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE, EXIT_USAGE } from './exit-code.ts'
import { writeOutputFile } from './output-file.ts'
import { writeDiagnostics } from './report.ts'
import { usageError } from './usage.ts'

export const importCommand: CommandDefinition = {
  define(command) {
    return command
      .summary("make a file of another tool's lab")
      .description(
        'Reads a lab of containerlab (*.clab.yml) or Kathará (lab.conf, or its folder) and prints it as a file of netlab. Of the commands that ' +
          'it runs in its nodes, those that give addresses and routes become addresses and routes; others stay commands, in `setup`. ' +
          'Configurations of FRR become `frr`. The programs of images are not carried over: a node has those of this machine. ' +
          'Whatever has no counterpart is a warning with its line.',
      )
      .argument('<lab>', 'containerlab file, lab.conf, or folder with one')
      .argument('[file]', 'where to write (default: standard output); what is there is not overwritten')
      .addHelpText(
        'after',
        examples(
          ['netlab import clos.clab.yml clos.yaml', 'of containerlab'],
          ['netlab import kathara-lab_rip rip.yaml && netlab up rip.yaml', 'of Kathará'],
        ),
      )
  },

  async run(context, { args }) {
    const [source = '', target] = args
    const file = target === undefined ? undefined : resolve(context.cwd, target)
    if (file !== undefined && existsSync(file))
      throw usageError(`${displayPath(file, context.cwd)} is there already, and nothing is overwritten.`, { hint: 'Give another name.' })
    const named = relative(context.cwd, resolve(context.cwd, source)) || '.'
    const { text, diagnostics } = await context.library.importLab(named, file === undefined ? context.cwd : dirname(file))
    if (diagnostics.length > 0) writeDiagnostics(context, diagnostics)
    if (text === undefined) return EXIT_USAGE
    if (file === undefined) context.stdout.write(text)
    else {
      writeOutputFile(file, text, 'The file')
      context.stderr.write(
        `${displayPath(file, context.cwd)} is written. Read it, and check it with: netlab validate ${displayPath(file, context.cwd)}\n`,
      )
    }
    return EXIT_DONE
  },
}
