import { eventJson } from '../lab/event-json.ts'
import type { LabEvent } from '../lab/lab-event.ts'
import { visible } from '../diagnostic/picture.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { Interrupted, type Output } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { findLab } from './lab-name.ts'

interface Options {
  readonly json?: true
  readonly follow?: true
}

export const eventsCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('tell what changes in a lab')
      .description(
        'Tells each change of a running lab as the kernel reports it, whoever made it: links, addresses, routes, neighbours, nodes. Words ' +
          'on a terminal, else one JSON object a line. Ends when the lab is down, or with Ctrl-C.',
      )
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .option('-f, --follow', 'when the lab is down, wait until it is up again')
      .option('--json', 'JSON lines on a terminal too')
      .addHelpText(
        'after',
        examples(
          ['netlab events', 'of the only lab'],
          ['netlab events dmz --json', 'for programs'],
          ['netlab events | jq .words', 'the words alone'],
        ),
      )
  },

  async run(context, { args, options }) {
    const { stdout, library } = context
    const { name } = await findLab(context, args[0])
    const asJson = options.json === true || !stdout.isTerminal
    const write = (event: LabEvent): void => stdout.write(`${asJson ? eventJson(name, event) : eventText(event, stdout)}\n`)
    try {
      await context.interruptible(async (signal) => {
        await library.watchEvents(name, write, { signal, follow: options.follow === true })
        signal.throwIfAborted()
      })
    } catch (error) {
      // Ctrl-C is how one leaves: nothing was begun that had to be undone.
      if (error instanceof Interrupted) return error.exitCode
      throw error
    }
    return EXIT_DONE
  },
}

const MOOD_COLORS = { good: 32, bad: 31, plain: 39 } as const

/** `10:41:02.118  web    eth0 set down` */
function eventText({ atMs, node, words, mood }: LabEvent, { hasColor }: Output): string {
  const time = new Date(atMs)
  const clock = `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`
  const text = visible(words)
  return `${clock}  ${visible(node ?? '-').padEnd(12)}  ${hasColor ? `\u001b[${MOOD_COLORS[mood]}m${text}\u001b[0m` : text}`
}
