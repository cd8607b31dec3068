/** A running lab while its tests are run: one engine, and what the file says of it. */
import { openLab, type OpenLab } from '../lab/running.ts'
import { nodeCommand } from '../lab/exec.ts'
import { run, type Finished } from '../lab/run.ts'
import type { Flow, FlowAnswer } from '../linux/flow/flow.ts'
import type { Engine } from '../linux/engine.ts'
import type { NetworkState } from '../state/network.ts'

export interface Session {
  readonly lab: string
  readonly desired: NetworkState
  readonly engine: Engine
  flows(flows: readonly Flow[]): Promise<FlowAnswer[]>
  /** Runs a command in a node to its end. */
  exec(node: string, argv: readonly string[], timeoutMs?: number): Promise<Finished>
  /** `web (10.0.2.10)`, or the address alone where nobody has it. */
  nameOf(address: string): string
  ownerOf(address: string): string | undefined
  close(): Promise<void>
}

/** How long a command may run where nothing else is said. */
const COMMAND_TIMEOUT_MS = 60_000

/** Opens the lab of that name. Close it. */
export async function openSession(lab: string): Promise<Session> {
  return sessionOf(await openLab(lab))
}

function sessionOf({ record, memory, engine }: OpenLab): Session {
  const owners = new Map<string, string>()
  for (const [name, { addrs }] of memory.desired.namespaces) for (const { local } of addrs.values()) owners.set(local, name)
  return {
    lab: record.name,
    desired: memory.desired,
    engine,
    flows: (flows) => engine.flows(flows),
    exec: (node, argv, timeoutMs = COMMAND_TIMEOUT_MS) => {
      const { file, args, env } = nodeCommand(record.name, node, argv)
      return run({ file, args }, { env, signal: AbortSignal.timeout(timeoutMs) })
    },
    nameOf: (address) => {
      const owner = owners.get(address)
      return owner === undefined ? address : `${owner} (${address})`
    },
    ownerOf: (address) => owners.get(address),
    close: () => engine.close(),
  }
}
