/** `start`, `stop`, `restart` and `kill`: what running services are told. */
import { constants } from 'node:os'
import { didYouMean } from '../diagnostic/suggest.ts'
import { parseSignal, SIGNAL_NAMES } from '../unit/signal.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { serviceWords } from './service-words.ts'
import { usageError } from './usage.ts'

type Verb = 'start' | 'stop' | 'restart'

const DESCRIPTIONS: Readonly<Record<Verb, string>> = {
  start: 'Starts services that were stopped, or have ended. Returns when they are ready, as the file says when that is.',
  stop: 'Ends services with all their processes: by their stop signal, and by SIGKILL where they do not heed it. They stay so until "start" or "up".',
  restart: 'Stops services and starts them again. Returns when they are ready.',
}
const DONE: Readonly<Record<Verb, string>> = { start: 'runs', stop: 'is stopped', restart: 'runs again' }

export const startCommand = controlCommand('start')
export const stopCommand = controlCommand('stop')
export const restartCommand = controlCommand('restart')

function controlCommand(verb: Verb): CommandDefinition {
  return {
    define(command) {
      return command
        .usage('[options] [lab] NODE [SERVICE]')
        .summary(`${verb} services of a node`)
        .description(DESCRIPTIONS[verb])
        .argument('[lab]', 'name or file of the lab (default: the only one)')
        .argument('[node]', 'the node')
        .argument('[service]', 'the service (default: all of the node)')
        .addHelpText(
          'after',
          examples([`netlab ${verb} web http`, 'one service'], [`netlab ${verb} dmz web`, 'all services of a node of the lab dmz']),
        )
    },

    async run(context, { args }) {
      await control(context, args, verb, DONE[verb])
      return EXIT_DONE
    },
  }
}

interface KillOptions {
  readonly signal: string
}

export const killCommand: CommandDefinition<KillOptions> = {
  define(command) {
    return command
      .usage('[options] [lab] NODE [SERVICE]')
      .summary('send a signal to services of a node')
      .description('Sends a signal to every process of a service. What becomes of it then is up to its `restart`.')
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .argument('[node]', 'the node')
      .argument('[service]', 'the service (default: all of the node)')
      .option('-s, --signal <name>', 'by name or number', 'KILL')
      .addHelpText(
        'after',
        examples(['netlab kill web http', 'as a crash would'], ['netlab kill -s HUP web http', 'to read its configuration again']),
      )
  },

  async run(context, { args, options }) {
    await control(context, args, `kill ${signalNumber(options.signal)}`, `got ${options.signal}`)
    return EXIT_DONE
  },
}

async function control(context: Context, args: readonly string[], request: Verb | `kill ${number}`, done: string): Promise<void> {
  const { lab, node, service } = await serviceWords(context, args)
  const names = await context.library.controlServices(lab, node, service, request)
  for (const name of names) context.stderr.write(`${name.netns} ${name.service} ${done}.\n`)
  if (names.length === 0) context.stderr.write(`${node} has no services.\n`)
}

function signalNumber(word: string): number {
  const signal = parseSignal(word)
  if (signal === undefined)
    throw usageError(`There is no signal "${word}".${didYouMean(word.toUpperCase().replace(/^SIG/, ''), SIGNAL_NAMES)}`)
  return constants.signals[signal]
}
