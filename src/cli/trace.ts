import { Option } from 'commander'
import type { Trace, TraceHop } from '../check/trace.ts'
import type { Question } from '../lab/ask.ts'
import { columns } from './columns.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE, EXIT_TEST_FAILED } from './exit-code.ts'
import { findLab } from './lab-name.ts'
import { writeJson } from './report.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly tcp?: number
  readonly udp?: number
  readonly family?: '4' | '6'
  readonly ttl?: number
  readonly json?: true
}

export const traceCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .usage('[options] [lab] FROM TO')
      .summary('follow a packet through a lab')
      .description(
        'Sends one packet from a node and tells every node that it and its answer pass: by which interface it comes in and leaves, with which ' +
          'addresses, so that NAT is seen. All interfaces are watched meanwhile; nothing is guessed from TTLs, as traceroute must. Where it is ' +
          'not answered, it says where the packet was last seen, and why it went no further; the exit status is 1 then.',
      )
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .argument('[node]', 'the node that sends')
      .argument('[to]', 'a node, or an address')
      .option('--tcp <port>', 'a connection to this port, instead of an echo', portOf)
      .addOption(new Option('--udp <port>', 'a datagram to this port, instead of an echo').argParser(portOf).conflicts('tcp'))
      .addOption(new Option('--family <version>', 'IP version, where a node has addresses of both').choices(['4', '6']))
      .option('--ttl <hops>', 'time to live of the packet', ttlOf)
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        examples(
          ['netlab trace h1 web', 'an echo and its reply'],
          ['netlab trace dmz h1 web --tcp 80', 'through the firewall of the lab dmz'],
          ['netlab trace h1 192.0.2.1 --json', 'for programs'],
        ),
      )
  },

  async run(context, { args, options }) {
    const [to, from, lab] = [...args].reverse()
    if (from === undefined || to === undefined)
      throw usageError('From where to where?', { command: { sentence: 'For example:', line: 'netlab trace h1 h2' } })
    const { name } = await findLab(context, lab)
    const { family, ttl } = options
    const found = await context.library.trace(name, from, to, questionOf(options), {
      ...(family !== undefined && { family: family === '4' ? 4 : 6 }),
      ...(ttl !== undefined && { ttl }),
    })
    if (options.json === true) writeJson(context, found)
    else context.stdout.write(traceText(found, questionOf(options)))
    return found.isAnswered ? EXIT_DONE : EXIT_TEST_FAILED
  },
}

function questionOf({ tcp, udp }: Options): Question {
  if (tcp !== undefined) return { kind: 'tcp', port: tcp }
  return udp !== undefined ? { kind: 'udp', port: udp } : { kind: 'ping' }
}

function portOf(text: string): number {
  return wholeNumber(text, 'A port', 65_535)
}

function ttlOf(text: string): number {
  return wholeNumber(text, 'A time to live', 255)
}

function wholeNumber(text: string, what: string, most: number): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > most) throw usageError(`${what} is a whole number from 1 to ${most}; this is "${text}".`)
  return number
}

function traceText({ from, to, address, there, back, answer, because }: Trace, question: Question): string {
  const asked = question.kind === 'ping' ? 'ping' : `${question.kind} ${question.port}`
  const parts = [
    `${from} → ${to === address ? to : `${to} (${address})`} ${asked}\n`,
    hopTable(there),
    ...(back.length === 0 ? [] : ['and back\n', hopTable(back)]),
    `${answer}\n`,
    ...because.map((line) => `  ${line}\n`),
  ]
  return parts.join('')
}

function hopTable(hops: readonly TraceHop[]): string {
  return columns(
    hops.map((hop, index) => [
      `  ${String(index + 1).padStart(2)}`,
      hop.node,
      hop.in === undefined ? '' : `in ${hop.in}`,
      hop.out === undefined ? '' : `out ${hop.out}${hop.bridge === undefined ? '' : ` to ${hop.bridge}`}`,
      `${endpoint(hop.src, hop.sport)} → ${endpoint(hop.dst, hop.dport)}`,
      `ttl ${hop.ttl}`,
      changeWords(hops[index - 1], hop),
    ]),
  )
}

function endpoint(address: string, port: number | undefined): string {
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** What the node before has changed in it, or this one on its way out. */
function changeWords(before: TraceHop | undefined, { src, dst, sport, dport }: TraceHop): string {
  if (before === undefined) return ''
  const [isSource, isDestination] = [src !== before.src || sport !== before.sport, dst !== before.dst || dport !== before.dport]
  return [...(isSource ? ['source changed'] : []), ...(isDestination ? ['destination changed'] : [])].join(', ')
}
