import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { suggest } from '../diagnostic/suggest.ts'
import { enterCommand } from '../linux/nsexec.ts'
import { DEFAULT_CAPABILITIES } from '../unit/capability.ts'
import { labDirectory } from './directory.ts'
import { runningRecord } from './running.ts'
import type { LabRecord } from './state.ts'

/** A command line for spawn(3), with its environment. */
export interface NodeCommand {
  readonly file: string
  readonly args: string[]
  readonly env: NodeJS.ProcessEnv
}

/**
 * The command line that runs `argv` in a node, or in the network namespace of a bridge. Its exit status is the command's own; 125 to
 * 127 as nsexec tells. Errors: refusal LAB_UNKNOWN, LAB_DEAD, NODE_UNKNOWN.
 */
export function nodeCommand(lab: string, node: string, argv: readonly string[]): NodeCommand {
  const record = runningRecord(lab)
  const { file, args } = enterCommand(labDirectory(lab), namespaceOf(record, node), argv, capabilitiesOf(record, node))
  return { file, args, env: { ...process.env, ...record.env[node], NETLAB_LAB: lab, NETLAB_NODE: node } }
}

/** A bridge is no place for settings of its own. */
function capabilitiesOf({ nodes, capabilities }: LabRecord, name: string): readonly string[] | undefined {
  return nodes.includes(name) ? capabilities[name] : DEFAULT_CAPABILITIES
}

/** The namespace of a node or a bridge. Errors: finding NODE_UNKNOWN. */
export function namespaceOf(record: LabRecord, name: string): string {
  if (record.nodes.includes(name)) return name
  const bridge = record.bridges[name]
  if (bridge !== undefined) return bridge
  throw unknownNode(record, name)
}

export function unknownNode(record: LabRecord, name: string): DiagnosticError {
  const known = [...record.nodes, ...Object.keys(record.bridges)]
  const near = suggest(name, known)
  return new DiagnosticError('finding', [
    {
      code: 'NODE_UNKNOWN',
      severity: 'error',
      detail: `The lab ${record.name} has no node or bridge "${name}". It has ${known.length > 12 ? `${known.slice(0, 12).join(', ')} and ${known.length - 12} more` : known.join(', ')}.`,
      ...(near !== undefined && { hint: `Did you mean "${near}"?` }),
    },
  ])
}
