// Links of a running lab, changed at once: impairments and carrier. The file is not changed, so `plan` shows it as drift and `up` takes it back.
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { LiveLink } from '../linux/live.ts'
import type { Operation } from '../plan/operation.ts'
import { chainOperations } from '../plan/qdisc-chain.ts'
import { withDistributions } from '../plan/working.ts'
import { findProblems, findWarnings } from '../state/impairment-problem.ts'
import { impairmentTexts } from '../state/impairment-text.ts'
import { IMPAIRMENT_KEYS, mergeImpairments, parseImpairment, type ImpairmentKey } from '../state/impairment-words.ts'
import { impairmentOf, qdiscsOf, type ImpairmentChange } from '../state/impairment.ts'
import type { LinkEnd } from '../state/network.ts'
import type { QdiscChain } from '../state/qdisc.ts'
import { endName, linkEnds, peerOf } from './link-end.ts'
import { downOperations, upOperations } from './link-carrier.ts'
import { onLiveLab, type LiveLab } from './live-lab.ts'

/** One end of a cable as it is now. */
export interface LinkReport {
  /** `r1:eth1` */
  readonly end: string
  /** `r2:eth0` */
  readonly peer: string
  /** Of this end: IFF_UP, and whether the cable is in and the other end up. */
  readonly up: boolean
  readonly carrier: boolean
  /** What happens to packets that leave by it, in the file's words. Absent where another program has made the disciplines. */
  readonly impairment?: Readonly<Partial<Record<ImpairmentKey, string>>>
}

/** What a command has done to links. */
export interface LinkChanges {
  readonly links: readonly LinkReport[]
  readonly operations: readonly Operation[]
  readonly warnings: readonly Diagnostic[]
}

/** Values by key, as in a file: `{ delay: '40ms', loss: '1%' }`; `none` takes a key away. */
export type LinkSettings = Readonly<Partial<Record<ImpairmentKey, string | number | boolean>>>

export interface LinkOptions {
  /** The other end of the cable too: both directions. */
  readonly both?: boolean
}

/** The ends that a word names, and how they are. Errors: refusal LAB_UNKNOWN, LAB_DEAD; finding NODE_UNKNOWN, UNKNOWN_INTERFACE. */
export async function showLink(lab: string, word: string, options: LinkOptions = {}): Promise<readonly LinkReport[]> {
  return onLiveLab(lab, (live) => endsOf(live, word, options).map((end) => reportOf(live, end)), { isReader: true })
}

/**
 * Changes what is named and leaves the rest. A chain that keeps its shape is changed in place; else the packets in it are lost.
 * Errors: as `showLink`; finding INVALID_VALUE; refusal KERNEL_REFUSED, and nothing is changed.
 */
export async function setLink(lab: string, word: string, settings: LinkSettings, options: LinkOptions = {}): Promise<LinkChanges> {
  const change = changeOf(settings)
  const warnings: Diagnostic[] = []
  return changeLinks(
    lab,
    word,
    options,
    (live, end) => {
      const { operations, warnings: told } = impairmentOperations(live, end, change)
      warnings.push(...told)
      return operations
    },
    warnings,
  )
}

/** Brings impairments and carrier back to what the last `up` made. Errors: as `setLink`. */
export async function resetLink(lab: string, word: string, options: LinkOptions = {}): Promise<LinkChanges> {
  return changeLinks(lab, word, options, (live, end) => {
    const ends = options.both === true ? [end] : [end, peerOf(live.memory, end)]
    const wanted = ends.filter(({ netns, ifname }) => live.memory.desired.namespaces.get(netns)?.links.get(ifname)?.up === true)
    return [...resetOperations(live, end), ...upOperations(live, wanted)]
  })
}

/** Pulls the cable: the other end loses its carrier. Errors: as `setLink`. */
export async function downLink(lab: string, word: string): Promise<LinkChanges> {
  return changeLinks(lab, word, { withPeers: true }, downOperations)
}

/** Puts the cable in again, with the addresses and routes that went with it. Errors: as `setLink`. */
export async function upLink(lab: string, word: string): Promise<LinkChanges> {
  return changeLinks(lab, word, { withPeers: true }, (live, end) => upOperations(live, [end, peerOf(live.memory, end)]))
}

/** `operationsOf` is asked for each end that is meant; `withPeers` reports their other ends too. */
async function changeLinks(
  lab: string,
  word: string,
  options: LinkOptions & { readonly withPeers?: true },
  operationsOf: (live: LiveLab, end: LinkEnd) => readonly Operation[],
  warnings: readonly Diagnostic[] = [],
): Promise<LinkChanges> {
  return onLiveLab(lab, (live) => {
    const ends = endsOf(live, word, options)
    const operations = ends.flatMap((end) => operationsOf(live, end))
    live.apply(operations)
    const reported = options.withPeers ? endsOf(live, word, { both: true }) : ends
    return { links: reported.map((end) => reportOf(live, end)), operations, warnings }
  })
}

function endsOf({ record, memory }: LiveLab, word: string, { both }: LinkOptions): readonly LinkEnd[] {
  const ends = linkEnds(record, memory, word)
  return both === true ? ends.flatMap((end) => [end, peerOf(memory, end)]) : ends
}

function changeOf(settings: LinkSettings): ImpairmentChange {
  let change: ImpairmentChange = {}
  const problems: { readonly detail: string }[] = []
  for (const key of IMPAIRMENT_KEYS) {
    const value = settings[key]
    if (value === undefined) continue
    const parsed = parseImpairment(key, String(value))
    if (parsed.problem === undefined) change = { ...change, ...parsed.value }
    else problems.push({ detail: `${key}: ${parsed.problem}.` })
  }
  if (problems.length > 0) throw invalid(problems)
  return change
}

function impairmentOperations(
  live: LiveLab,
  end: LinkEnd,
  change: ImpairmentChange,
): { operations: readonly Operation[]; warnings: readonly Diagnostic[] } {
  const link = live.link(end)
  const chain = observedChain(live, end, link)
  const now = impairmentOf(chain, link.mtu)
  const name = endName(live.memory, end)
  if (now === undefined)
    throw invalid([{ detail: `The queueing disciplines of ${name} were made by another program.` }], `netlab link reset ${name}`)
  const wanted = mergeImpairments(now, change)
  const problems = findProblems(wanted, link.mtu)
  if (problems.length > 0)
    throw invalid(problems.map(({ detail, hint }) => ({ detail: `${name}: ${detail}`, ...(hint !== undefined && { hint }) })))
  const warnings = findWarnings(wanted, link.mtu).map(({ key: _, ...told }): Diagnostic => ({ severity: 'warning', ...told }))
  return { operations: toChain(end, qdiscsOf(wanted, link.mtu), chain), warnings }
}

function toChain({ netns, ifname }: LinkEnd, desired: QdiscChain | undefined, observed: QdiscChain | undefined): readonly Operation[] {
  if (desired !== undefined) return chainOperations(netns, ifname, desired, observed)
  return observed === undefined ? [] : [{ type: 'del qdisc', netns, cause: 'taken away', ifname, chain: observed }]
}

/** Which distribution a jitter has now the kernel does not tell: where there is a jitter the chain is made anew. */
function resetOperations(live: LiveLab, end: LinkEnd): readonly Operation[] {
  const { chain } = live.link(end)
  const desired = live.memory.desired.namespaces.get(end.netns)?.qdiscs.get(end.ifname)
  const hasJitter = chain?.qdiscs.some(({ options }) => options.kind === 'netem' && options.jitterNs > 0) === true
  if (!hasJitter) return toChain(end, desired, chain)
  return [...toChain(end, undefined, chain), ...toChain(end, desired, undefined)]
}

function observedChain({ memory }: LiveLab, { netns, ifname }: LinkEnd, { chain }: LiveLink): QdiscChain | undefined {
  if (chain === undefined) return undefined
  return withDistributions(new Map([[ifname, chain]]), memory.desired.namespaces.get(netns)?.qdiscs).get(ifname)
}

function reportOf(live: LiveLab, end: LinkEnd): LinkReport {
  const link = live.link(end)
  const impairment = impairmentOf(observedChain(live, end, link), link.mtu)
  const { up, carrier } = link
  return {
    end: endName(live.memory, end),
    peer: endName(live.memory, peerOf(live.memory, end)),
    up,
    carrier,
    ...(impairment !== undefined && { impairment: impairmentTexts(impairment) }),
  }
}

function invalid(problems: readonly Pick<Diagnostic, 'detail' | 'hint'>[], line?: string): DiagnosticError {
  return new DiagnosticError(
    'finding',
    problems.map((problem) => ({
      code: 'INVALID_VALUE',
      severity: 'error',
      ...problem,
      ...(line !== undefined && { command: { sentence: 'To bring them back to the file, run:', line } }),
    })),
  )
}
