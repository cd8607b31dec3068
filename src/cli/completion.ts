import { Argument, Option } from 'commander'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { candidates } from './complete.ts'
import { completionScript, SHELLS } from './completion-script.ts'
import { EXIT_DONE } from './exit-code.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly complete?: true
}

export const completionCommand: CommandDefinition<Options> = {
  // `--complete -- WORDS`: the words being completed may look like options of ours.
  takesCommand: true,

  define(command) {
    return command
      .summary('print the completion script of a shell')
      .description('Prints a script that teaches a shell to complete commands, options, labs, nodes and interfaces.')
      .addArgument(new Argument('[shell]', 'the shell').choices([...SHELLS]))
      .addOption(new Option('--complete', 'print the candidates for the last word after --').hideHelp())
      .addHelpText(
        'after',
        examples(
          ['eval "$(netlab completion bash)"', 'in ~/.bashrc'],
          ['eval "$(netlab completion zsh)"', 'in ~/.zshrc, after compinit'],
          ['netlab completion fish | source', 'in ~/.config/fish/config.fish'],
        ),
      )
  },

  async run(context, { args, options, rest }) {
    if (options.complete === true) {
      const lines = await candidates(context, rest ?? [''])
      context.stdout.write(lines.map((line) => `${line}\n`).join(''))
      return EXIT_DONE
    }
    const shell = SHELLS.find((name) => name === args[0])
    if (shell === undefined) throw usageError(`Which shell? ${SHELLS.join(', ')} are known.`)
    context.stdout.write(completionScript(shell))
    return EXIT_DONE
  },
}
