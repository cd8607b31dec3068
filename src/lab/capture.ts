// What passes an interface, by tcpdump in the namespace where it is. tcpdump(8).
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { hasOneUser } from '../linux/id-map.ts'
import { nodeCommand, type NodeCommand } from './exec.ts'
import { endName, linkEnds } from './link-end.ts'
import { runningRecord } from './running.ts'
import { readMemory, type LabMemory, type LabRecord } from './state.ts'

export interface CaptureOptions {
  /** Packets as a capture file on standard output, each as soon as it has come; else in words. */
  readonly asFile: boolean
  /** More words for tcpdump: options, a filter. */
  readonly words: readonly string[]
}

/**
 * The command that captures at `word`: `h1:eth0` an interface, `h1` all of a node, `lan:h1.eth0` the port of a bridge.
 * Errors: refusal LAB_UNKNOWN, LAB_DEAD; finding NODE_UNKNOWN, UNKNOWN_INTERFACE.
 */
export function captureCommand(lab: string, word: string, options: CaptureOptions): NodeCommand {
  const record = runningRecord(lab)
  const { place, ifname } = captureEnd(record, readMemory(lab), word)
  return tcpdumpCommand(lab, place, ifname, options)
}

/** As `captureCommand`, at an interface of a node or a bridge. `any`: all of them. */
export function tcpdumpCommand(lab: string, place: string, ifname: string, { asFile, words }: CaptureOptions): NodeCommand {
  const output = asFile ? ['-U', '-w', '-'] : ['-l']
  // It wants to become a user of its own, which a lab with one user does not have.
  const user = hasOneUser(runningRecord(lab).holderPid) ? ['-Z', 'root'] : []
  const { env, ...command } = nodeCommand(lab, place, ['tcpdump', '-n', ...user, '-i', ifname, ...output, ...words])
  // tcpdump lies in /usr/sbin on some systems, which an ordinary user's PATH often lacks.
  return { ...command, env: { ...env, PATH: `${env['PATH'] ?? ''}:/usr/sbin:/sbin` } }
}

function captureEnd(record: LabRecord, memory: LabMemory, word: string): { readonly place: string; readonly ifname: string } {
  const [owner = '', ifname] = word.split(':')
  if (record.nodes.includes(owner) && ifname === undefined) return { place: owner, ifname: 'any' }
  if (record.interfaces[owner]?.includes(ifname ?? '') === true) return { place: owner, ifname: ifname! }
  const [end, ...others] = linkEnds(record, memory, word)
  if (end !== undefined && others.length === 0) return { place: owner, ifname: end.ifname }
  throw new DiagnosticError('finding', [
    {
      code: 'UNKNOWN_INTERFACE',
      severity: 'error',
      detail: `Which port of ${word}? It has ${linkEnds(record, memory, word)
        .map((port) => endName(memory, port))
        .join(', ')}.`,
    },
  ])
}
