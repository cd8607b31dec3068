/** What a node is asked by a program: it sends, and says what came back. */
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { Flow, FlowAnswer } from '../linux/flow/flow.ts'
import type { AddrState, NetworkState } from '../state/network.ts'
import type { ReachOutcome } from '../topology/tests/test.ts'
import { parseAddress } from '../unit/address.ts'
import { containsAddress, prefixOf } from '../unit/prefix.ts'
import { answerWords, outcomesOf } from './answer.ts'
import { namespaceOf } from './exec.ts'
import { withLab } from './shared-engine.ts'
import type { LabRecord } from './state.ts'

export interface AskOptions {
  /** IP version by which a node is asked that has addresses of both. Default: 4. */
  readonly family?: 4 | 6
  /** How long to wait for an answer. Default: 4000, since a kernel asks 3 s by ARP before it says that nobody is there. */
  readonly timeoutMs?: number
}

export interface PingOptions extends AskOptions {
  /** Bytes behind the ICMP header, as `ping -s`. Default: 56. */
  readonly size?: number
  /** Never fragment it. */
  readonly df?: boolean
  /** Time to live, or hop limit. */
  readonly ttl?: number
}

/** What came back. */
export interface Answer {
  /** As tests name it: `reply`, `open`, `answered`, `refused`, `unreachable`, `filtered`, and `no-reply` of a ping. */
  readonly outcome: ReachOutcome
  /** Address that was asked. */
  readonly to: string
  /** Who answered: the address asked, or who sent an ICMP error. */
  readonly by?: string
  readonly rttMs?: number
  /** Of an ICMP error. */
  readonly icmp?: { readonly type: number; readonly code: number; readonly mtu?: number }
  /** In a sentence, as reports have it. */
  readonly words: string
}

const TIMEOUT_MS = 4000

/** What a node is to send; the lab tells the rest. */
export type Question = { readonly kind: 'ping' } | { readonly kind: 'tcp' | 'udp'; readonly port: number }

/** Asks `target`, a node or an address, from a node. Errors: refusal LAB_UNKNOWN, LAB_DEAD, finding NODE_UNKNOWN, INVALID_VALUE. */
export function ask(lab: string, from: string, target: string, question: Question, options: PingOptions): Promise<Answer> {
  if (question.kind !== 'ping' && !isPort(question.port))
    return Promise.reject(invalid(`${question.port} is not a port: 1 to 65535 is accepted.`))
  return withLab(lab, async ({ engine, memory: { desired }, record }) => {
    const { address } = findTarget(record, desired, from, target, options.family)
    const { timeoutMs = TIMEOUT_MS, size, df, ttl } = options
    const echo = { ...(size !== undefined && { size }), ...(df !== undefined && { df }) }
    const flow: Flow = {
      ...question,
      ...(question.kind === 'ping' && echo),
      from,
      to: address,
      timeoutMs,
      ...(ttl !== undefined && { ttl }),
    }
    const [answer] = (await engine.flows([flow])).answers
    return answerOf(flow, answer!, (each) => nameOf(desired, each))
  })
}

function answerOf(flow: Flow, answer: FlowAnswer, nameOf: (address: string) => string): Answer {
  const [outcome = 'unreachable'] = outcomesOf(flow, answer)
  return {
    outcome,
    to: flow.to,
    ...('by' in answer && { by: answer.by }),
    ...('rttMs' in answer && { rttMs: answer.rttMs }),
    ...(answer.outcome === 'icmp' && {
      icmp: { type: answer.type, code: answer.code, ...(answer.mtu !== undefined && { mtu: answer.mtu }) },
    }),
    words: answerWords(flow, answer, nameOf),
  }
}

export interface FoundTarget {
  readonly address: string
  /** Node or bridge that has it, where the lab's file tells. */
  readonly owner?: string
}

/** The address by which a node asks another: on a link they share, if any; the other's first otherwise. */
export function findTarget(record: LabRecord, desired: NetworkState, from: string, target: string, family?: 4 | 6): FoundTarget {
  const address = parseAddress(target)?.text
  if (address !== undefined) {
    const owner = ownerOf(desired, address)
    return { address, ...(owner !== undefined && { owner }) }
  }
  const [own, theirs] = [addrsOf(desired, namespaceOf(record, from)), addrsOf(desired, namespaceOf(record, target))]
  const usable = theirs.filter((addr) => addr.family === (family ?? addr.family))
  const isShared = (their: AddrState): boolean =>
    own.some(({ local, prefixlen }) => containsAddress(prefixOf(local, prefixlen), their.local))
  const isAskable = (their: AddrState): boolean => own.some((mine) => mine.family === their.family)
  const ranked = [usable.filter(isShared), usable.filter(isAskable), usable].map(v4First).find((addrs) => addrs.length > 0)
  if (ranked === undefined) throw noAddress(target, family)
  return { address: ranked[0]!.local, owner: target }
}

function addrsOf({ namespaces }: NetworkState, name: string): AddrState[] {
  return [...(namespaces.get(name)?.addrs.values() ?? [])]
}

function v4First(addrs: readonly AddrState[]): readonly AddrState[] {
  return addrs.toSorted((a, b) => a.family - b.family)
}

function ownerOf({ namespaces }: NetworkState, address: string): string | undefined {
  return [...namespaces].find(([, { addrs }]) => [...addrs.values()].some(({ local }) => local === address))?.[0]
}

function nameOf(desired: NetworkState, address: string): string {
  const owner = ownerOf(desired, address)
  return owner === undefined ? address : `${owner} (${address})`
}

function noAddress(target: string, family: 4 | 6 | undefined): DiagnosticError {
  const sort = family === undefined ? 'address' : `IPv${family} address`
  return invalid(`"${target}" has no ${sort} by which it could be asked.`)
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535
}

function invalid(detail: string): DiagnosticError {
  return new DiagnosticError('finding', [{ code: 'INVALID_VALUE', severity: 'error', detail }])
}
