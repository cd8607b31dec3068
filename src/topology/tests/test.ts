/** What `tests:` means: names and ranges are settled, durations are milliseconds. Plain data; each part knows its place in the file. */
import type { Origin } from '../../diagnostic/origin.ts'
import type { ServiceName } from '../../state/service.ts'
import type { Bound } from '../../unit/bound.ts'
import type { ImpairmentTexts } from '../impairments.ts'

export interface Test {
  /** Given, or made from the expectation. */
  readonly name: string
  readonly origin: Origin
  /** What it is worth when it is graded. */
  readonly points: number
  /** Whether the lab stays as the steps made it. */
  readonly keep: boolean
  /** One expectation, or several and actions between them. */
  readonly steps: readonly Step[]
  /** Why it cannot be asked of this network; it has no steps then. */
  readonly problem?: string
}

export type Step = Expectation | Action

/** One question from one node to one address. */
export interface Pair {
  readonly from: string
  readonly to: Target
}

export interface Target {
  /** As the file names it. */
  readonly text: string
  readonly address: string
  /** Node or bridge that has the address, where the file tells. */
  readonly owner?: string
}

interface ExpectationBase {
  readonly step: 'expect'
  readonly origin: Origin
  /** In a few words, e.g. `h1 → web tcp 80 open`. */
  readonly words: string
  /** It must not hold. */
  readonly not: boolean
  readonly withinMs?: number
  readonly forMs?: number
  readonly timeoutMs?: number
  /** Whether the time until it holds is the convergence time of the actions before. */
  readonly isMeasured: boolean
}

export type Expectation = ExpectationBase &
  (
    | ReachExpectation
    | MtuExpectation
    | PathExpectation
    | PathsExpectation
    | HttpExpectation
    | DnsExpectation
    | NeighExpectation
    | RunExpectation
    | StateExpectation
    | IsolatedExpectation
    | MatrixExpectation
    | ThroughputExpectation
  )

export type ReachOutcome = 'reply' | 'no-reply' | 'open' | 'answered' | 'refused' | 'filtered' | 'unreachable'

export interface ReachExpectation {
  readonly kind: 'ping' | 'tcp' | 'udp'
  readonly pairs: readonly Pair[]
  /** Of tcp and udp. */
  readonly ports: readonly number[]
  readonly expect: ReachOutcome
  /** ICMP code that must come. */
  readonly code?: IcmpCode
  /** Who must send the ICMP error. */
  readonly by?: Sender
  readonly ping?: PingOptions
}

export interface IcmpCode {
  readonly text: string
  /** By family; absent where the name does not exist in it. A number stands for both. */
  readonly v4?: number
  readonly v6?: number
}

export interface Sender {
  readonly text: string
  readonly addresses: readonly string[]
}

export interface PingOptions {
  readonly count: number
  readonly intervalMs: number
  readonly size?: number
  readonly df?: boolean
  readonly ttl?: number
  /** Percent. */
  readonly loss?: Bound
  /** Milliseconds. */
  readonly rtt?: Bound
}

export interface MtuExpectation {
  readonly kind: 'mtu'
  readonly pairs: readonly Pair[]
  readonly mtu: number
}

export interface PathExpectation {
  readonly kind: 'path'
  readonly pairs: readonly Pair[]
  readonly path: readonly string[]
  readonly back?: readonly string[]
}

export interface PathsExpectation {
  readonly kind: 'paths'
  readonly pairs: readonly Pair[]
  readonly flows: number
  readonly paths: readonly { readonly path: readonly string[]; readonly share?: Bound }[]
}

export interface HttpExpectation {
  readonly kind: 'http'
  readonly pairs: readonly Pair[]
  readonly port: number
  readonly path: string
  readonly host?: string
  readonly status: number
  readonly header: readonly (readonly [name: string, value: Pattern])[]
  readonly body?: Pattern
}

export interface DnsExpectation {
  readonly kind: 'dns'
  readonly pairs: readonly Pair[]
  readonly name: string
  readonly type: string
  readonly answer: readonly string[]
  readonly rcode: string
}

export interface NeighExpectation {
  readonly kind: 'arp' | 'nd'
  readonly pairs: readonly Pair[]
  readonly expect: 'reply' | 'no-reply'
  readonly mac?: string
}

export interface RunExpectation {
  readonly kind: 'run'
  readonly nodes: readonly string[]
  readonly argv: readonly string[]
  readonly exit: number
  readonly stdout?: Pattern
  readonly stderr?: Pattern
  readonly json: readonly (readonly [path: string, value: string | number | boolean | null])[]
}

export interface StateExpectation {
  readonly kind: 'state'
  readonly nodes: readonly string[]
  readonly state: KernelState
}

export type KernelState =
  | { readonly noun: 'route'; readonly to: string; readonly via?: string; readonly dev?: string }
  | { readonly noun: 'address'; readonly address: string; readonly prefixlen?: number; readonly dev?: string }
  | { readonly noun: 'neighbor'; readonly address: string; readonly mac?: string; readonly dev?: string }
  | { readonly noun: 'link'; readonly ifname: string; readonly is: 'up' | 'down' }
  | { readonly noun: 'port'; readonly port: CableEnd; readonly is: 'forwarding' | 'blocking' | 'disabled' }
  | { readonly noun: 'counter'; readonly rule: string; readonly grew: boolean }

export interface IsolatedExpectation {
  readonly kind: 'isolated'
  /** Both ways, each node against each of the other sets. */
  readonly pairs: readonly Pair[]
}

export interface MatrixExpectation {
  readonly kind: 'matrix'
  readonly port?: number
  readonly cells: readonly { readonly pair: Pair; readonly reaches: boolean; readonly origin: Origin }[]
}

export interface ThroughputExpectation {
  readonly kind: 'throughput' | 'fairness'
  readonly pairs: readonly Pair[]
  /** Bytes a second, or Jain's index. */
  readonly bound: Bound
}

/** A text that must occur, or a regular expression that must match. */
export interface Pattern {
  readonly text: string
  readonly regExp?: { readonly source: string; readonly flags: string }
}

/** One end of a cable, as the file names it. */
export interface CableEnd {
  /** Its namespace: of a bridge without an address, that of all of them. */
  readonly node: string
  readonly ifname: string
  /** As `netlab link` takes it, `r1:eth1`, `s1:s1.s2`. */
  readonly word: string
}

interface ActionBase {
  readonly step: 'act'
  readonly origin: Origin
  /** In a few words, e.g. `r1:eth1 down`. */
  readonly words: string
}

export type Action = ActionBase &
  (
    | { readonly kind: 'down' | 'up'; readonly ends: readonly CableEnd[] }
    | { readonly kind: 'flap'; readonly end: CableEnd; readonly times: number; readonly everyMs: number }
    /** Values by key, as in a file. */
    | { readonly kind: 'impair'; readonly end: CableEnd; readonly both: boolean; readonly settings: ImpairmentTexts }
    | { readonly kind: 'reset'; readonly ends: readonly CableEnd[] }
    | { readonly kind: 'stop' | 'start'; readonly nodes: readonly string[] }
    | { readonly kind: 'service'; readonly service: ServiceName; readonly request: 'stop' | 'start' | 'restart' | `kill ${number}` }
    | { readonly kind: 'exec'; readonly node: string; readonly commands: readonly (readonly string[])[] }
    | { readonly kind: 'wait'; readonly ms: number }
  )
