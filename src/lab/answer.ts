/** What an answer means, and how it is said. RFC 792, RFC 4443; connect(2), ip(7). */
import type { Flow, FlowAnswer, IcmpAnswer } from '../linux/flow/flow.ts'
import type { ReachOutcome } from '../topology/tests/test.ts'

/** ICMP type of "destination unreachable" by family. */
const UNREACHABLE = { 4: 3, 6: 1 } as const
const TIME_EXCEEDED = { 4: 11, 6: 3 } as const
/** Codes that say that a packet filter, or a route that prohibits, was at work. */
const PROHIBITED = { 4: new Set([9, 10, 13]), 6: new Set([1, 5, 6]) } as const
const PORT_UNREACHABLE = { 4: 3, 6: 4 } as const

export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4
}

/** Every outcome that the answer may count as, the most telling first. */
export function outcomesOf(flow: Flow, answer: FlowAnswer): ReadonlySet<ReachOutcome> {
  const outcomes = allOutcomes(flow, answer)
  // Of a ping, no reply says all that filtered does.
  return new Set(flow.kind === 'ping' ? outcomes.toSorted((a, b) => Number(a === 'filtered') - Number(b === 'filtered')) : outcomes)
}

function allOutcomes(flow: Flow, answer: FlowAnswer): ReachOutcome[] {
  const silence: ReachOutcome[] = flow.kind === 'ping' ? ['no-reply'] : []
  switch (answer.outcome) {
    case 'answered':
      return [flow.kind === 'ping' ? 'reply' : flow.kind === 'tcp' ? 'open' : 'answered']
    case 'neighbours':
      return ['reply']
    case 'reset':
      return ['refused']
    case 'icmp':
      return [...icmpOutcomes(flow, answer), ...silence]
    case 'error':
      return [...errorOutcomes(answer.code), ...silence]
    case 'silent':
      return [...silence, 'filtered']
  }
}

function icmpOutcomes(flow: Flow, { type, code }: IcmpAnswer): ReachOutcome[] {
  const family = familyOf(flow.to)
  if (type !== UNREACHABLE[family]) return []
  if (flow.kind !== 'ping' && code === PORT_UNREACHABLE[family]) return ['refused']
  return PROHIBITED[family].has(code) ? ['unreachable', 'filtered'] : ['unreachable']
}

/** What the sender's own kernel says: EACCES of a prohibit route, EINVAL of a blackhole, EPERM of the OUTPUT chain. */
function errorOutcomes(code: string): ReachOutcome[] {
  if (code === 'EACCES' || code === 'EINVAL') return ['unreachable', 'filtered']
  if (code === 'EPERM') return ['filtered']
  return code === 'ENETUNREACH' || code === 'EHOSTUNREACH' || code === 'EADDRNOTAVAIL' ? ['unreachable'] : []
}

const V4_CODES: Readonly<Record<number, string>> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  9: 'network administratively prohibited',
  10: 'host administratively prohibited',
  13: 'administratively prohibited',
}
const V6_CODES: Readonly<Record<number, string>> = {
  0: 'no route to destination',
  1: 'administratively prohibited',
  3: 'address unreachable',
  4: 'port unreachable',
  5: 'source address failed ingress policy',
  6: 'reject route to destination',
}

/** `ICMP "port unreachable"` */
export function icmpWords(family: 4 | 6, { type, code, mtu }: IcmpAnswer): string {
  const name = icmpName(family, type, code)
  return `ICMP${family === 6 ? 'v6' : ''} "${name}"${mtu === undefined ? '' : ` (MTU ${mtu})`}`
}

function icmpName(family: 4 | 6, type: number, code: number): string {
  if (type === UNREACHABLE[family]) return (family === 4 ? V4_CODES : V6_CODES)[code] ?? `unreachable, code ${code}`
  if (type === TIME_EXCEEDED[family]) return 'time to live exceeded'
  if (family === 6 && type === 2) return 'packet too big'
  return `type ${type}, code ${code}`
}

const ERRORS: Readonly<Record<string, string>> = {
  ENETUNREACH: 'it has no route',
  EHOSTUNREACH: 'its route says unreachable, or nobody answered for the next hop',
  EACCES: 'its route says prohibit',
  EINVAL: 'its route says blackhole',
  EPERM: 'its own packet filter dropped it (chain OUTPUT)',
  EMSGSIZE: 'the packet is larger than the path takes, and may not be fragmented',
  EADDRNOTAVAIL: 'it has no address to send from',
  ENOBUFS: 'the kernel had no buffer, or its neighbour table is full',
}

/** What came back, in words; `nameOf` gives the owner of an address. */
export function answerWords(flow: Flow, answer: FlowAnswer, nameOf: (address: string) => string): string {
  switch (answer.outcome) {
    case 'answered':
      return `answered by ${nameOf(answer.by)} in ${milliseconds(answer.rttMs)}`
    case 'neighbours':
      return `answered by ${answer.macs.join(' and ')} on ${answer.dev}`
    case 'reset':
      return 'refused: a TCP reset came back'
    case 'icmp':
      return `${nameOf(answer.by)} answered ${icmpWords(familyOf(flow.to), answer)}`
    case 'error':
      return `${flow.from} could not send: ${answer.code}${ERRORS[answer.code] === undefined ? '' : `, ${ERRORS[answer.code]}`}`
    case 'silent':
      return `no answer within ${seconds(flow.timeoutMs)}`
  }
}

/** `0.12 ms` */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(1)} ms`
}

/** `1.5 s` */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(ms < 1000 ? 2 : 1))} s`
}
