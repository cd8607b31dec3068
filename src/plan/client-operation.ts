/** Operations that the client carries out itself, with programs that it runs in nodes and with files of the machine's. */
import type { Origin } from '../diagnostic/origin.ts'
import type { Limits } from '../state/limits.ts'
import type { RulesetTool, ServiceState } from '../state/network.ts'
import type { OperationBase } from './operation.ts'

/** Writes to the node's cgroups, which are made at the first; each process that enters the node from then on is in them. */
export interface SetLimits extends OperationBase {
  readonly type: 'set limits'
  readonly limits: Limits
  readonly previous: Limits
}

/** iptables-restore, ip6tables-restore or nft -f inside the namespace. */
export interface SetRuleset extends OperationBase {
  readonly type: 'set ruleset'
  readonly tool: RulesetTool
  /** Tool input that replaces what is there; flushes where the file no longer has rules. */
  readonly input: string
  /** Origin of each line of the input, where the file has one for it. */
  readonly lineOrigins?: readonly (Origin | undefined)[]
  /** Tool input that brings back what was there. */
  readonly previous?: string
}

export interface RunSetup extends OperationBase {
  readonly type: 'run setup'
  readonly argv: readonly string[]
}

/** nsexec serve inside the node; done when it is ready. One of that name that is there is ended first. Neighbouring ones start side by side, each after those that it names. */
export interface StartService extends OperationBase {
  readonly type: 'start service'
  readonly name: string
  readonly service: ServiceState
  /** What runs under this name now, with its definition where that is known. */
  readonly previous?: ServiceState
}

/** Its processes get its stop signal, and SIGKILL where they do not heed it; done when the last has ended. */
export interface StopService extends OperationBase {
  readonly type: 'stop service'
  readonly name: string
  readonly previous?: ServiceState
}
