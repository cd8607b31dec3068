/** A running lab while its tests are run: one engine, and what the file says of it. */
import { nodeCommand } from '../lab/exec.ts'
import { openLab, type OpenLab } from '../lab/running.ts'
import { run, type Finished } from '../lab/run.ts'
import { runChild } from '../lab/run-child.ts'
import type { Engine } from '../linux/engine.ts'
import type { Flow, FlowAnswer } from '../linux/flow/flow.ts'
import type { FlowOutcome } from '../linux/flow/run.ts'
import { FABRIC, type NetworkState, type RulesetTool } from '../state/network.ts'
import { counterCommand, parseNft, parseSave, type RuleCount } from './rule-counters.ts'

export interface Session {
  readonly lab: string
  readonly desired: NetworkState
  readonly engine: Engine
  /** Nodes, and bridges with an address. */
  readonly places: readonly string[]
  /** Where commands can be run: nodes and bridges, as they are called. */
  readonly commandPlaces: readonly string[]
  /** By node: what its rules had counted when the test began; of the nodes that the test asks about. */
  readonly countersBefore: Map<string, readonly RuleCount[]>
  /** Sends, and hears what comes back. */
  flows(flows: readonly Flow[]): Promise<readonly FlowAnswer[]>
  /** As `flows`, and sees every packet in nodes on the way; in the switches between them, too, where that is wanted. */
  followed(flows: readonly Flow[], withSwitches?: boolean): Promise<FlowOutcome>
  /** Runs a command in a node to its end. */
  exec(node: string, argv: readonly string[], timeoutMs?: number): Promise<Finished>
  /** Runs a server in a node until the signal. `ready`: when a line of its output has the words; what it said where it ended before. */
  start(node: string, argv: readonly string[], options: { readonly until: string; readonly signal: AbortSignal }): Started
  /** What the rules of a node's packet filters have counted. */
  counters(node: string): Promise<readonly RuleCount[]>
  /** `web (10.0.2.10)`, or the address alone where nobody has it. */
  nameOf(address: string): string
  ownerOf(address: string): string | undefined
  close(): Promise<void>
}

export interface Started {
  readonly ready: Promise<string | undefined>
  readonly ended: Promise<void>
}

/** How long a command may run where nothing else is said. */
const COMMAND_TIMEOUT_MS = 60_000

/** Opens the lab of that name. Close it. */
export async function openSession(lab: string): Promise<Session> {
  const open = await openLab(lab)
  await open.engine.observe(new Map()) // the engine knows links by their names only when it has seen them
  return sessionOf(open)
}

/** A session in a lab that somebody has opened, and closes. */
export function sessionOf({ record, memory, engine }: OpenLab): Session {
  const { desired } = memory
  const owners = new Map<string, string>()
  for (const [name, { addrs }] of desired.namespaces) for (const { local } of addrs.values()) owners.set(local, name)
  const inLab = [...desired.namespaces].filter(([, { kind }]) => kind !== 'host').map(([name]) => name)
  const places = inLab.filter((name) => name !== FABRIC)
  const exec: Session['exec'] = (node, argv, timeoutMs = COMMAND_TIMEOUT_MS) => {
    const { file, args, env } = nodeCommand(record.name, node, argv)
    return run({ file, args }, { env, signal: AbortSignal.timeout(timeoutMs) })
  }
  return {
    lab: record.name,
    desired,
    engine,
    places,
    commandPlaces: [...record.nodes, ...Object.keys(record.bridges)],
    countersBefore: new Map(),
    flows: async (flows) => (await engine.flows(flows)).answers,
    followed: (flows, withSwitches = false) => engine.flows(flows, withSwitches ? inLab : places),
    exec,
    start: (node, argv, { until, signal }) => {
      let said = ''
      let isReady: (problem: string | undefined) => void = () => undefined
      const ready = new Promise<string | undefined>((resolve) => (isReady = resolve))
      const hear = (line: string): void => {
        said += `${line}\n`
        if (line.includes(until)) isReady(undefined)
      }
      const command = nodeCommand(record.name, node, argv)
      const ended = runChild(command, { onStdout: hear, onStderr: hear }, signal).then(
        () => isReady(said.trim() || `${argv[0]} ended at once`),
        (error: unknown) => isReady(error instanceof Error ? error.message : String(error)),
      )
      return { ready, ended }
    },
    counters: async (node) => {
      // Rules may have come by other ways than the file's.
      const tools = new Set<RulesetTool>([...(desired.namespaces.get(node)?.rulesets.keys() ?? []), 'iptables', 'ip6tables'])
      const counts = await Promise.all(
        [...tools].map(async (tool) => {
          const { status, stdout } = await exec(node, counterCommand(tool))
          if (status !== 0) return []
          return tool === 'nftables' ? parseNft(stdout) : parseSave(tool, stdout)
        }),
      )
      return counts.flat()
    },
    nameOf: (address) => {
      const owner = owners.get(address)
      return owner === undefined ? address : `${owner} (${address})`
    },
    ownerOf: (address) => owners.get(address),
    close: () => engine.close(),
  }
}
