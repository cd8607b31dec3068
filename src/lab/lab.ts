import type { Plan } from '../plan/operation.ts'
import type { Source } from './compile.ts'
import { down, type DownResult } from './down.ts'
import { nodeCommand } from './exec.ts'
import { drift, inspect, type Inspection } from './inspect.ts'
import { run, type Finished } from './run.ts'
import { up as bringUp, type UpOptions, type UpResult } from './up.ts'

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

/** A running lab. `await using lab = await up(…)` takes it down at the end of the block. */
export class Lab implements AsyncDisposable {
  /** What `up` did to make it run. */
  readonly report: UpResult

  constructor(report: UpResult) {
    this.report = report
  }

  get name(): string {
    return this.report.name
  }

  /** A node or a bridge, by its name in the file. */
  node(name: string): LabNode {
    return new LabNode(this.name, name)
  }

  /** What the kernel has. */
  inspect(): Promise<Inspection> {
    return inspect(this.name)
  }

  /** What would bring the lab back to its file: without operations when nobody has changed it. */
  async plan(): Promise<Plan> {
    return { lab: this.name, operations: await drift(this.name) }
  }

  /** Takes the lab down; returns when the kernel has freed it. */
  down(): Promise<DownResult> {
    return down(this.name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down()
  }
}

/**
 * Brings the network of a file or an object up, or changes the running lab of that name into what it says and touches nothing else.
 * Errors: FindingsError (the file), DiagnosticError (LAB_BUSY, KERNEL_REFUSED …: all is undone), the signal's reason.
 */
export async function up(source: Source, options: UpOptions = {}): Promise<Lab> {
  return new Lab(await bringUp(source, options))
}
