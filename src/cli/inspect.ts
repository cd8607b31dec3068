import { didYouMean } from '../diagnostic/suggest.ts'
import type { Plan } from '../plan/operation.ts'
import type { InspectedNamespace, Inspection } from '../lab/inspect.ts'
import type { LabRecord } from '../lab/state.ts'
import type { LinkState } from '../state/network.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { findLab } from './lab-name.ts'
import { inspectionText } from './inspect-text.ts'
import { inspectionJson } from '../lab/inspect-json.ts'
import { watchInspection } from './inspect-watch.ts'
import { nodeNames } from './node-name.ts'
import { writeJson } from './report.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly drift?: true
  readonly watch?: true
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
      .option('-w, --watch', 'again every second, on a terminal in place; elsewhere whenever more than a counter has changed')
      .option('--json', 'print JSON, with --watch one object a line')
      .addHelpText(
        'after',
        examples(
          ['netlab inspect', 'the only lab'],
          ['netlab inspect dmz fw', 'one node of the lab dmz'],
          ['netlab inspect --drift', 'what someone changed behind our back'],
          ['netlab inspect --watch h1', 'h1 with its counters, live'],
          ['netlab inspect --json', 'for programs'],
        ),
      )
  },

  async run(context, { args, options }) {
    const { lab, ends } = await labAndEnds(context, args)
    const isShown = (netns: string, ifname?: string, links?: ReadonlyMap<string, LinkState>): boolean =>
      ends === undefined || ends.some((end) => isPartOf(end, netns, ifname, links))
    if (options.drift === true) {
      const drift = (await context.library.drift(lab)).filter((operation) => isShown(operation.netns))
      await writeDrift(context, { lab, operations: drift }, options.json === true)
      return EXIT_DONE
    }
    const shownOf = ({ namespaces }: Inspection): InspectedNamespace[] =>
      namespaces
        .filter((namespace) => isShown(namespace.name))
        .map((namespace) => {
          const links = new Map([...namespace.state.links].filter(([ifname]) => isShown(namespace.name, ifname, namespace.state.links)))
          return { ...namespace, state: { ...namespace.state, links } }
        })
    const asJson = options.json === true
    if (options.watch === true) return watchInspection(context, lab, shownOf, asJson)
    const inspection = await context.library.inspect(lab)
    const namespaces = shownOf(inspection)
    if (asJson) writeJson(context, inspectionJson(inspection, namespaces))
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

/** A node, one interface of it, or a bridge with its ports. */
interface End {
  readonly netns: string
  readonly ifname?: string
  readonly bridge?: string
}

function isPartOf(end: End, netns: string, ifname: string | undefined, links: ReadonlyMap<string, LinkState> = new Map()): boolean {
  if (netns !== end.netns || ifname === undefined) return netns === end.netns
  if (end.bridge !== undefined) {
    // A long name is the alias of a shortened one.
    const own = [...links].find(([name, { alias }]) => name === end.bridge || alias === end.bridge)?.[0]
    return ifname === own || (own !== undefined && links.get(ifname)?.master === own)
  }
  return end.ifname === undefined || ifname === end.ifname
}

/** One word alone may be a lab, or nodes of the only lab: what is a lab's name or file is that. */
async function labAndEnds(context: Context, args: readonly string[]): Promise<{ lab: string; ends?: readonly End[] }> {
  const [first, second] = args
  const labs = await context.library.listLabs()
  const [only, ...others] = labs
  if (first !== undefined && second === undefined && only !== undefined && others.length === 0 && only.name !== first) {
    const ends = endsOf(first)
    const record = await context.library.readRecord(only.name)
    if (ends.some((end) => record?.nodes.includes(end.netns) || record?.bridges[end.netns] !== undefined))
      return { lab: only.name, ends: known(ends, record) }
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

/** The ends as namespaces of the lab, when it has them all. */
function known(ends: readonly End[], record: LabRecord | undefined): readonly End[] {
  const { nodes, bridges, interfaces }: Pick<LabRecord, 'nodes' | 'bridges' | 'interfaces'> = record ?? {
    nodes: [],
    bridges: {},
    interfaces: {},
  }
  return ends.map((end) => {
    const { netns: name, ifname } = end
    const bridgeNetns = bridges[name]
    if (bridgeNetns !== undefined && ifname === undefined) return { netns: bridgeNetns, bridge: name }
    if (!nodes.includes(name))
      throw usageError(`There is no node or bridge "${name}" in the lab.${didYouMean(name, [...nodes, ...Object.keys(bridges)])}`)
    const ifnames = interfaces[name] ?? []
    if (ifname !== undefined && !ifnames.includes(ifname))
      throw usageError(`${name} has no interface "${ifname}".${didYouMean(ifname, ifnames)}`)
    return end
  })
}
