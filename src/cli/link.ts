import { Argument } from 'commander'
import type { Command } from 'commander'
import type { LinkChanges, LinkOptions, LinkReport, LinkSettings } from '../lab/link.ts'
import { diagnosticJson } from '../diagnostic/json.ts'
import { IMPAIRMENT_KEYS } from '../state/impairment-words.ts'
import type { ImpairmentKey } from '../state/impairment-words.ts'
import { parseDuration } from '../unit/duration.ts'
import { columns } from './columns.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { findLab } from './lab-name.ts'
import { writeDiagnostics, writeJson } from './report.ts'
import { usageError } from './usage.ts'

type Options = Partial<Record<ImpairmentKey, string>> & {
  readonly both?: true
  readonly json?: true
  readonly count?: string
  readonly down?: string
  readonly up?: string
}

const VERBS = ['ls', 'show', 'set', 'reset', 'down', 'up', 'flap', 'move'] as const
type Verb = (typeof VERBS)[number]

/** What each option of `set` takes, as tc reads it. */
const VALUES: Readonly<Record<ImpairmentKey, readonly [value: string, meaning: string]>> = {
  rate: ['rate', '10mbit'],
  burst: ['size', 'what leaves at once: 32kb'],
  latency: ['time', 'the longest wait for the rate: 100ms'],
  queue: ['queue', 'what waits for the rate: fq_codel, "red limit 60kb" …'],
  delay: ['time', '20ms'],
  jitter: ['time', '5ms, "5ms 25%" with correlation'],
  distribution: ['name', 'of the jitter: normal, pareto, paretonormal, uniform'],
  loss: ['chance', '1%, "1% 25%", "gemodel 1% 10%", "state 1%"'],
  duplicate: ['chance', '1%'],
  corrupt: ['chance', '0.1%'],
  reorder: ['chance', '25%, "25% 50% gap 5"'],
  slot: ['times', '"800us 1ms packets 20"'],
  limit: ['packets', 'that the link holds'],
  ecn: ['switch', 'true: mark instead of losing'],
  seed: ['number', 'start of the random numbers (Linux 6.6)'],
}

export const linkCommand: CommandDefinition<Options> = {
  define(command: Command): Command {
    command
      .usage('VERB [options] [lab] [END]')
      .summary('show and change links while they run')
      .description(
        'Shows links and changes them at once, without the file: ls lists all, show one; set changes what is named and leaves the rest; reset ' +
          'brings a link back to the file; down pulls its cable, up puts it in again, flap does both; move puts an interface into another node, with ' +
          'its cable, MAC, MTU, addresses and impairment. END is one end of a cable, r1:eth1: set ' +
          'changes what leaves by it, with --both also what comes back; the name of a bridge stands for all its ports. "netlab plan" shows what ' +
          'was changed, "netlab up" takes it back.',
      )
      .addArgument(new Argument('<verb>', VERBS.join(', ')).choices(VERBS))
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .argument('[ends]', 'r1:eth1, or a bridge for all its ports')
      .argument('[target]', 'move: the node where it goes, r2, or r2:eth5 for another name there')
      .option('-b, --both', 'both directions')
    for (const key of IMPAIRMENT_KEYS) command.option(`--${key} <${VALUES[key][0]}>`, `set: ${VALUES[key][1]}; none takes it away`)
    return command
      .option('--count <n>', 'flap: how often (default: 1)')
      .option('--down <time>', 'flap: how long the cable is out (default: 1s)')
      .option('--up <time>', 'flap: how long it is in between (default: 1s)')
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        examples(
          ['netlab link ls', 'all links of the only lab'],
          ['netlab link set r1:eth1 --delay 40ms --loss 1%', 'what r1 sends there'],
          ['netlab link set r1:eth1 --rate 2mbit --both', 'both directions'],
          ['netlab link set r1:eth1 --loss none', 'no loss any more, the delay stays'],
          ['netlab link reset r1:eth1', 'as the file says'],
          ['netlab link move r1:eth1 r2', 'its cable then ends in r2'],
          ['netlab link flap r1:eth1 --count 3 --down 200ms', 'a bad connector'],
        ),
      )
  },

  async run(context, { args, options }) {
    const [verb, ...words] = args
    return runVerb(context, verb as Verb, words, options)
  },
}

async function runVerb(context: Context, verb: Verb, words: readonly string[], options: Options): Promise<number> {
  const { library } = context
  const set = settingsOf(options)
  if (verb !== 'set' && Object.keys(set).length > 0) throw usageError(`Only "link set" takes --${Object.keys(set)[0] ?? ''}.`)
  if (verb === 'ls') return writeLinks(context, await library.listLinks((await findLab(context, words[0])).name), options)
  if (verb === 'move') return move(context, words, options)
  const { lab, end } = await labAndEnd(context, verb, words)
  const both: LinkOptions = options.both === true ? { both: true } : {}
  switch (verb) {
    case 'show':
      return writeLinks(context, await library.showLink(lab, end, { both: true }), options)
    case 'set':
      if (Object.keys(set).length === 0) throw usageError('What is to be set? For example: --delay 40ms.')
      return writeChanges(context, await library.setLink(lab, end, set, both), options)
    case 'reset':
      return writeChanges(context, await library.resetLink(lab, end, both), options)
    case 'down':
      return writeChanges(context, await library.downLink(lab, end), options)
    case 'up':
      return writeChanges(context, await library.upLink(lab, end), options)
    case 'flap': {
      const times = { downMs: milliseconds(options.down ?? '1s', 'down'), upMs: milliseconds(options.up ?? '1s', 'up') }
      const flap = { ...times, count: countOf(options.count ?? '1') }
      return writeChanges(context, await context.interruptible((signal) => library.flapLink(lab, end, { ...flap, signal })), options)
    }
  }
}

/** Of three words the first is the lab. */
async function move(context: Context, words: readonly string[], options: Options): Promise<number> {
  const [end, target] = words.slice(-2)
  if (end === undefined || target === undefined)
    throw usageError('Which interface, and where to? For example: netlab link move r1:eth1 r2.')
  const lab = (await findLab(context, words.length > 2 ? words[0] : undefined)).name
  const moved = await context.library.moveLink(lab, end, target)
  const { from, to, routesLost } = moved
  if (options.json === true) writeJson(context, moved)
  else {
    const lost = routesLost === 0 ? '' : ` ${routesLost} ${routesLost === 1 ? 'route' : 'routes'} through it went.`
    context.stderr.write(`${from} is ${to} now.${lost} "netlab up" puts it back.\n`)
  }
  return EXIT_DONE
}

function settingsOf(options: Options): LinkSettings {
  return Object.fromEntries(IMPAIRMENT_KEYS.flatMap((key) => (options[key] === undefined ? [] : [[key, options[key]]])))
}

/** One word is the end, in the only lab; of two the first is the lab. */
async function labAndEnd(context: Context, verb: Verb, words: readonly string[]): Promise<{ lab: string; end: string }> {
  const end = words.at(-1)
  if (end === undefined) throw usageError(`Which link? For example: netlab link ${verb} r1:eth1.`)
  return { lab: (await findLab(context, words.length > 1 ? words[0] : undefined)).name, end }
}

function milliseconds(text: string, option: string): number {
  const time = parseDuration(text)
  if (time.problem !== undefined) throw usageError(`--${option}: ${time.problem}.`)
  return Number(time.value / 1_000_000n)
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw usageError(`--count: "${text}" is not a number of times.`)
  return Number(text)
}

function writeChanges(context: Context, changes: LinkChanges, options: Options): number {
  const { links, operations, warnings } = changes
  if (options.json === true) writeJson(context, { links, operations: operations.length, warnings: warnings.map(diagnosticJson) })
  else {
    writeDiagnostics(context, warnings)
    context.stdout.write(table(links))
  }
  return EXIT_DONE
}

function writeLinks(context: Context, links: readonly LinkReport[], options: Options): number {
  if (options.json === true) writeJson(context, links)
  else context.stdout.write(table(links))
  return EXIT_DONE
}

function table(links: readonly LinkReport[]): string {
  const rows = links.map((link) => [link.end, link.peer, stateOf(link), impairmentWords(link)])
  return columns([['LINK', 'PEER', 'STATE', 'IMPAIRMENT'], ...rows])
}

function stateOf({ up, carrier }: LinkReport): string {
  if (!up) return 'DOWN'
  return carrier ? 'UP' : 'NO-CARRIER'
}

function impairmentWords({ impairment }: LinkReport): string {
  if (impairment === undefined) return "another program's"
  const words = Object.entries(impairment).map(([key, text]) => `${key} ${text}`)
  return words.length === 0 ? '-' : words.join(', ')
}
