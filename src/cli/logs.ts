import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { serviceWords } from './service-words.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly follow?: true
  readonly lines?: string
}

export const logsCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .usage('[options] [lab] NODE [SERVICE]')
      .summary('show what services have printed')
      .description(
        'Shows stdout and stderr of a service. The newest megabyte is kept, and one more before it. Of several services each line bears the name.',
      )
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .argument('[node]', 'the node')
      .argument('[service]', 'the service (default: all of the node)')
      .option('-f, --follow', 'go on as more is printed, until Ctrl-C')
      .option('-n, --lines <count>', 'only the last lines')
      .addHelpText(
        'after',
        examples(['netlab logs web http', 'all of it'], ['netlab logs -n 20 -f r1', 'the last 20 lines of each, then what comes']),
      )
  },

  async run(context, { args, options }) {
    const named = await serviceWords(context, args)
    const count = lineCount(options.lines)
    const names = await context.library.namedServices(named.lab, named.node, named.service)
    const width = Math.max(...names.map(({ service }) => service.length))
    const writers = names.map(({ service }) => lineWriter(context, names.length === 1 ? '' : `${service.padEnd(width)} | `))
    for (const [index, name] of names.entries())
      for (const line of await context.library.serviceLog(named.lab, name, count)) writers[index]!(`${line}\n`)
    if (options.follow === true)
      await context.interruptible((signal) =>
        Promise.all(names.map((name, index) => context.library.followServiceLog(named.lab, name, writers[index]!, signal))),
      )
    return EXIT_DONE
  },
}

function lineCount(word: string | undefined): number | undefined {
  if (word === undefined || /^\d+$/.test(word)) return word === undefined ? undefined : Number(word)
  throw usageError(`"${word}" is not a number of lines.`)
}

/** Takes text in any parts and writes whole lines, each behind the prefix. */
function lineWriter({ stdout }: Context, prefix: string): (text: string) => void {
  let rest = ''
  return (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) stdout.write(`${prefix}${line}\n`)
  }
}
