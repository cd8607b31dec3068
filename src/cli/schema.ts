import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE } from './exit-code.ts'

export const schemaCommand: CommandDefinition = {
  define(command) {
    return command
      .summary('print the JSON Schema of the file')
      .description('Prints the JSON Schema of the file. An editor with a YAML language server completes and checks with it.')
      .addHelpText(
        'after',
        `${examples(['netlab schema > netlab.schema.json', 'save it'])}\n\nThen begin the file with:\n  # yaml-language-server: $schema=netlab.schema.json`,
      )
  },

  async run(context) {
    context.stdout.write(await context.library.schemaText())
    return EXIT_DONE
  },
}
