import { Option } from 'commander'
import { hasErrors } from '../diagnostic/diagnostic.ts'
import { diagnosticsJson } from '../diagnostic/json.ts'
import { formatSarif } from '../diagnostic/sarif.ts'
import { displayPath } from '../diagnostic/text.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE, EXIT_USAGE } from './exit-code.ts'
import { findSource } from './lab-name.ts'
import { writeDiagnostics, writeJson } from './report.ts'
import { VERSION } from './version.ts'

interface Options {
  readonly format: 'text' | 'json' | 'sarif'
  readonly json?: true
}

export const validateCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('check a file')
      .description(
        'Reports everything that is wrong with the file at once, each finding with its line and, where there is one, a way out. ' +
          'Rules of iptables and nftables are tried by the real tools in a namespace of their own. Exit status 2 when there is an error; ' +
          'warnings alone give 0.',
      )
      .argument('[file]', 'YAML file, or name of a running lab (default: the only lab)')
      .addOption(new Option('--format <format>', 'pictures, JSON, or SARIF 2.1.0').choices(['text', 'json', 'sarif']).default('text'))
      .option('--json', 'the same as --format json')
      .addHelpText(
        'after',
        examples(
          ['netlab validate topo.yaml', 'for people'],
          ['netlab validate topo.yaml --json', 'for programs'],
          ['netlab validate topo.yaml --format sarif', 'for code hosts and editors'],
        ),
      )
  },

  async run(context, { args, options }) {
    const { source } = await findSource(context, args[0])
    const { diagnostics, sources } = await context.library.validate(source)
    const format = options.json === true ? 'json' : options.format
    if (format === 'json') writeJson(context, diagnosticsJson(diagnostics))
    else if (format === 'sarif') context.stdout.write(formatSarif(diagnostics, { version: VERSION, cwd: context.cwd }))
    else if (diagnostics.length > 0) writeDiagnostics(context, diagnostics, sources)
    else context.stderr.write(`${displayPath(source, context.cwd)}: nothing is wrong.\n`)
    return hasErrors(diagnostics) ? EXIT_USAGE : EXIT_DONE
  },
}
