/** Impairments from tc's words, as a file or a command has them. impairment-text.ts is the other way. tc-netem(8), tc-tbf(8). */
import { parseDuration } from '../unit/duration.ts'
import type { Parsed } from '../unit/parsed.ts'
import { MAX_PROB32, parseProbability } from '../unit/probability.ts'
import { parseRate } from '../unit/rate.ts'
import { parseSize } from '../unit/size.ts'
import type { Chance, Impairment, ImpairmentChange } from './impairment.ts'
import type { Distribution, Slot } from './qdisc.ts'
import { QUEUE_KINDS, QUEUES } from './queue.ts'
import type { Parameter, ParameterUnit, QueueKind } from './queue.ts'

/** Keys of a link, in a file and as options of `netlab link set`, in the order in which they are shown. */
export const IMPAIRMENT_KEYS = [
  'rate',
  'burst',
  'latency',
  'queue',
  'delay',
  'jitter',
  'distribution',
  'loss',
  'duplicate',
  'corrupt',
  'reorder',
  'slot',
  'limit',
  'ecn',
  'seed',
] as const

export type ImpairmentKey = (typeof IMPAIRMENT_KEYS)[number]

/** The longest time that a double tells to the nanosecond: 104 days. */
const MAX_EXACT_NS = BigInt(Number.MAX_SAFE_INTEGER)
const MAX_U32 = 0xffff_ffff
const MAX_S32 = 0x7fff_ffff
const DISTRIBUTIONS = ['normal', 'pareto', 'paretonormal'] as const

/** What the text after a key means; `none` takes the key away. The text is what tc takes after the word of that name. */
export function parseImpairment(key: ImpairmentKey, text: string): Parsed<ImpairmentChange> {
  const words = text.trim().split(/\s+/)
  if (text.trim() === '') return { problem: `"${key}" wants a value` }
  if (words.length === 1 && words[0] === 'none') return { value: cleared(key) }
  return PARSERS[key](words)
}

/** Every property that a key sets, absent: to be laid over what stands. */
function cleared(key: ImpairmentKey): ImpairmentChange {
  const names = key === 'delay' ? ['delay'] : key === 'jitter' ? ['jitter', 'jitterCorrelation', 'distribution'] : [key]
  return Object.fromEntries(names.map((name) => [name, undefined]))
}

/** `over` wins where it has a key, also one without a value, which takes the key away. */
export function mergeImpairments(under: Impairment, over: ImpairmentChange): Impairment {
  return Object.fromEntries(Object.entries({ ...under, ...over }).filter(([, value]) => value !== undefined)) as Impairment
}

type Parser = (words: readonly string[]) => Parsed<ImpairmentChange>

const PARSERS: Readonly<Record<ImpairmentKey, Parser>> = {
  rate: single(parseRate, (rate) => ({ rate })),
  burst: single(parseSize, (burst) => ({ burst })),
  latency: single(parseTime, (latency) => ({ latency })),
  delay: (words) => {
    const [delay, ...rest] = words
    const time = parseTime(delay ?? '')
    if (time.problem !== undefined) return time
    if (rest.length === 0) return { value: { delay: time.value } }
    const jitter = parseJitter(rest)
    return jitter.problem === undefined ? { value: { delay: time.value, ...jitter.value } } : jitter
  },
  jitter: parseJitter,
  distribution: single(parseDistribution, (distribution) => ({ distribution })),
  loss: parseLoss,
  duplicate: (words) => chanceOf(words, (duplicate) => ({ duplicate })),
  corrupt: (words) => chanceOf(words, (corrupt) => ({ corrupt })),
  reorder: parseReorder,
  slot: parseSlot,
  limit: single(
    (text) => parseCount(text, 1, MAX_U32),
    (limit) => ({ limit }),
  ),
  ecn: single(parseFlag, (ecn) => ({ ecn })),
  seed: single(
    (text) => parseCount(text, 0, Number.MAX_SAFE_INTEGER),
    (seed) => ({ seed }),
  ),
  queue: parseQueue,
}

function single<T>(parse: (text: string) => Parsed<T>, wrap: (value: T) => ImpairmentChange): Parser {
  return (words) => {
    const [word = '', ...more] = words
    // `10 mbit`: a unit may stand apart.
    const parsed = parse(words.join(' '))
    if (parsed.problem === undefined) return { value: wrap(parsed.value) }
    const isUnit = more.length === 1 && /^[a-z/%]+$/i.test(more[0]!)
    return more.length === 0 || isUnit || parse(word).problem !== undefined
      ? parsed
      : { problem: `"${more.join(' ')}" is too much: one value is wanted` }
  }
}

function parseTime(text: string): Parsed<number> {
  const time = parseDuration(text)
  if (time.problem !== undefined) return time
  return time.value > MAX_EXACT_NS ? { problem: `"${text}" is longer than 104 days` } : { value: Number(time.value) }
}

/** A jitter: netem cuts it to an int without a word. */
function parseDeviation(text: string): Parsed<number> {
  const time = parseTime(text)
  if (time.problem !== undefined || time.value <= MAX_S32) return time
  return { problem: `"${text}" is longer than 2.147 s, the largest jitter that the kernel has` }
}

function parseCount(text: string, min: number, max: number): Parsed<number> {
  const count = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  return count >= min && count <= max ? { value: count } : { problem: `"${text}" is not a number from ${min} to ${max}` }
}

function parseFlag(text: string): Parsed<boolean> {
  if (text === 'true' || text === 'on') return { value: true }
  return text === 'false' || text === 'off' ? { value: false } : { problem: `"${text}" is neither true nor false` }
}

function parseDistribution(text: string): Parsed<Distribution | undefined> {
  if (text === 'uniform') return { value: undefined }
  const found = DISTRIBUTIONS.find((one) => one === text)
  return found === undefined
    ? { problem: `"${text}" is not a distribution: uniform, ${DISTRIBUTIONS.join(', ')} are known` }
    : { value: found }
}

/** Some chances in a row, of which the first `min` must be there. */
function parseChances(words: readonly string[], min: number, max: number): Parsed<readonly number[]> {
  if (words.length < min) return { problem: min === 1 ? 'a probability is wanted, e.g. 1%' : `${min} probabilities are wanted` }
  if (words.length > max) return { problem: `"${words.slice(max).join(' ')}" is too much: ${max} probabilities are wanted at most` }
  const chances: number[] = []
  for (const word of words) {
    const chance = parseProbability(word)
    if (chance.problem !== undefined) return chance
    chances.push(chance.value)
  }
  return { value: chances }
}

function chanceOf(words: readonly string[], wrap: (chance: Chance) => ImpairmentChange): Parsed<ImpairmentChange> {
  const chances = parseChances(words, 1, 2)
  if (chances.problem !== undefined) return chances
  const [probability = 0, correlation = 0] = chances.value
  return { value: wrap({ probability, correlation }) }
}

/** TIME [CORRELATION] [distribution NAME] */
function parseJitter(words: readonly string[]): Parsed<ImpairmentChange> {
  const at = words.indexOf('distribution')
  const distribution = at < 0 ? undefined : parseDistribution(words.slice(at + 1).join(' '))
  if (distribution?.problem !== undefined) return distribution
  const [text = '', ...rest] = at < 0 ? words : words.slice(0, at)
  const jitter = parseDeviation(text)
  if (jitter.problem !== undefined) return jitter
  const correlation = parseChances(rest, 0, 1)
  if (correlation.problem !== undefined) return correlation
  const [jitterCorrelation] = correlation.value
  return {
    value: {
      jitter: jitter.value,
      ...(jitterCorrelation !== undefined && { jitterCorrelation }),
      ...(distribution !== undefined && { distribution: distribution.value }),
    },
  }
}

/** [random] PERCENT [CORRELATION] | gemodel P [R [1-H [1-K]]] | state P13 [P31 [P32 [P23 [P14]]]] */
function parseLoss(words: readonly string[]): Parsed<ImpairmentChange> {
  const [model, ...rest] = words
  if (model === 'gemodel') {
    const chances = parseChances(rest, 1, 4)
    if (chances.problem !== undefined) return chances
    const [p = 0, r = MAX_PROB32 - p, lossBad = MAX_PROB32, lossGood = 0] = chances.value
    return { value: { loss: { model, p, r, h: MAX_PROB32 - lossBad, k1: lossGood } } }
  }
  if (model === 'state') {
    const chances = parseChances(rest, 1, 5)
    if (chances.problem !== undefined) return chances
    const [p13 = 0, p31 = MAX_PROB32 - p13, p32 = 0, p23 = MAX_PROB32, p14 = 0] = chances.value
    return { value: { loss: { model, p13, p31, p32, p23, p14 } } }
  }
  return chanceOf(model === 'random' ? rest : words, (chance) => ({ loss: { model: 'random', ...chance } }))
}

/** PERCENT [CORRELATION] [gap PACKETS] */
function parseReorder(words: readonly string[]): Parsed<ImpairmentChange> {
  const at = words.indexOf('gap')
  const gap = at < 0 ? { value: 1 } : parseCount(words.slice(at + 1).join(' '), 1, MAX_U32)
  if (gap.problem !== undefined) return gap
  return chanceOf(at < 0 ? words : words.slice(0, at), (chance) => ({ reorder: { ...chance, gap: gap.value } }))
}

/**
 * MIN [MAX] [packets N] [bytes SIZE] | distribution NAME DELAY JITTER [packets N] [bytes SIZE]
 * For the kernel the largest number is no bound at all (get_slot in sch_netem.c).
 */
function parseSlot(words: readonly string[]): Parsed<ImpairmentChange> {
  const packets = takeBound(words, 'packets', (text) => parseCount(text, 1, MAX_S32 - 1))
  if (packets.problem !== undefined) return packets
  const bytes = takeBound(packets.value.rest, 'bytes', parseSlotBytes)
  if (bytes.problem !== undefined) return bytes
  const { rest } = bytes.value
  const bounds = { maxPackets: packets.value.bound, maxBytes: bytes.value.bound }
  const slot = rest[0] === 'distribution' ? distributedSlot(rest, bounds) : plainSlot(rest, bounds)
  return slot.problem === undefined ? { value: { slot: slot.value } } : slot
}

function parseSlotBytes(text: string): Parsed<number> {
  const size = parseSize(text)
  if (size.problem !== undefined || size.value < MAX_S32) return size
  return { problem: `"${text}" is 2 GiB or more, beyond the most the kernel can say of a slot` }
}

type SlotBounds = Pick<Slot, 'maxPackets' | 'maxBytes'>

/** The number behind a word, and the words without both; 0 where the word is not there. */
function takeBound(
  words: readonly string[],
  name: string,
  parse: (text: string) => Parsed<number>,
): Parsed<{ readonly bound: number; readonly rest: readonly string[] }> {
  const at = words.indexOf(name)
  if (at < 0) return { value: { bound: 0, rest: words } }
  const bound = parse(words[at + 1] ?? '')
  return bound.problem === undefined ? { value: { bound: bound.value, rest: words.toSpliced(at, 2) } } : bound
}

function parseTimes(words: readonly string[]): Parsed<readonly number[]> {
  const times: number[] = []
  for (const word of words) {
    const time = parseTime(word)
    if (time.problem !== undefined) return time
    times.push(time.value)
  }
  return { value: times }
}

function plainSlot(words: readonly string[], bounds: SlotBounds): Parsed<Slot> {
  const times = parseTimes(words)
  if (times.problem !== undefined) return times
  const [minDelayNs, maxDelayNs = minDelayNs, ...more] = times.value
  if (minDelayNs === undefined || maxDelayNs === undefined || more.length > 0)
    return { problem: 'a slot wants its shortest and its longest time' }
  if (maxDelayNs === 0) return { problem: 'a slot of no time is none: leave it out' }
  if (minDelayNs > maxDelayNs) return { problem: `${words.join(' ')}: the longest time comes second` }
  return { value: { minDelayNs, maxDelayNs, distDelayNs: 0, distJitterNs: 0, ...bounds } }
}

function distributedSlot([, name = '', ...words]: readonly string[], bounds: SlotBounds): Parsed<Slot> {
  const distribution = parseDistribution(name)
  if (distribution.problem !== undefined) return distribution
  const times = parseTimes(words)
  if (times.problem !== undefined) return times
  const [distDelayNs, distJitterNs, ...more] = times.value
  if (distDelayNs === undefined || distJitterNs === undefined || more.length > 0)
    return { problem: 'a slot with a distribution wants a delay and a jitter' }
  const deviation = parseDeviation(words[1] ?? '')
  if (deviation.problem !== undefined) return deviation
  const { value } = distribution
  return {
    value: { minDelayNs: 0, maxDelayNs: 0, distDelayNs, distJitterNs, ...(value !== undefined && { distribution: value }), ...bounds },
  }
}

/** KIND [PARAMETER VALUE] … */
function parseQueue(words: readonly string[]): Parsed<ImpairmentChange> {
  const [name = '', ...rest] = words
  const kind = QUEUE_KINDS.find((one) => one === name)
  if (kind === undefined) return { problem: `"${name}" is not a queue: ${QUEUE_KINDS.join(', ')} are known` }
  const parameters: Record<string, number> = {}
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? ''
    const flag = flagOf(kind, word)
    // As an object of the file has it: `ecn: true` is `ecn true`.
    const isSaid = parseFlag(rest[at + 1] ?? '').problem === undefined
    if (flag !== undefined && !isSaid) {
      parameters[flag.name] = flag.value
      continue
    }
    const value = parseParameter(kind, word, rest[++at] ?? '')
    if (value.problem !== undefined) return value
    parameters[word] = value.value
  }
  return { value: { queue: { kind, parameters } } }
}

/** `ecn`, `noecn`, and cake's words that say of what they are: `besteffort`. */
function flagOf(kind: QueueKind, word: string): { name: string; value: number } | undefined {
  for (const [name, { unit }] of Object.entries(QUEUES[kind])) {
    if (Array.isArray(unit) && unit.includes(word)) return { name, value: unit.indexOf(word) }
    if (unit === 'flag' && (word === name || word === `no${name}`)) return { name, value: word === name ? 1 : 0 }
  }
  return undefined
}

/** The value of one parameter of a queue. */
export function parseParameter(kind: QueueKind, name: string, text: string): Parsed<number> {
  const parameter = QUEUES[kind][name]
  const known = Object.entries(QUEUES[kind]).flatMap(([one, { isKernelOnly }]) => (isKernelOnly ? [] : [one]))
  if (parameter === undefined || parameter.isKernelOnly) return { problem: `${kind} has no "${name}": ${known.join(', ')} are known` }
  const parsed = parseUnit(parameter.unit, text)
  const problem = parsed.problem ?? boundProblem(parameter, parsed.value, text)
  return problem === undefined ? parsed : { problem: `${name} of ${kind}: ${problem}` }
}

function boundProblem({ min = 0, max = MAX_U32, isPowerOfTwo }: Parameter, value: number, text: string): string | undefined {
  if (value < min || value > max) return `"${text}" is not accepted, the kernel takes ${min} to ${max}`
  return isPowerOfTwo && (value & (value - 1)) !== 0 ? `"${text}" is not accepted, the kernel takes powers of two` : undefined
}

function parseUnit(unit: ParameterUnit, text: string): Parsed<number> {
  switch (unit) {
    case 'number':
      return parseCount(text, 0, MAX_U32)
    case 'size':
      return parseSize(text)
    case 'probability':
      return parseProbability(text)
    case 'rate':
      return parseRate(text)
    case 'time': {
      const time = parseTime(text)
      if (time.problem !== undefined) return time
      if (time.value > MAX_U32 * 1000) return { problem: `"${text}" is longer than 71 minutes, the most the kernel can say` }
      return time.value % 1000 === 0 ? { value: time.value / 1000 } : { problem: `"${text}" is finer than a microsecond` }
    }
    case 'flag': {
      const flag = parseFlag(text)
      return flag.problem === undefined ? { value: Number(flag.value) } : flag
    }
    default: {
      const index = unit.indexOf(text)
      return index < 0 ? { problem: `"${text}" is not known: ${unit.join(', ')} are` } : { value: index }
    }
  }
}
