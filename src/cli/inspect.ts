import { didYouMean } from '../diagnostic/suggest.ts'
import type { Plan } from '../plan/operation.ts'
import type { LabRecord } from '../lab/state.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { findLab } from './lab-name.ts'
import { inspectionText } from './inspect-text.ts'
import { inspectionJson } from './inspect-json.ts'
import { nodeNames } from './node-name.ts'
import { writeJson } from './report.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly drift?: true
  readonly json?: true
}

export const inspectCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .usage('[options] [lab] [NODES]')
      .summary('show what the kernel has')
      .description(
        'Shows the running lab as the kernel has it: nodes with their namespaces (numbered as lsns does) and processes, interfaces with ' +
          'addresses, peers and counters, routes, rules, neighbours. With --drift, only what differs from the file, and the line it differs from.',
      )
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .argument('[ends]', 'only these: h1,h2 or h[1-3], or one interface h1:eth0')
      .option('--drift', 'only what differs from the file')
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        examples(
          ['netlab inspect', 'the only lab'],
          ['netlab inspect dmz fw', 'one node of the lab dmz'],
          ['netlab inspect --drift', 'what someone changed behind our back'],
          ['netlab inspect --json', 'for programs'],
        ),
      )
  },

  async run(context, { args, options }) {
    const { lab, ends } = await labAndEnds(context, args)
    const isShown = (netns: string, ifname?: string): boolean => ends === undefined || ends.some((end) => isPartOf(netns, ifname, end))
    if (options.drift === true) {
      const drift = (await context.library.drift(lab)).filter((operation) => isShown(operation.netns))
      await writeDrift(context, { lab, operations: drift }, options.json === true)
      return EXIT_DONE
    }
    const inspection = await context.library.inspect(lab)
    const namespaces = inspection.namespaces
      .filter((namespace) => isShown(namespace.name))
      .map((namespace) => {
        const links = new Map([...namespace.state.links].filter(([ifname]) => isShown(namespace.name, ifname)))
        return { ...namespace, state: { ...namespace.state, links } }
      })
    if (options.json === true) writeJson(context, inspectionJson({ ...inspection, namespaces }))
    else context.stdout.write(await inspectionText(inspection, namespaces, context))
    return EXIT_DONE
  },
}

/** The differences as the plan that would undo them. */
async function writeDrift(context: Context, plan: Plan, asJson: boolean): Promise<void> {
  const { library, stdout, cwd } = context
  if (asJson) writeJson(context, await library.planJson(plan))
  else if (plan.operations.length === 0) stdout.write(`${plan.lab} is as its file said.\n`)
  else stdout.write(await library.formatPlanText(plan, { color: stdout.hasColor, cwd }))
}

/** A node, or one interface of it. */
interface End {
  readonly netns: string
  readonly ifname?: string
}

function isPartOf(netns: string, ifname: string | undefined, end: End): boolean {
  return netns === end.netns && (ifname === undefined || end.ifname === undefined || ifname === end.ifname)
}

/** One word alone may be a lab, or nodes of the only lab: what is a lab's name or file is that. */
async function labAndEnds(context: Context, args: readonly string[]): Promise<{ lab: string; ends?: readonly End[] }> {
  const [first, second] = args
  const labs = await context.library.listLabs()
  const [only, ...others] = labs
  if (first !== undefined && second === undefined && only !== undefined && others.length === 0 && only.name !== first) {
    const ends = endsOf(first)
    const record = await context.library.readRecord(only.name)
    if (ends.some((end) => record?.nodes.includes(end.netns))) return { lab: only.name, ends: known(ends, record) }
  }
  const lab = (await findLab(context, first)).name
  return second === undefined ? { lab } : { lab, ends: known(endsOf(second), await context.library.readRecord(lab)) }
}

function endsOf(words: string): readonly End[] {
  return nodeNames(words).map((name) => {
    const [netns = '', ifname] = name.split(':')
    return { netns, ...(ifname !== undefined && { ifname }) }
  })
}

/** The ends themselves, when the lab has them all. */
function known(ends: readonly End[], record: LabRecord | undefined): readonly End[] {
  const nodes = record?.nodes ?? []
  for (const { netns, ifname } of ends) {
    const interfaces = record?.interfaces[netns] ?? []
    if (!nodes.includes(netns)) throw usageError(`There is no node "${netns}" in the lab.${didYouMean(netns, nodes)}`)
    if (ifname !== undefined && !interfaces.includes(ifname))
      throw usageError(`${netns} has no interface "${ifname}".${didYouMean(ifname, interfaces)}`)
  }
  return ends
}
