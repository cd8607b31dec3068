import type { DownResult } from './down.ts'
import { nodeCommand } from './exec.ts'
import { drift, inspect, type Inspection } from './inspect.ts'
import { run, type Finished } from './run.ts'
import type { Operation } from '../plan/operation.ts'

/** How to run a command in a node. */
export interface ExecOptions {
  /** Standard input; nothing where absent. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** A node of a running lab. */
export class LabNode {
  readonly lab: string
  readonly name: string

  constructor(lab: string, name: string) {
    this.lab = lab
    this.name = name
  }

  /** Runs a command in the node to its end. Any exit status resolves; errors: refusal LAB_UNKNOWN, LAB_DEAD, finding NODE_UNKNOWN. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<Finished> {
    const { file, args, env } = nodeCommand(this.lab, this.name, argv)
    return run({ file, args }, { ...options, env: { ...env, ...options.env } })
  }
}

/** A running lab: what `up` gives. `await using lab = await up(…)` takes it down at the end of the block. */
export class Lab implements AsyncDisposable {
  readonly name: string
  readonly #down: () => Promise<DownResult>

  constructor(name: string, down: () => Promise<DownResult>) {
    this.name = name
    this.#down = down
  }

  /** A node or a bridge, by its name in the file. */
  node(name: string): LabNode {
    return new LabNode(this.name, name)
  }

  /** What the kernel has. */
  inspect(): Promise<Inspection> {
    return inspect(this.name)
  }

  /** What would bring the lab back to its file: empty when nobody has changed it. */
  plan(): Promise<readonly Operation[]> {
    return drift(this.name)
  }

  /** Takes the lab down; returns when the kernel has freed it. */
  down(): Promise<DownResult> {
    return this.#down()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
  }
}
