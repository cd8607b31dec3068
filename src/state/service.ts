/** Programs that run in a node as long as the lab does. */

export interface ServiceDefinition {
  /** A string in the file becomes ['sh', '-c', text]. */
  readonly argv: readonly string[]
  /** The node's and the service's own. */
  readonly env: Readonly<Record<string, string>>
  /** Name or number, with `:group` where given; absent: root of the node. */
  readonly user?: string
  readonly cwd: string
  /** Names without CAP_; absent: all rights. */
  readonly capabilities?: readonly string[]
  readonly restart: 'no' | 'on-failure' | 'always'
  /** Name with SIG. */
  readonly stopSignal: NodeJS.Signals
  /** How long the signal has to end it, before SIGKILL. */
  readonly stopTimeoutMs: number
  /** Not part of the digest, nor is the next. */
  readonly ready: ReadyConditions
  /** Services that must be ready before this one is started. */
  readonly after: readonly ServiceName[]
  /** Runs in the machine's network, with the node's at hand: netlab's own ways out of and into the lab. */
  readonly beside?: true
}

export interface ServiceName {
  readonly netns: string
  readonly service: string
}

/** A service is ready when all of these hold. Without any: when it has not failed at once. */
export interface ReadyConditions {
  /** Ports on which a socket listens in the node. */
  readonly tcp: readonly number[]
  /** Ports to which a socket is bound in the node. */
  readonly udp: readonly number[]
  /** Regular expression that a line of its output matches. */
  readonly log?: string
  /** Path inside the node that is there. */
  readonly file?: string
  /** Command in the node that succeeds. */
  readonly command?: readonly string[]
  readonly timeoutMs: number
}

export interface ServiceStatus {
  /** `stopped`: on request. `ended`: by itself. `waiting`: to be restarted. */
  readonly state: 'running' | 'stopping' | 'stopped' | 'ended' | 'waiting'
  /** Of the main process, as the node's own pid namespace numbers it; absent where that has gone to the background or ended. */
  readonly pid?: number
  /** Of all its processes. */
  readonly processes: number
  /** Since when it is in this state, milliseconds since 1970. */
  readonly sinceMs: number
  readonly restarts: number
  /** Exit status of the last run, or the number of the signal that ended it. */
  readonly exit?: { readonly status: number } | { readonly signal: number }
  /** Where in the log the output of this run begins, in bytes. */
  readonly logOffset: number
}
