import type { Plan } from '../plan/operation.ts'
import { ask, type Answer, type AskOptions, type PingOptions } from './ask.ts'
import type { Source } from './compile.ts'
import { down, type DownResult } from './down.ts'
import { nodeCommand } from './exec.ts'
import { drift, inspect, type Inspection } from './inspect.ts'
import { flapLink, type FlapOptions } from './link-flap.ts'
import {
  downLink,
  resetLink,
  setLink,
  showLink,
  upLink,
  type LinkChanges,
  type LinkOptions,
  type LinkReport,
  type LinkSettings,
} from './link.ts'
import { run, type Finished } from './run.ts'
import { releaseLab } from './shared-engine.ts'
import type { UpOptions } from './up-options.ts'
import type { UpResult } from './bring-up.ts'
import { up as bringUp } from './up.ts'

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

  /** Sends one echo to a node or an address. Whatever comes back, or nothing, resolves; errors: as `exec`, finding INVALID_VALUE. */
  ping(target: LabNode | string, options: PingOptions = {}): Promise<Answer> {
    return ask(this.lab, this.name, nameOf(target), { kind: 'ping' }, options)
  }

  /** Opens a TCP connection to a node or an address, and resets it at once. Resolves and fails as `ping`. */
  tcp(target: LabNode | string, port: number, options: AskOptions = {}): Promise<Answer> {
    return ask(this.lab, this.name, nameOf(target), { kind: 'tcp', port }, options)
  }

  /** Sends one UDP datagram to a node or an address. Resolves and fails as `ping`. */
  udp(target: LabNode | string, port: number, options: AskOptions = {}): Promise<Answer> {
    return ask(this.lab, this.name, nameOf(target), { kind: 'udp', port }, options)
  }
}

function nameOf(target: LabNode | string): string {
  return typeof target === 'string' ? target : target.name
}

/** One link of a running lab, or all ports of a bridge. What is changed here the file does not say: `lab.plan()` shows it. */
export class LabLink {
  readonly lab: string
  readonly name: string

  constructor(lab: string, name: string) {
    this.lab = lab
    this.name = name
  }

  /** How it is now. */
  show(options: LinkOptions = {}): Promise<readonly LinkReport[]> {
    return showLink(this.lab, this.name, options)
  }

  /** Changes what is named: `{ delay: '40ms', loss: '1%' }`. Without `both`, what leaves by this end. */
  set(settings: LinkSettings, options: LinkOptions = {}): Promise<LinkChanges> {
    return setLink(this.lab, this.name, settings, options)
  }

  /** Back to the file. */
  reset(options: LinkOptions = {}): Promise<LinkChanges> {
    return resetLink(this.lab, this.name, options)
  }

  /** Pulls the cable. */
  down(): Promise<LinkChanges> {
    return downLink(this.lab, this.name)
  }

  /** Puts it in again. */
  up(): Promise<LinkChanges> {
    return upLink(this.lab, this.name)
  }

  /** Pulls it and puts it in again, some times. */
  flap(options: FlapOptions = {}): Promise<LinkChanges> {
    return flapLink(this.lab, this.name, options)
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

  /** A link by one of its ends, `r1:eth1`; a bridge's name stands for all its ports. */
  link(name: string): LabLink {
    return new LabLink(this.name, name)
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
  async down(): Promise<DownResult> {
    await releaseLab(this.name)
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
