import { closeSync, openSync } from 'node:fs'
import { resolve } from 'node:path'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { findLab } from './lab-name.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly write?: string
}

/** What nsexec ends with where the program is not there. */
const NOT_FOUND = 127

export const captureCommand: CommandDefinition<Options> = {
  takesCommand: 'optional',

  define(command) {
    return command
      .usage('[options] [lab] END [-- WORDS ...]')
      .summary('show or save the packets of an interface')
      .description(
        'Shows what passes an interface of a node, all interfaces of a node, or a port of a bridge, until Ctrl-C. It is tcpdump that runs in ' +
          'there; what stands behind "--" is for it: a filter, or options. With --write the packets go into a file of yours, for Wireshark ' +
          'and its like; into "-" for a pipe.',
      )
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .argument('[ends]', 'h1:eth0 an interface, h1 all of a node, lan:h1.eth0 a port of a bridge')
      .option('-w, --write <file>', 'save the packets into this file; - is stdout')
      .addHelpText(
        'after',
        examples(
          ['netlab capture h1:eth0', 'in the only lab'],
          ['netlab capture fw -- icmp or arp', 'all interfaces of fw, filtered'],
          ['netlab capture dmz lan:h1.eth0 -w lan.pcap -- -c 100', 'a hundred packets at a port of lan, into a file'],
          ['netlab capture h1:eth0 -w - | wireshark -k -i -', 'live in Wireshark'],
        ),
      )
  },

  async run(context, { args, options, rest = [] }) {
    const end = args.at(-1)
    if (end === undefined) throw usageError('Where?', { command: { sentence: 'For example:', line: 'netlab capture h1:eth0' } })
    const { name } = await findLab(context, args.length > 1 ? args[0] : undefined)
    const command = await context.library.captureCommand(name, end, { asFile: options.write !== undefined, words: rest })
    const isFile = options.write !== undefined && options.write !== '-'
    const code = isFile
      ? await intoFile(resolve(context.cwd, options.write), (stdoutFd) => context.runChild(command, { stdoutFd }))
      : await context.runChild(command, 'inherit')
    if (code === NOT_FOUND) throw toolMissing()
    return code
  },
}

/** Opened here and not by tcpdump: a node has a /tmp of its own. */
async function intoFile(path: string, work: (fd: number) => Promise<number>): Promise<number> {
  const fd = openFile(path)
  try {
    return await work(fd)
  } finally {
    closeSync(fd)
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'w', 0o600)
  } catch (error) {
    throw usageError(`The file cannot be written: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

function toolMissing(): DiagnosticError {
  return new DiagnosticError('refusal', [
    {
      code: 'TOOL_MISSING',
      severity: 'error',
      detail: 'Packets are captured by tcpdump, which is not there.',
      command: { sentence: 'On Debian and Ubuntu it comes with:', line: 'apt-get install tcpdump' },
    },
  ])
}
