import { Argument } from 'commander'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { completionScript, SHELLS } from './completion-script.ts'
import { EXIT_DONE } from './exit-code.ts'
import { usageError } from './usage.ts'

/** The scripts call `netlab completion --complete -- WORDS`, which src/cli/run.ts answers. */
export const completionCommand: CommandDefinition = {
  define(command) {
    return command
      .summary('print the completion script of a shell')
      .description('Prints a script that teaches a shell to complete commands, options, labs, nodes and interfaces.')
      .addArgument(new Argument('[shell]', 'the shell').choices([...SHELLS]))
      .addHelpText(
        'after',
        examples(
          ['eval "$(netlab completion bash)"', 'in ~/.bashrc'],
          ['eval "$(netlab completion zsh)"', 'in ~/.zshrc, after compinit'],
          ['netlab completion fish | source', 'in ~/.config/fish/config.fish'],
        ),
      )
  },

  async run(context, { args }) {
    const shell = SHELLS.find((name) => name === args[0])
    if (shell === undefined) throw usageError(`Which shell? ${SHELLS.join(', ')} are known.`)
    context.stdout.write(completionScript(shell))
    return EXIT_DONE
  },
}
